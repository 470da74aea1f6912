package io.marllb.agents.train;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.policies.frozen.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Lets a learner learn by playing. Each iteration:
 *
 * <ol>
 *   <li>The actors' parameters are copied.
 *   <li>Every environment is played on with the copy, exploring, while the learner updates on the episodes that it has.
 *   <li>Both are waited for, and the episodes that ended are added to the learner's, in the order of the environments.
 * </ol>
 *
 * <p>So the learner is always one iteration behind the play, and the bits are the same for any number of threads. An episode is added when it has
 * ended. Randomness comes from streams named by the seed and the number of the episode, so {@link #save} needs counters, the actions of unfinished
 * episodes and the learner's own state to continue with the same bits. Not thread-safe.
 */
public final class Trainer implements AutoCloseable {

    private static final String PREFIX = "trainer.";
    private static final String COUNTERS = PREFIX + "counters";
    private static final String RECENT = PREFIX + "recent";
    private static final double NANOS = 1e9;

    private final Learner learner;
    private final long seed;
    private final TrainOptions options;
    private final Hooks hooks;
    private final Snapshot snapshot;
    private final Evaluator evaluator;
    private final List<Collector> collectors = new ArrayList<>();
    private final ExecutorService players; // null when everything happens on one thread
    private final RecentEpisodes recent = new RecentEpisodes();
    private final Means losses = new Means();
    private final Map<String, Double> evaluated = new TreeMap<>();
    private final long start;
    private long iterations;
    private long episodes;
    private long steps;
    private long stepsAtStart;

    /**
     * A trainer at the start.
     *
     * @param learner knows nothing yet, or is about to be loaded by {@link #load}
     * @param setup what the learner was made for
     * @param options how much is played between updates
     * @param environments makes environments of the setup's sizes, all alike; {@link #close} closes them
     * @param probe what to read from episodes beside rewards
     * @param hooks threads, clock, logs
     */
    public Trainer(
            Learner learner,
            LearnerSetup setup,
            TrainOptions options,
            Supplier<ParallelEnv> environments,
            EpisodeProbe probe,
            Hooks hooks) {
        this(learner, setup, options, environments, probe, hooks, Actors.Factory.LOCAL);
    }

    /**
     * A trainer at the start, whose actors may be elsewhere.
     *
     * @param learner knows nothing yet, or is about to be loaded by {@link #load}
     * @param setup what the learner was made for
     * @param options how much is played between updates
     * @param environments makes environments of the setup's sizes, all alike; {@link #close} closes them
     * @param probe what to read from episodes beside rewards
     * @param hooks threads, clock, logs
     * @param actors makes those who act while they explore, once per environment; {@link #close} closes them
     */
    public Trainer(
            Learner learner,
            LearnerSetup setup,
            TrainOptions options,
            Supplier<ParallelEnv> environments,
            EpisodeProbe probe,
            Hooks hooks,
            Actors.Factory actors) {
        this.learner = learner;
        seed = setup.seed();
        this.options = options;
        this.hooks = hooks;
        snapshot = new Snapshot(learner, setup);
        for (int i = 0; i < options.environments(); i++) {
            collectors.add(new Collector(i, options, setup, environments.get(), snapshot, actors, probe));
        }
        int evaluating = Math.min(hooks.threads(), options.evaluationEpisodes());
        evaluator = new Evaluator(learner, setup, environments, evaluating, probe);
        players = hooks.threads() == 1
                ? null
                : Executors.newFixedThreadPool(Math.min(hooks.threads() - 1, options.environments()), task -> {
                    Thread t = new Thread(task, "player");
                    t.setDaemon(true);
                    return t;
                });
        start = hooks.nanoClock().getAsLong();
    }

    /**
     * What a learner may know of an environment whose observations have no order of servers.
     *
     * @param env whose agents are all alike
     * @param horizon most steps of an episode; a longer one is cut
     * @param seed root of all streams, the learner's and the trainer's
     * @return the setup
     */
    public static LearnerSetup setup(ParallelEnv env, int horizon, long seed) {
        AgentId first = env.possibleAgents().get(0);
        return new LearnerSetup(
                env.possibleAgents().size(),
                env.observationSpace(first).size(),
                env.actionSpace(first),
                env.stateSpace().size(),
                horizon,
                0,
                0,
                0,
                seed);
    }

    /**
     * Trains until there were so many episodes or steps, whichever comes first, in whole iterations; then checkpoint, evaluation and a last row. With
     * evaluations, the first one is before anything is learnt; the last one is told to {@link TrainingListener#scheduled} only if it was due.
     *
     * @param mostEpisodes since the very beginning, before {@link #load} too
     * @param mostSteps environment steps since the very beginning
     * @return false if it was cancelled: after a checkpoint, without the evaluation
     * @throws DivergenceException if learning diverged: what the learner recorded or a parameter of an actor is not finite or exploded; there is no
     *     checkpoint of that
     */
    public boolean run(long mostEpisodes, long mostSteps) {
        if (iterations == 0 && options.evaluateEvery() > 0) {
            scheduled(); // what learning must beat
        }
        boolean fresh = false;
        while (episodes < mostEpisodes && steps < mostSteps) {
            if (hooks.cancelled().getAsBoolean()) {
                checkpoint();
                writeRow();
                return false;
            }
            long before = episodes;
            iterate();
            fresh = due(before, options.evaluateEvery());
            if (fresh) {
                scheduled();
            }
            if (due(before, options.logEvery())) {
                writeRow();
            }
            if (due(before, options.checkpointEvery())) {
                checkpoint();
            }
            double share = Math.max((double) episodes / mostEpisodes, (double) steps / mostSteps);
            hooks.listener().advanced(Math.min(1, share));
        }
        // The checkpoint first: what comes off the schedule must leave no trace in it, so that going on gives the same
        // bits as never stopping.
        checkpoint();
        if (!fresh) {
            evaluate();
        }
        writeRow();
        return true;
    }

    private void checkpoint() {
        snapshot.take(); // what diverged must not replace the last good checkpoint
        hooks.listener().checkpoint(this);
    }

    private void scheduled() {
        hooks.listener().scheduled(this, evaluate());
    }

    private boolean due(long before, int every) {
        return every > 0 && before / every != episodes / every;
    }

    private void iterate() {
        snapshot.take();
        collectors.forEach(Collector::sync);
        double epsilon = learner.epsilon(steps);
        if (players == null) {
            collectors.forEach(c -> play(c, epsilon));
            update();
        } else {
            List<Future<?>> playing = new ArrayList<>();
            for (Collector c : collectors) {
                playing.add(players.submit(() -> play(c, epsilon)));
            }
            try {
                update();
            } catch (RuntimeException | Error e) {
                try {
                    Concurrency.joinAll(playing);
                } catch (RuntimeException | Error another) {
                    e.addSuppressed(another);
                }
                throw e;
            }
            Concurrency.joinAll(playing);
        }
        for (Collector c : collectors) {
            for (Episode e : c.take()) {
                learner.add(e);
                episodes++;
            }
            steps += c.takeSteps();
            recent.drain(c.recent());
        }
        iterations++;
    }

    private void play(Collector collector, double epsilon) {
        if (options.stepsPerIteration() > 0) {
            collector.steps(options.stepsPerIteration(), epsilon);
        } else {
            collector.episodes(options.episodesPerIteration(), epsilon);
        }
    }

    private void update() {
        for (int u = 0; u < options.updatesPerIteration() && learner.ready(); u++) {
            learner.update(this::record);
        }
    }

    private void record(String key, double value) {
        DivergenceException.check(key, value, learner.updates(), seed);
        losses.record(key, value);
    }

    /**
     * Evaluates the actors as they are, and tells the listener.
     *
     * @return what they got
     */
    public Evaluation evaluate() {
        Evaluation e = evaluator.evaluate(options.evaluationEpisodes());
        evaluated.put("eval/mean_reward", e.meanReward());
        evaluated.put("eval/mean_ep_length", e.meanLength());
        e.more().forEach((key, x) -> evaluated.put("eval/" + key.substring(key.indexOf('/') + 1), x));
        hooks.listener().evaluated(this, e);
        return e;
    }

    private void writeRow() {
        if (hooks.logs().isEmpty()) {
            return;
        }
        double seconds = (hooks.nanoClock().getAsLong() - start) / NANOS;
        Map<String, Double> row = new TreeMap<>(evaluated);
        recent.write(row);
        losses.write(row);
        row.put("time/iterations", (double) iterations);
        row.put("time/episodes", (double) episodes);
        row.put("time/total_timesteps", (double) steps);
        row.put("time/time_elapsed", Math.floor(seconds));
        row.put("time/fps", seconds > 0 ? Math.floor((steps - stepsAtStart) / seconds) : 0);
        row.put("train/n_updates", (double) learner.updates());
        evaluated.clear();
        try {
            for (TrainingLog log : hooks.logs()) {
                log.row(steps, row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The learner.
     *
     * @return what the constructor was given
     */
    public Learner learner() {
        return learner;
    }

    /**
     * Episodes that ended.
     *
     * @return count since the very beginning
     */
    public long episodes() {
        return episodes;
    }

    /**
     * Environment steps, of all environments together.
     *
     * @return count since the very beginning
     */
    public long steps() {
        return steps;
    }

    /**
     * Everything that is needed to continue with the same bits, the learner's state included.
     *
     * @param into filled
     */
    public void save(Tensors into) {
        into.put(COUNTERS, new long[] {iterations, episodes, steps});
        recent.save(RECENT, into);
        for (int i = 0; i < collectors.size(); i++) {
            collectors.get(i).save(PREFIX + "environment." + i, into);
        }
        learner.save(into);
    }

    /**
     * Continues from {@link #save}.
     *
     * @param from of a trainer with the same setup, options and learner
     * @throws IllegalArgumentException if something is missing or of another shape
     */
    public void load(Tensors from) {
        long[] counters = from.longs(COUNTERS, 3);
        if (counters[0] < 0 || counters[1] < 0 || counters[2] < 0) {
            throw new IllegalArgumentException(
                    "tensor '" + COUNTERS + "' must be >= 0, but was " + Arrays.toString(counters));
        }
        learner.load(from);
        iterations = counters[0];
        episodes = counters[1];
        steps = counters[2];
        stepsAtStart = steps;
        recent.load(RECENT, from);
        for (int i = 0; i < collectors.size(); i++) {
            collectors.get(i).load(PREFIX + "environment." + i, from);
        }
    }

    /** Closes the environments and ends the threads; a second call does nothing. */
    @Override
    public void close() {
        if (players != null) {
            players.shutdown();
        }
        collectors.forEach(Collector::close);
        evaluator.close();
    }
}
