package io.marllb.agents.problems;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.qmix.Qmix;
import io.marllb.agents.qmix.QmixConfig;
import io.marllb.agents.train.EpisodeProbe;
import io.marllb.agents.train.Hooks;
import io.marllb.agents.train.TrainOptions;
import io.marllb.agents.train.Trainer;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.policies.frozen.FrozenNetwork;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Two exponential servers of speeds 1 and 4 at utilisation 0.8, flow by flow, with one value learner: the optimum is known exactly, and so is what any
 * learnt rule costs, by solving its chain.
 *
 * <p>The learner sees each queue as a thermometer: input k of a server is 1 if more than k flows are in flight there. So every length has parameters
 * of its own, values are nearly a table, and errors at long queues, which are rare, do not tilt those at short ones. Beyond {@value #LENGTHS} flows the
 * count alone, as one more input, tells queues apart; without it long ones would look alike, and a rule that sends all to the slow server there has no
 * equilibrium. That still happens with some seeds: see docs/algorithms/qmix.md.
 */
public final class TwoServers {

    /** Mean time of the best rule, by relative value iteration. In units of the mean work at speed 1. */
    public static final double OPTIMUM = 1.15614;

    /** Mean time of the shortest expected delay, from its chain. */
    public static final double SED = 1.222833;

    /** The mean of all seeds must be at most this many times the optimum. */
    public static final double MEAN_FACTOR = 1.02;

    /** Every seed must be at most this many times {@link #SED}. */
    public static final double SED_FACTOR = 0.97;

    /** Speed of the slow server, index 0. */
    public static final double SLOW = 1;

    /** Speed of the fast server, index 1. */
    public static final double FAST = 4;

    /** Share of both servers that is busy. */
    public static final double UTILISATION = 0.8;

    /** The scenario, for an environment that asks for a server per flow. */
    public static final String SCENARIO = """
            servers: [{speed: 1, discipline: fifo}, {speed: 4, discipline: fifo}]
            traffic:
              arrivals: {type: poisson, rate: 40}
              classes: [{name: job, share: 1, cpu: {type: exponential, mean: 100ms}}]
            control: {interval: 3600s}
            run: {duration: 1s}
            """;

    /** Decisions of an episode. */
    public static final int HORIZON = 500;

    /** Episodes of a training. */
    public static final int EPISODES = 2_500;

    private static final int UPDATES_PER_EPISODE = 5;
    private static final int LENGTHS =
            10; // of the server that decides, the slow one, longer queues are rare under good rules
    private static final int INPUTS = LENGTHS + 1; // of a server
    private static final float COUNT_UNIT = 8; // what a busy server has, so that the count is near 1 as well
    private static final int SERVERS = 2;
    private static final int FEATURES = 3; // of a server, in what the environment shows; the first is flows in flight

    private TwoServers() {}

    /** Which server the next flow joins. */
    @FunctionalInterface
    public interface Rule {

        /**
         * Decides.
         *
         * @param slow flows in flight at the slow server
         * @param fast flows in flight at the fast server
         * @return whether it joins the slow one
         */
        boolean joinsSlow(int slow, int fast);
    }

    /**
     * Learns.
     *
     * @param environments makes the environment with a decision per flow on {@link #SCENARIO}, given the horizon; per server it shows three numbers,
     *     the first of them flows in flight
     * @param seed root of all randomness
     * @return the greedy rule that was learnt; for one thread
     */
    public static Rule learn(IntFunction<Env> environments, long seed) {
        Supplier<ParallelEnv> seen = () -> new Thermometers(environments.apply(HORIZON)).parallel();
        LearnerSetup setup;
        try (ParallelEnv env = seen.get()) {
            setup = Trainer.setup(env, HORIZON, seed);
        }
        Qmix learner = new Qmix(setup, QmixConfig.dispatch(EPISODES, (long) EPISODES * UPDATES_PER_EPISODE));
        TrainOptions options = new TrainOptions(1, 0, 1, UPDATES_PER_EPISODE, 0, 1, 0, EPISODES);
        try (Trainer trainer = new Trainer(learner, setup, options, seen, EpisodeProbe.NONE, Hooks.QUIET)) {
            trainer.run(EPISODES, Long.MAX_VALUE);
        }
        float[] parameters = new float[learner.actor().parameters()];
        learner.copyActor(0, parameters);
        FrozenNetwork.Runner actor =
                FrozenNetwork.of(learner.actor(), parameters).runner(1);
        float[] inputs = new float[SERVERS * INPUTS];
        float[] values = new float[SERVERS];
        float[] action = new float[1];
        return (slow, fast) -> {
            write(slow, 0, inputs);
            write(fast, 1, inputs);
            actor.step(inputs, values);
            learner.heads().greedy(values, action);
            return action[0] == 0;
        };
    }

    private static void write(float flows, int server, float[] inputs) {
        for (int k = 0; k < LENGTHS; k++) {
            inputs[server * INPUTS + k] = flows > k ? 1f : 0f;
        }
        inputs[server * INPUTS + LENGTHS] = flows / COUNT_UNIT;
    }

    /** Flows in flight as the learner sees them. */
    private static final class Thermometers implements Env {

        private final Env env;
        private final StepResult full = StepResult.single(SERVERS * FEATURES);

        Thermometers(Env env) {
            this.env = env;
        }

        @Override
        public String name() {
            return env.name();
        }

        @Override
        public Box observationSpace() {
            return Box.of(0f, Float.POSITIVE_INFINITY, SERVERS * INPUTS);
        }

        @Override
        public Space actionSpace() {
            return env.actionSpace();
        }

        @Override
        public void reset(OptionalLong seed, StepResult into) {
            env.reset(seed, full);
            show(into);
        }

        @Override
        public void step(float[] action, StepResult into) {
            env.step(action, full);
            show(into);
        }

        private void show(StepResult into) {
            into.clear();
            for (int j = 0; j < SERVERS; j++) {
                write(full.observation()[j * FEATURES], j, into.observation());
            }
            into.set(0, full.reward(), full.terminated(), full.truncated());
        }

        @Override
        public void close() {
            env.close();
        }
    }
}
