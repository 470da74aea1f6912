package io.marllb.agents.sac;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.agents.replay.SequenceReplay;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Space;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Soft actor-critic over sequences, SAC-GRU (Haarnoja et al., 2018, arXiv:1812.05905; Christodoulou, 2019, arXiv:1910.07207): one learner per
 * agent, each with its own actor, critics and reward (independent learners), or one for all agents. Discrete spaces take the expectation over
 * levels, a Box of [-1, 1] the squashed normal. Not thread-safe.
 *
 * <p>All agents learn from the same windows of time, each from what it saw, did and got itself. Every update draws from its own stream, so that
 * counters suffice to continue.
 */
public final class Sac implements Learner {

    private static final String REPLAY = "sac.replay.";
    private static final double SMALLEST_DEVIATION = 1e-6; // as in the original program

    private final SacConfig config;
    private final LearnerSetup setup;
    private final Heads heads;
    private final NetworkSpec actorSpec;
    private final SequenceReplay replay;
    private final SequenceBatch drawn;
    private final float[] errors; // [time * batch]
    private final SacUpdate[] learners; // one per actor
    private long updates;

    /**
     * A learner that knows nothing yet.
     *
     * @param config its numbers
     * @param setup the problem
     * @throws IllegalArgumentException if both do not fit
     */
    public Sac(SacConfig config, LearnerSetup setup) {
        this.config = config;
        this.setup = setup;
        boolean discrete = !(setup.actionSpace() instanceof Box);
        heads = heads(setup.actionSpace(), discrete);
        boolean perServer = config.network() == SacConfig.Kind.PER_SERVER;
        actorSpec = perServer ? perServerActor(config, setup, heads, discrete) : recurrentActor(config, setup, heads);
        NetworkSpec criticSpec = criticSpec(config, setup, heads, discrete);
        int time = config.time() == 0 ? setup.horizon() : config.time();
        if (config.capacity() - setup.horizon()
                < config.warmUp()) { // whole episodes are dropped, so that many are sure to be there
            throw new IllegalArgumentException("capacity must be >= warmUp + the horizon, " + config.warmUp() + " + "
                    + setup.horizon() + ", but was " + config.capacity()
                    + ": learning would never begin; set a larger capacity or a smaller warmUp");
        }
        replay = new SequenceReplay(config.capacity(), time, config.time() > 0, config.priorityExponent());
        drawn = new SequenceBatch(
                setup.agents(),
                setup.inputs(),
                heads.actionSize(),
                0,
                config.gru() > 0 ? config.burnIn() : 0,
                time,
                config.steps(),
                config.batch());
        errors = new float[time * config.batch()];
        learners = new SacUpdate[config.shareParameters() ? 1 : setup.agents()];
        for (int i = 0; i < learners.length; i++) {
            SacParameters learnt = new SacParameters(config, actorSpec, criticSpec, setup.seed(), i);
            int[] agents = config.shareParameters()
                    ? IntStream.range(0, setup.agents()).toArray()
                    : new int[] {i};
            learners[i] = discrete
                    ? new DiscreteSac(config, learnt, heads, setup.servers(), agents, drawn)
                    : new ContinuousSac(
                            config, learnt, layout(setup, heads, perServer), setup.servers(), agents, drawn);
        }
    }

    private static Heads heads(Space space, boolean discrete) {
        if (!discrete) {
            Box box = (Box) space;
            for (int i = 0; i < box.size(); i++) {
                if (box.low(i) != -1 || box.high(i) != 1) {
                    throw new IllegalArgumentException("continuous SAC acts in [-1, 1], but the action space is "
                            + space + "; wrap the environment in a RescaleAction");
                }
            }
        }
        return Heads.of(discrete ? Heads.Kind.SOFTMAX : Heads.Kind.GAUSSIAN, space);
    }

    private static NetworkSpec recurrentActor(SacConfig c, LearnerSetup setup, Heads heads) {
        return new NetworkSpec.Recurrent(setup.inputs(), c.before(), c.gru(), c.actorAfter(), heads.outputs());
    }

    private static NetworkSpec perServerActor(SacConfig c, LearnerSetup setup, Heads heads, boolean discrete) {
        int n = setup.servers();
        int entries = heads.actionSize();
        if (n == 0 || entries != n && entries != n + 1) {
            throw new IllegalArgumentException(
                    "a network per server needs servers, and an action for each and perhaps one"
                            + " for the pool, but there are " + n + " servers and " + entries
                            + " entries of an action; use network=recurrent");
        }
        int perServer = discrete ? heads.levels(0) : 2;
        if (discrete) {
            for (int h = 1; h < n; h++) {
                if (heads.levels(h) != perServer) {
                    throw new IllegalArgumentException("all servers must have as many levels as the first, " + perServer
                            + ", but server " + h + " has " + heads.levels(h));
                }
            }
        }
        int pooled = heads.outputs() - n * perServer;
        return new NetworkSpec.PerServer(setup.features(), setup.globals(), c.before(), c.gru(), perServer, pooled);
    }

    /** Discrete: as the actor, a value per level. Continuous: the action is an input, and there is one value. */
    private static NetworkSpec criticSpec(SacConfig c, LearnerSetup setup, Heads heads, boolean discrete) {
        if (c.network() == SacConfig.Kind.PER_SERVER) {
            int pool = heads.actionSize() - setup.servers();
            return discrete
                    ? perServerActor(c, setup, heads, true)
                    : new NetworkSpec.PerServer(
                            setup.features() + 1, setup.globals() + pool, c.before(), c.gru(), 0, 1);
        }
        return new NetworkSpec.Recurrent(
                setup.inputs() + (discrete ? 0 : heads.actionSize()),
                c.before(),
                c.gru(),
                c.criticAfter(),
                discrete ? heads.outputs() : 1);
    }

    private static CriticLayout layout(LearnerSetup setup, Heads heads, boolean perServer) {
        int servers = perServer ? setup.servers() : 0;
        return new CriticLayout(setup.inputs(), heads.actionSize(), servers, setup.features());
    }

    @Override
    public NetworkSpec actor() {
        return actorSpec;
    }

    /**
     * The shape of a critic.
     *
     * @return the same for all
     */
    public NetworkSpec critic() {
        return learners[0].parameters().critics[0].spec();
    }

    @Override
    public Heads heads() {
        return heads;
    }

    @Override
    public int actors() {
        return learners.length;
    }

    @Override
    public void copyActor(int actor, float[] into) {
        learners[actor].parameters().actor.copyTo(into);
    }

    /** Uniform actions until {@link SacConfig#warmUp} steps, then those that the policy draws. */
    @Override
    public double epsilon(long steps) {
        return steps < config.warmUp() ? 1 : 0;
    }

    @Override
    public void add(Episode episode) {
        replay.add(episode);
    }

    @Override
    public boolean ready() {
        return replay.steps() >= Math.max(1, config.warmUp());
    }

    @Override
    public void update(Metrics metrics) {
        RandomGenerator random = Streams.of(setup.seed()).stream("sac.update", Math.toIntExact(updates));
        double importance = Math.min(1, config.importance() + updates * config.importanceGrowth());
        replay.sample(random, importance, drawn);
        scaleRewards();
        Arrays.fill(errors, 0);
        for (SacUpdate learner : learners) {
            learner.parameters().begin();
        }
        try {
            for (SacUpdate learner : learners) {
                learner.update(drawn, random, updates, metrics, errors);
            }
        } catch (DivergenceException e) { // one agent's: the others, which may have moved already, go back with it
            for (SacUpdate learner : learners) {
                learner.parameters().restore();
            }
            throw e;
        }
        if (learners.length > 1) {
            for (int i = 0; i < errors.length; i++) {
                errors[i] /= learners.length;
            }
        }
        replay.prioritise(drawn, errors);
        updates++;
    }

    private void scaleRewards() {
        for (int i = 0; i < setup.agents(); i++) {
            float[] rewards = drawn.rewards(i);
            double mean = 0;
            double deviation = 1;
            if (config.normaliseRewards()) {
                double count = 0;
                double sum = 0;
                double squares = 0;
                for (int row = 0; row < rewards.length; row++) {
                    float there = drawn.recorded()[row];
                    count += there;
                    sum += there * rewards[row];
                    squares += there * rewards[row] * (double) rewards[row];
                }
                mean = sum / count;
                deviation = Math.sqrt(Math.max(0, squares / count - mean * mean)) + SMALLEST_DEVIATION;
            }
            for (int row = 0; row < rewards.length; row++) {
                rewards[row] = (float) (config.rewardScale() * (rewards[row] - mean) / deviation);
            }
        }
    }

    @Override
    public long updates() {
        return updates;
    }

    @Override
    public void save(Tensors into) {
        saveParameters(into);
        replay.save(REPLAY, into);
    }

    /**
     * What {@link #adopt} needs: all but the data.
     *
     * @param into filled
     */
    public void saveParameters(Tensors into) {
        into.put("sac.updates", new long[] {updates});
        for (int i = 0; i < learners.length; i++) {
            learners[i].parameters().save("sac." + i + ".", into);
        }
    }

    /**
     * Begins where one of another learner's agents was, without its data: parameters, targets and optimisers of that one for all of this.
     *
     * @param from of {@link #save} or {@link #saveParameters}
     * @param other which of its actors
     * @throws IllegalArgumentException if something is missing or of another shape
     */
    public void adopt(Tensors from, int other) {
        for (SacUpdate learner : learners) {
            learner.parameters().load("sac." + other + ".", from);
        }
    }

    @Override
    public void load(Tensors from) {
        long[] counters = from.longs("sac.updates");
        if (counters.length != 1) {
            throw new IllegalArgumentException("tensor 'sac.updates' must hold 1 number, but has " + counters.length);
        }
        if (counters[0] < 0) {
            throw new IllegalArgumentException("tensor 'sac.updates' must be >= 0, but was " + counters[0]);
        }
        for (int i = 0; i < learners.length; i++) {
            learners[i].parameters().load("sac." + i + ".", from);
        }
        replay.load(REPLAY, from, setup.agents(), setup.inputs(), heads.actionSize(), setup.stateSize());
        updates = counters[0];
    }
}
