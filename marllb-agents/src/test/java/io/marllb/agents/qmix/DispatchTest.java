package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.EpisodeProbe;
import io.marllb.agents.train.Hooks;
import io.marllb.agents.train.TrainOptions;
import io.marllb.agents.train.Trainer;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.env.PerFlowEnv;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.FrozenNetwork;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two exponential servers of speeds 1 and 4 at utilisation 0.8, whose optimum value iteration knows. */
@Tag("slow")
class DispatchTest {

    private static final double OPTIMUM = 1.15614; // relative value iteration
    private static final double SED = 1.222833; // solved chain
    private static final int SEEDS = 5;
    private static final int HORIZON = 500;
    private static final int EPISODES = 2_500;
    private static final int UPDATES_PER_EPISODE = 5;
    private static final int FLOWS = 1_000_000; // standard error about 0.3 %

    /** Both in-flight counts over 8, about what a busy server has: first layers begin with kinks near 0, and counts should lie among them. */
    private static final class Counts implements Env {
        private static final float UNIT = 8;
        private final PerFlowEnv env;
        private final StepResult full = StepResult.single(6);

        Counts(int horizon) {
            env = new PerFlowEnv(twoServers(), horizon);
        }

        @Override
        public String name() {
            return "Counts";
        }

        @Override
        public Box observationSpace() {
            return Box.of(0f, Float.POSITIVE_INFINITY, 2);
        }

        @Override
        public Space actionSpace() {
            return env.actionSpace();
        }

        @Override
        public void reset(OptionalLong seed, StepResult into) {
            env.reset(seed, full);
            write(into);
        }

        @Override
        public void step(float[] action, StepResult into) {
            env.step(action, full);
            write(into);
        }

        private void write(StepResult into) {
            into.clear();
            into.observation()[0] = full.observation()[0] / UNIT;
            into.observation()[1] = full.observation()[3] / UNIT;
            into.set(0, full.reward(), full.terminated(), full.truncated());
        }

        @Override
        public void close() {
            env.close();
        }
    }

    private static Scenario twoServers() {
        return Scenarios.parse("""
                servers: [{speed: 1, discipline: fifo}, {speed: 4, discipline: fifo}]
                traffic:
                  arrivals: {type: poisson, rate: 40}
                  classes: [{name: job, share: 1, cpu: {type: exponential, mean: 100ms}}]
                control: {interval: 3600s}
                run: {duration: 1s}
                """, "two-servers", Path.of("."));
    }

    private static double learntCost(long seed) {
        LearnerSetup setup = Trainer.setup(new Counts(HORIZON).parallel(), HORIZON, seed);
        Qmix learner = new Qmix(setup, QmixConfig.dispatch(EPISODES, (long) EPISODES * UPDATES_PER_EPISODE));
        TrainOptions options = new TrainOptions(1, 0, 1, UPDATES_PER_EPISODE, 0, 1, 0, EPISODES);
        try (Trainer trainer = new Trainer(
                learner, setup, options, () -> new Counts(HORIZON).parallel(), EpisodeProbe.NONE, Hooks.QUIET)) {
            trainer.run(EPISODES, Long.MAX_VALUE);
        }
        float[] parameters = new float[learner.actor().parameters()];
        learner.copyActor(0, parameters);
        FrozenNetwork.Runner actor =
                FrozenNetwork.of(learner.actor(), parameters).runner(1);
        float[] values = new float[learner.heads().outputs()];
        float[] action = new float[1];
        StepResult r = StepResult.single(2);
        double sum = 0;
        try (Counts env = new Counts(FLOWS)) {
            env.reset(OptionalLong.of(99), r);
            for (int k = 0; k < FLOWS; k++) {
                actor.step(r.observation(), values);
                learner.heads().greedy(values, action);
                env.step(action, r);
                sum -= r.reward();
            }
        }
        return sum / FLOWS;
    }

    @Test
    void learntDispatchersBeatSedAndMostAreNearTheOptimum() {
        int near = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            double cost = learntCost(seed);
            assertThat(cost).as("seed " + seed).isLessThan(0.97 * SED);
            near += cost < 1.02 * OPTIMUM ? 1 : 0;
        }

        assertThat(near).isGreaterThanOrEqualTo(3);
    }
}
