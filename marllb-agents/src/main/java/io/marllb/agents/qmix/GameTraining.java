package io.marllb.agents.qmix;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.replay.Episode;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.AgentIndicator;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Learns a small game of a few agents with a few actions each, exploring uniformly throughout, and tells what was learnt: the greedy return and the
 * joint values. Agents may have different numbers of actions. They share a network and learn who they are ({@link AgentIndicator}). For
 * problems whose answer is known; not thread-safe.
 */
public final class GameTraining {

    private static final int UPDATES_PER_EPISODE =
            4; // 16,000 in 4,000 episodes: what tables of 25 entries need to come out within 1 %

    private final ParallelEnv env;
    private final int agents;
    private final int horizon;
    private final int[][] actions; // [agents][1]
    private final long seed;
    private final int episodes;
    private final Qmix learner;
    private final int[][] decks; // [horizon][joint actions]: those of a step in random order
    private final int[] dealt; // [horizon]

    /**
     * A game to learn; nothing is played yet.
     *
     * @param env the game; every agent has a Discrete space, all see equally many numbers; it stays the caller's to close
     * @param horizon most steps of an episode
     * @param mixer how values become one
     * @param episodes how many to play, {@code >= 1}
     * @param seed root of all randomness
     */
    public GameTraining(ParallelEnv env, int horizon, MixerSpec.Kind mixer, int episodes, long seed) {
        this(
                env,
                horizon,
                QmixConfig.games(mixer, requireEpisodes(episodes), UPDATES_PER_EPISODE * (long) episodes),
                episodes,
                seed);
    }

    GameTraining(ParallelEnv env, int horizon, QmixConfig config, int episodes, long seed) {
        this.env = new AgentIndicator(env);
        this.horizon = horizon;
        this.seed = seed;
        this.episodes = episodes;
        agents = env.possibleAgents().size();
        actions = new int[agents][1];
        int most = 1;
        for (AgentId a : env.possibleAgents()) {
            if (!(env.actionSpace(a) instanceof Discrete space)) {
                throw new IllegalArgumentException(env.name() + ": " + a.name()
                        + " must choose from a Discrete space, but has " + env.actionSpace(a));
            }
            actions[a.index()][0] = space.n();
            most = Math.max(most, space.n());
        }
        int inputs = this.env.observationSpace(env.possibleAgents().get(0)).size();
        LearnerSetup setup = new LearnerSetup(
                agents, inputs, new Discrete(most), env.stateSpace().size(), horizon, 0, 0, 0, seed);
        learner = new Qmix(setup, config, actions);
        int joint = 1;
        for (int[] a : actions) {
            joint *= a[0];
        }
        decks = new int[horizon][];
        dealt = new int[horizon];
        for (int t = 0; t < horizon; t++) {
            decks[t] = new int[joint];
            for (int k = 0; k < joint; k++) {
                decks[t][k] = k;
            }
            dealt[t] = joint;
        }
    }

    private static int requireEpisodes(int episodes) {
        if (episodes < 1) {
            throw new IllegalArgumentException("episodes must be >= 1, but was " + episodes);
        }
        return episodes;
    }

    /**
     * Plays all episodes, and learns after each.
     *
     * @param metrics where losses go
     * @return this
     */
    public GameTraining run(Metrics metrics) {
        Streams streams = Streams.of(Streams.of(seed).seed("game", 0));
        RandomGenerator random = streams.stream("actions");
        long due = 0;
        for (int e = 0; e < episodes; e++) {
            learner.add(play(e == 0 ? OptionalLong.of(streams.seed("environment", 0)) : OptionalLong.empty(), random));
            due += UPDATES_PER_EPISODE;
            while (learner.ready() && learner.updates() < due) {
                learner.update(metrics);
            }
        }
        return this;
    }

    /** One episode; without random numbers a greedy one. */
    private Episode play(OptionalLong from, RandomGenerator random) {
        int inputs = env.observationSpace(env.possibleAgents().get(0)).size();
        Episode episode = new Episode(agents, inputs, 1, env.stateSpace().size(), horizon);
        StepResult r = StepResult.of(env);
        float[][] seen = new float[agents][];
        for (int i = 0; i < agents; i++) {
            seen[i] = r.observation(i);
        }
        double[] rewards = new double[agents];
        env.reset(from, r);
        episode.begin(seen, env.state());
        for (int t = 0; t < horizon && !episode.ended(); t++) {
            float[][] act = random == null ? greedy(seen) : uniform(t, random);
            env.step(act, r);
            for (int i = 0; i < agents; i++) {
                rewards[i] = r.reward(i);
            }
            boolean cut = r.truncated(0) || t == horizon - 1;
            episode.append(act, rewards, r.terminated(0), cut && !r.terminated(0), seen, env.state());
        }
        return episode;
    }

    /** Deals joint actions like cards: each is uniform, and all come equally often, so that fits are not blurred by chance. */
    private float[][] uniform(int t, RandomGenerator random) {
        int[] deck = decks[t];
        if (dealt[t] == deck.length) {
            dealt[t] = 0;
            for (int k = deck.length - 1; k > 0; k--) {
                int other = random.nextInt(k + 1);
                int card = deck[k];
                deck[k] = deck[other];
                deck[other] = card;
            }
        }
        int joint = deck[dealt[t]++];
        float[][] act = new float[agents][1];
        for (int i = agents - 1; i >= 0; i--) {
            act[i][0] = joint % actions[i][0];
            joint /= actions[i][0];
        }
        return act;
    }

    private float[][] greedy(float[][] seen) {
        float[][] q = learner.values(seen);
        float[][] act = new float[agents][1];
        for (int i = 0; i < agents; i++) {
            for (int k = 1; k < actions[i][0]; k++) {
                if (q[i][k] > q[i][(int) act[i][0]]) {
                    act[i][0] = k;
                }
            }
        }
        return act;
    }

    /**
     * The return of one episode in which every agent takes what it values most.
     *
     * @return undiscounted, mean over agents
     */
    public double greedyReturn() {
        return play(OptionalLong.empty(), null).meanReturn();
    }

    /**
     * The joint values of the first step.
     *
     * @return row-major over the agents' actions, agent 0 slowest; null for independent learners
     */
    public double[] jointValues() {
        StepResult r = StepResult.of(env);
        env.reset(OptionalLong.empty(), r);
        float[][] seen = new float[agents][];
        for (int i = 0; i < agents; i++) {
            seen[i] = r.observation(i);
        }
        return learner.jointValues(seen, env.state());
    }

    /**
     * How many actions each agent has: the shape of {@link #jointValues}.
     *
     * @return {@code [agents]}, a new array
     */
    public int[] actions() {
        int[] counts = new int[agents];
        for (int i = 0; i < agents; i++) {
            counts[i] = actions[i][0];
        }
        return counts;
    }

    /**
     * What learns.
     *
     * @return the same object always
     */
    public Qmix learner() {
        return learner;
    }
}
