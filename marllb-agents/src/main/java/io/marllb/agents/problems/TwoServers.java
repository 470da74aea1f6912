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
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Two exponential servers of speeds 1 and 4 at utilisation 0.8, flow by flow, with one value learner: the optimum is known exactly, and so is what any
 * learnt rule costs, by solving its chain.
 *
 * <p>A rule must be right everywhere: one that sends flows to the slow server while long queues wait there has no equilibrium, however rare those are
 * while it is learnt. And it must tell actions apart that differ by tenths, where values differ by tens. Hence four things, none of which says
 * which server is the better one:
 *
 * <ul>
 *   <li><em>Exploring starts</em> (Sutton and Barto, 2018, section 5.3): an episode starts behind a random number of flows that all joined the fast
 *       server, and then a random number that all joined the slow one. So both queues are met at any length, together and alone.
 *   <li><em>Shaping by a potential</em> (Ng, Harada and Russell, 1999): the reward gains {@code γ Φ(s') - Φ(s)}, which leaves every best rule
 *       best, while values lose Φ(s). Here Φ is minus the discounted cost of the flows in flight if both servers work until all are done, in the
 *       fluid limit. It depends on their number alone, so what is left to learn is where they wait.
 *   <li><em>A fixed unit</em>: rewards are divided by {@value #VALUE_UNIT}, near the spread of what is left. Calibration would measure the first
 *       episodes, in which an untrained rule may overload the slow server, and that unit differs by a factor of seven between seeds.
 *   <li><em>Inputs that end</em>: each queue is a thermometer (input k is 1 if more than k flows are in flight) beside the count, both up to
 *       {@value #LONGEST} flows. Longer queues look like that one, which is met in every training; a network that goes on in a straight line decides
 *       there by the accident of its last slopes.
 * </ul>
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

    /** Decisions of an episode from which is learnt, behind those of its start. */
    public static final int HORIZON = 400;

    /** Episodes of a training. */
    public static final int EPISODES = 8_000;

    private static final int UPDATES_PER_EPISODE = 2;
    private static final int LONGEST = 20; // queue that looks different from shorter ones
    private static final int INPUTS = LONGEST + 1; // of a server
    private static final float COUNT_UNIT = 8; // what a busy server has, so that the count is near 1 as well
    private static final double VALUE_UNIT = 5;
    private static final int SLOW_START = 32; // most flows; behind so many, some 24 of them wait
    private static final int FAST_START = 128; // most flows; the fast server alone just keeps up, so its queue wanders
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
        QmixConfig config = QmixConfig.dispatch(EPISODES, (long) EPISODES * UPDATES_PER_EPISODE);
        Supplier<ParallelEnv> seen =
                () -> new Practice(environments.apply(FAST_START + SLOW_START + HORIZON), config.discount()).parallel();
        LearnerSetup setup;
        try (ParallelEnv env = seen.get()) {
            setup = Trainer.setup(env, HORIZON, seed);
        }
        Qmix learner = new Qmix(setup, config);
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
        for (int k = 0; k < LONGEST; k++) {
            inputs[server * INPUTS + k] = flows > k ? 1f : 0f;
        }
        inputs[server * INPUTS + LONGEST] = Math.min(flows, LONGEST) / COUNT_UNIT;
    }

    /** The environment as the learner meets it: starts, inputs and rewards. */
    private static final class Practice implements Env {

        private static final float[] TO_SLOW = {0};
        private static final float[] TO_FAST = {1};

        private final Env env;
        private final double discount;
        private final StepResult full = StepResult.single(SERVERS * FEATURES);
        private RandomGenerator starts;
        private double potential; // of what was shown last

        Practice(Env env, double discount) {
            this.env = env;
            this.discount = discount;
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
            if (seed.isPresent()) {
                starts = Streams.of(seed.getAsLong()).stream("starts");
            }
            send(starts.nextInt(FAST_START + 1), TO_FAST);
            send(starts.nextInt(SLOW_START + 1), TO_SLOW);
            show(into);
            into.set(0, 0, full.terminated(), full.truncated());
        }

        private void send(int flows, float[] action) {
            for (int k = 0; k < flows; k++) {
                env.step(action, full);
            }
        }

        @Override
        public void step(float[] action, StepResult into) {
            double before = potential;
            env.step(action, full);
            show(into);
            double shaped = full.reward() + discount * potential - before;
            into.set(0, shaped / VALUE_UNIT, full.terminated(), full.truncated());
        }

        private void show(StepResult into) {
            into.clear();
            float inFlight = 0;
            for (int j = 0; j < SERVERS; j++) {
                float flows = full.observation()[j * FEATURES];
                write(flows, j, into.observation());
                inFlight += flows;
            }
            potential = -drainingCost(inFlight);
        }

        /** Fluid: discounted flow-time until n flows are gone, falling at what the servers can do beyond what arrives. */
        private double drainingCost(double n) {
            double speed = SLOW + FAST;
            double falling = speed * (1 - UTILISATION);
            double rate = -StrictMath.log(discount) * speed * UTILISATION; // γ is per arrival, this per unit of time
            return n / rate - falling / (rate * rate) * (1 - StrictMath.exp(-rate * n / falling));
        }

        @Override
        public void close() {
            env.close();
        }
    }
}
