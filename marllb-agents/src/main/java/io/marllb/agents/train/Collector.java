package io.marllb.agents.train;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Plays one environment with exploring actors and keeps the episodes.
 *
 * <p>Episode j of environment i of P has the number {@code j P + i}, and all its randomness comes from that number and the step's: so nothing but
 * counters, the actions so far and the recurrent states is needed to be in the same place again. One thread at a time.
 */
final class Collector {

    private static final String LENGTH = ".length";
    private static final String ACTIONS = ".actions";
    private static final String STATES = ".states";

    private final int index;
    private final int environments;
    private final LearnerSetup setup;
    private final ParallelEnv env;
    private final Streams streams;
    private final Actors actors;
    private final int stateSize;
    private final StepResult result;
    private final float[][] actions; // [agents][actionSize]
    private final double[] rewards; // [agents]
    private final float[][] observations; // [agents], the result's own rows
    private final float[] state;
    private final List<Episode> finished = new ArrayList<>();
    private final EpisodeProbe probe;
    private final RecentEpisodes recent = new RecentEpisodes();
    private Episode episode; // null between episodes
    private long played; // episodes begun
    private int step;
    private long stepsTaken;

    Collector(
            int index,
            TrainOptions options,
            LearnerSetup setup,
            ParallelEnv env,
            Snapshot snapshot,
            Actors.Factory factory,
            EpisodeProbe probe) {
        requireFit(setup, env);
        this.index = index;
        this.environments = options.environments();
        this.setup = setup;
        this.env = env;
        this.probe = probe;
        streams = Streams.of(Streams.of(setup.seed()).seed("training", 0));
        actors = factory.create(snapshot.networks(), snapshot.heads(), setup);
        stateSize = snapshot.actors()[0].state().length;
        result = StepResult.of(env);
        actions = new float[setup.agents()][setup.actionSpace().size()];
        rewards = new double[setup.agents()];
        observations = new float[setup.agents()][];
        for (int i = 0; i < observations.length; i++) {
            observations[i] = result.observation(i);
        }
        state = new float[setup.stateSize()];
    }

    /** The snapshot is a new one. */
    void sync() {
        actors.sync();
    }

    static void requireFit(LearnerSetup setup, ParallelEnv env) {
        if (env.possibleAgents().size() != setup.agents()) {
            throw new IllegalArgumentException(env.name() + " has "
                    + env.possibleAgents().size() + " agents, but the learner is for " + setup.agents());
        }
        for (AgentId a : env.possibleAgents()) {
            int inputs = env.observationSpace(a).size();
            Space space = env.actionSpace(a);
            if (inputs != setup.inputs() || !space.equals(setup.actionSpace())) {
                throw new IllegalArgumentException(
                        env.name() + ": " + a.name() + " sees " + inputs + " numbers and acts in " + space
                                + ", but the learner is for " + setup.inputs() + " and " + setup.actionSpace());
            }
        }
        if (setup.stateSize() > 0 && env.stateSpace().size() != setup.stateSize()) {
            throw new IllegalArgumentException(env.name() + " has a state of "
                    + env.stateSpace().size() + " numbers, but the learner is for " + setup.stateSize());
        }
    }

    /** Plays so many steps, across the ends of episodes. */
    void steps(int count, double epsilon) {
        for (int i = 0; i < count; i++) {
            step(epsilon);
        }
    }

    /** Plays on until so many episodes have ended. */
    void episodes(int count, double epsilon) {
        for (int i = 0; i < count; ) {
            step(epsilon);
            i += episode == null ? 1 : 0;
        }
    }

    /** Hands over the episodes that ended, in order, ready to be read. */
    List<Episode> take() {
        List<Episode> all = List.copyOf(finished);
        finished.clear();
        return all;
    }

    /** Steps since the last call. */
    long takeSteps() {
        long taken = stepsTaken;
        stepsTaken = 0;
        return taken;
    }

    /** Numbers of the episodes that ended since the last call. */
    RecentEpisodes recent() {
        return recent;
    }

    private void step(double epsilon) {
        if (episode == null) {
            begin();
        }
        actors.act(step, epsilon, actions);
        advance();
        actors.acted(step - 1);
        stepsTaken++;
        if (episode.ended()) {
            probe.read(result, recent.more());
            recent.ended(episode.meanReturn(), step);
            finished.add(episode);
            episode = null;
        }
    }

    private void begin() {
        long number = played * environments + index;
        played++;
        long seed = Streams.mix(streams.seed("episode", 0) + number); // numbers are longs, indices of streams ints
        env.reset(OptionalLong.of(Streams.of(seed).seed("environment", 0)), result);
        readState();
        episode = new Episode(
                setup.agents(), setup.inputs(), setup.actionSpace().size(), setup.stateSize(), setup.horizon());
        episode.begin(observations, state);
        step = 0;
        actors.begin(seed, episode);
    }

    private void readState() {
        if (setup.stateSize() > 0) {
            env.state(state);
        }
    }

    private void advance() {
        env.step(actions, result);
        step++;
        boolean terminated = result.terminated(0);
        boolean truncated = result.truncated(0);
        for (int i = 0; i < rewards.length; i++) {
            if (result.terminated(i) != terminated || result.truncated(i) != truncated) {
                throw new IllegalStateException(
                        env.name() + ": agents must end together, but agent " + i + " differs from agent 0");
            }
            rewards[i] = result.reward(i);
        }
        readState();
        boolean cut = truncated || step == setup.horizon() && !terminated;
        episode.append(actions, rewards, terminated, cut, observations, state);
    }

    /** Where this is, for {@link #load}. */
    void save(String prefix, Tensors into) {
        into.put(prefix + LENGTH, new long[] {played, episode == null ? -1 : step});
        if (episode != null) {
            int width = setup.actionSpace().size();
            float[] acted = new float[setup.agents() * step * width];
            float[] states = new float[setup.agents() * stateSize];
            for (int i = 0; i < setup.agents(); i++) {
                System.arraycopy(episode.actions(i), 0, acted, i * step * width, step * width);
                System.arraycopy(actors.state(i), 0, states, i * stateSize, stateSize);
            }
            into.put(prefix + ACTIONS, acted);
            into.put(prefix + STATES, states);
        }
    }

    /** Goes back to where {@link #save} was: plays the actions of the episode again. */
    void load(String prefix, Tensors from) {
        long[] where = from.longs(prefix + LENGTH, 2);
        if (where[0] < 0 || where[1] < -1 || where[1] >= setup.horizon() || where[1] >= 0 && where[0] == 0) {
            throw new IllegalArgumentException(
                    "tensor '" + prefix + LENGTH + "' must be episodes >= 0 and steps in [-1, " + setup.horizon()
                            + "), -1 between episodes, but was " + where[0] + ", " + where[1]);
        }
        int steps = (int) where[1];
        episode = null;
        played = where[0];
        if (steps < 0) {
            return;
        }
        played--;
        begin();
        int width = setup.actionSpace().size();
        float[] acted = from.floats(prefix + ACTIONS, setup.agents() * steps * width);
        float[] states = from.floats(prefix + STATES, setup.agents() * stateSize);
        while (step < steps) {
            for (int i = 0; i < setup.agents(); i++) {
                System.arraycopy(acted, (i * steps + step) * width, actions[i], 0, width);
            }
            advance();
            if (episode.ended()) {
                throw new IllegalArgumentException("tensor '" + prefix + LENGTH
                        + "' says that the episode goes on after " + steps + " steps, but it ended after " + step);
            }
        }
        for (int i = 0; i < setup.agents(); i++) {
            System.arraycopy(states, i * stateSize, actors.state(i), 0, stateSize);
        }
    }

    void close() {
        actors.close();
        env.close();
    }
}
