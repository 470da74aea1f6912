package io.marllb.agents.qmix;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.qmix.QmixConfig.Architecture;
import io.marllb.agents.qmix.QmixConfig.StateSource;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Which networks {@link Qmix} needs for a problem. */
final class QmixShapes {

    private QmixShapes() {}

    /** Levels of each head. */
    static int[] levels(LearnerSetup setup) {
        if (setup.actionSpace() instanceof Discrete discrete) {
            return new int[] {discrete.n()};
        }
        MultiDiscrete multi = (MultiDiscrete) setup.actionSpace();
        int[] counts = new int[multi.size()];
        for (int h = 0; h < counts.length; h++) {
            counts[h] = multi.count(h);
        }
        return counts;
    }

    /** The network of the agents. */
    static NetworkSpec actor(LearnerSetup setup, QmixConfig config, Heads heads) {
        if (config.network() == Architecture.RECURRENT) {
            return new NetworkSpec.Recurrent(
                    setup.inputs(), config.before(), config.gru(), config.after(), heads.outputs());
        }
        int n = setup.servers();
        if (n == 0 || heads.actionSize() < n || heads.actionSize() > n + 1) {
            throw new IllegalArgumentException(
                    "network=per-server needs observations in blocks per server and a head per"
                            + " server (and perhaps one for the pool), but the problem has " + n + " servers and "
                            + heads.actionSize() + " heads; set network=recurrent");
        }
        for (int j = 1; j < n; j++) {
            if (heads.levels(j) != heads.levels(0)) {
                throw new IllegalArgumentException("network=per-server needs the same levels for every server, but has "
                        + heads.levels(0) + " and " + heads.levels(j));
            }
        }
        int pooled = heads.actionSize() > n ? heads.levels(n) : 0;
        return new NetworkSpec.PerServer(
                setup.features(), setup.globals(), config.before(), config.gru(), heads.levels(0), pooled);
    }

    /** The mixer. */
    static MixerSpec mixer(LearnerSetup setup, QmixConfig config) {
        Heads heads = Heads.of(Heads.Kind.VALUES, setup.actionSpace());
        int state = config.state() == StateSource.OBSERVATIONS
                ? setup.agents() * stateInputs(setup, config, heads).length
                : setup.stateSize();
        return new MixerSpec(
                config.mixer(),
                setup.agents() * heads.actionSize(),
                state,
                config.embed(),
                config.hyperHidden(),
                config.valueHidden(),
                config.units());
    }

    /** Which entries of an observation a state of observations takes: all, or all but the last action. */
    static int[] stateInputs(LearnerSetup setup, QmixConfig config, Heads heads) {
        int n = setup.servers();
        boolean[] action = new boolean[setup.inputs()];
        if (config.lastAction()) {
            int sum = heads.outputs();
            if (sum >= setup.inputs() || n > 0 && (heads.actionSize() != n || heads.levels(0) >= setup.features())) {
                throw new IllegalArgumentException(
                        "lastAction says that observations hold the last action, one-hot, but " + sum
                                + " numbers do not fit into " + setup.inputs() + "; set lastAction=false");
            }
            for (int j = 0; j < n; j++) { // at the end of each server's block
                int end = (j + 1) * setup.features();
                Arrays.fill(action, end - heads.levels(j), end, true);
            }
            if (n == 0) {
                Arrays.fill(action, setup.inputs() - sum, setup.inputs(), true);
            }
        }
        return IntStream.range(0, setup.inputs()).filter(k -> !action[k]).toArray();
    }
}
