package io.marllb.agents.train;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.replay.Episode;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Learns nothing, but its parameters depend on every bit of the data and on their order. */
public final class FakeLearner implements Learner {

    private final LearnerSetup setup;
    private final Heads heads;
    private final NetworkSpec spec;
    private final Streams streams;
    private final float[][] parameters;
    private final List<Float> digests = new ArrayList<>();
    private long updates;
    private long divergesAt = Long.MAX_VALUE;
    private long explodesAt = Long.MAX_VALUE;
    private double epsilon;

    public FakeLearner(LearnerSetup setup, int actors) {
        this.setup = setup;
        heads = Heads.of(
                setup.actionSpace() instanceof io.marllb.core.rl.Box ? Heads.Kind.GAUSSIAN : Heads.Kind.SOFTMAX,
                setup.actionSpace());
        spec = new NetworkSpec.Recurrent(setup.inputs(), List.of(4), 3, List.of(), heads.outputs());
        streams = Streams.of(setup.seed());
        parameters = new float[actors][spec.parameters()];
        for (int a = 0; a < actors; a++) {
            RandomGenerator random = streams.stream("initial", a);
            for (int i = 0; i < parameters[a].length; i++) {
                parameters[a][i] = (float) (random.nextDouble() - 0.5);
            }
        }
    }

    FakeLearner divergesAt(long update) {
        divergesAt = update;
        return this;
    }

    FakeLearner explodesAt(long update) {
        explodesAt = update;
        return this;
    }

    public FakeLearner exploring(double value) {
        epsilon = value;
        return this;
    }

    List<Float> digests() {
        return digests;
    }

    @Override
    public NetworkSpec actor() {
        return spec;
    }

    @Override
    public Heads heads() {
        return heads;
    }

    @Override
    public int actors() {
        return parameters.length;
    }

    @Override
    public void copyActor(int actor, float[] into) {
        System.arraycopy(parameters[actor], 0, into, 0, into.length);
    }

    @Override
    public double epsilon(long steps) {
        return epsilon;
    }

    @Override
    public void add(Episode episode) {
        double sum = 0;
        for (int i = 0; i < episode.agents(); i++) {
            for (float x : episode.observations(i)) {
                sum = 0.9 * sum + x;
            }
            for (float x : episode.actions(i)) {
                sum = 0.9 * sum + x;
            }
        }
        digests.add((float) (sum + episode.meanReturn() + episode.length()));
    }

    @Override
    public boolean ready() {
        return !digests.isEmpty();
    }

    @Override
    public void update(Metrics metrics) {
        if (updates == divergesAt) {
            throw new DivergenceException("critic 0, loss", Double.NaN, updates, setup.seed());
        }
        RandomGenerator random = streams.stream("update", (int) updates);
        float digest = digests.get(random.nextInt(digests.size()));
        for (float[] p : parameters) {
            for (int i = 0; i < p.length; i++) {
                p[i] += (float) (0.01 * Math.sin(digest * (i + 1)));
            }
        }
        updates++;
        metrics.record("train/critic_loss", updates > explodesAt ? 1e13 : digest);
    }

    @Override
    public long updates() {
        return updates;
    }

    @Override
    public void save(Tensors into) {
        float[] all = new float[digests.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = digests.get(i);
        }
        into.put("learner.digests", all).put("learner.updates", new long[] {updates});
        for (int a = 0; a < parameters.length; a++) {
            into.put("learner.parameters." + a, parameters[a].clone());
        }
    }

    @Override
    public void load(Tensors from) {
        updates = from.longs("learner.updates")[0];
        digests.clear();
        for (float d : from.floats("learner.digests")) {
            digests.add(d);
        }
        for (int a = 0; a < parameters.length; a++) {
            System.arraycopy(from.floats("learner.parameters." + a), 0, parameters[a], 0, parameters[a].length);
        }
    }
}
