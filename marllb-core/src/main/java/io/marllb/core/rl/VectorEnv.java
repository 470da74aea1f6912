package io.marllb.core.rl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/**
 * Steps many environments of one kind at once, on threads.
 *
 * <p><em>Guarantees</em>: the results are the same bits whatever the number of threads; environment i of {@code reset(seed)} runs as one
 * alone would after {@code reset(seed + i)}. <em>Assumptions</em>: the environments share nothing; one thread calls this class. Results are
 * borrowed: valid until the next reset or step.
 */
public final class VectorEnv implements AutoCloseable {

    /** What happens to an environment whose episode has ended. An algorithm written for one mode samples wrongly from another. */
    public enum Autoreset {
        /**
         * The next step ignores its actions and resets: it gives the first observations with reward 0 and no flag (Gymnasium's default).
         * That step is no transition.
         */
        NEXT_STEP,
        /**
         * The step that ends it resets at once: observations are the new episode's, reward and flags the old one's, and
         * {@link StepResult#info} holds the complete last result under {@link StepResult#FINAL_RESULT}.
         */
        SAME_STEP,
        /** The caller resets by {@link VectorEnv#reset(boolean[])}; a step before that is refused. */
        DISABLED
    }

    private final List<ParallelEnv> envs;
    private final Autoreset autoreset;
    private final StepResult[] results; // by environment
    private final List<StepResult> view; // of results
    private final StepResult[] last; // by environment, SAME_STEP only
    private final boolean[] ended; // by environment
    private final ExecutorService pool; // null with one thread
    private final int threads;
    private boolean closed;

    /**
     * Creates the environments; each thread steps a fixed part of them.
     *
     * @param factory makes environment i; all must have the same agents and spaces
     * @param count number of environments, {@code >= 1}
     * @param threads number of threads, {@code >= 1}; 1 steps in the caller's
     * @param autoreset what happens at the end of episodes
     */
    public VectorEnv(IntFunction<? extends ParallelEnv> factory, int count, int threads, Autoreset autoreset) {
        if (count < 1 || threads < 1) {
            throw new IllegalArgumentException("count and threads must be >= 1, but were " + count + " and " + threads);
        }
        this.autoreset = Objects.requireNonNull(autoreset, "autoreset");
        List<ParallelEnv> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ParallelEnv env = Objects.requireNonNull(factory.apply(i), "factory result");
            if (i > 0) {
                requireSameSpaces(made.get(0), env, i);
            }
            made.add(env);
        }
        this.envs = List.copyOf(made);
        this.results = new StepResult[count];
        this.last = new StepResult[count];
        for (int i = 0; i < count; i++) {
            results[i] = StepResult.of(envs.get(i));
            last[i] = autoreset == Autoreset.SAME_STEP ? StepResult.of(envs.get(i)) : null;
        }
        this.view = List.of(results);
        this.ended = new boolean[count];
        this.threads = Math.min(threads, count);
        this.pool = this.threads == 1
                ? null
                : Executors.newFixedThreadPool(this.threads - 1, task -> {
                    Thread t = new Thread(task, "vector-env");
                    t.setDaemon(true);
                    return t;
                });
    }

    private static void requireSameSpaces(ParallelEnv first, ParallelEnv env, int index) {
        boolean same = first.possibleAgents().equals(env.possibleAgents());
        for (int a = 0; same && a < first.possibleAgents().size(); a++) {
            AgentId agent = first.possibleAgents().get(a);
            same = first.observationSpace(agent).equals(env.observationSpace(agent))
                    && first.actionSpace(agent).equals(env.actionSpace(agent));
        }
        if (!same) {
            throw new IllegalArgumentException("environment " + index + " (" + env.name()
                    + ") has other agents or spaces than environment 0 (" + first.name() + ")");
        }
    }

    /**
     * Number of environments.
     *
     * @return {@code >= 1}
     */
    public int count() {
        return envs.size();
    }

    /**
     * How ends are handled; check it before learning.
     *
     * @return the mode given at construction
     */
    public Autoreset autoreset() {
        return autoreset;
    }

    /**
     * One environment, to ask for spaces, {@link ParallelEnv#state} or a picture; never to be reset or stepped.
     *
     * @param i index
     * @return the environment
     */
    public ParallelEnv env(int i) {
        return envs.get(i);
    }

    /**
     * Resets every environment.
     *
     * @param seed environment i gets {@code seed + i}
     * @return a result per environment, borrowed
     */
    public List<StepResult> reset(long seed) {
        return run(i -> {
            envs.get(i).reset(OptionalLong.of(seed + i), results[i]);
            ended[i] = false;
        });
    }

    /**
     * Resets some environments, each continuing its own stream.
     *
     * @param which {@code [count]}, true to reset; the results of the others stay
     * @return a result per environment, borrowed
     */
    public List<StepResult> reset(boolean[] which) {
        if (which.length != envs.size()) {
            throw new IllegalArgumentException(
                    "which must have one entry per environment, " + envs.size() + ", but has " + which.length);
        }
        return run(i -> {
            if (which[i]) {
                envs.get(i).reset(OptionalLong.empty(), results[i]);
                ended[i] = false;
            }
        });
    }

    /**
     * Steps every environment.
     *
     * @param actions {@code [count][possible agents][action size]}, read only
     * @return a result per environment, borrowed
     * @throws IllegalArgumentException if an action is not in its space; other environments may have stepped
     * @throws IllegalStateException before the first reset, or under {@link Autoreset#DISABLED} when an episode has ended
     */
    public List<StepResult> step(float[][][] actions) {
        if (actions.length != envs.size()) {
            throw new IllegalArgumentException(
                    "actions must have one entry per environment, " + envs.size() + ", but has " + actions.length);
        }
        if (autoreset == Autoreset.DISABLED) {
            for (int i = 0; i < ended.length; i++) {
                if (ended[i]) {
                    throw new IllegalStateException("environment " + i
                            + " has ended and autoreset is DISABLED; call reset(boolean[]) before the next step");
                }
            }
        }
        return run(i -> stepOne(i, actions[i]));
    }

    private void stepOne(int i, float[][] actions) {
        ParallelEnv env = envs.get(i);
        if (ended[i] && autoreset == Autoreset.NEXT_STEP) {
            env.reset(OptionalLong.empty(), results[i]);
            ended[i] = false;
            return;
        }
        env.step(actions, results[i]);
        ended[i] = env.agents().isEmpty();
        if (ended[i] && autoreset == Autoreset.SAME_STEP) {
            StepResult fresh = results[i];
            StepResult end = last[i];
            end.copyFrom(fresh);
            env.reset(OptionalLong.empty(), fresh);
            for (int a = 0; a < fresh.agents(); a++) {
                fresh.set(a, end.reward(a), end.terminated(a), end.truncated(a));
            }
            fresh.info().put(StepResult.FINAL_RESULT, end);
            ended[i] = false;
        }
    }

    @FunctionalInterface
    private interface Task {
        void run(int env);
    }

    /** Runs a task per environment; thread t takes environments t, t + threads, ... The futures order memory both ways. */
    private List<StepResult> run(Task task) {
        if (closed) {
            throw new IllegalStateException("the VectorEnv is closed; create a new one");
        }
        List<Future<?>> others = new ArrayList<>(threads - 1);
        for (int t = 1; t < threads; t++) {
            int part = t;
            others.add(pool.submit(() -> runPart(task, part)));
        }
        RuntimeException failure = null;
        try {
            runPart(task, 0);
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            others.forEach(VectorEnv::await); // whatever happened: nothing runs on after this call
        }
        for (Future<?> other : others) {
            failure = first(failure, failureOf(other));
        }
        if (failure != null) {
            throw failure;
        }
        return view;
    }

    private static RuntimeException first(RuntimeException one, RuntimeException other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        one.addSuppressed(other);
        return one;
    }

    private void runPart(Task task, int part) {
        for (int i = part; i < envs.size(); i += threads) {
            try {
                task.run(i);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("environment " + i + ": " + e.getMessage(), e);
            } catch (IllegalStateException e) {
                throw new IllegalStateException("environment " + i + ": " + e.getMessage(), e);
            }
        }
    }

    /** Waits for a part to end, however it does. A step is short: an interrupt is kept for the caller. */
    private static void await(Future<?> part) {
        boolean interrupted = false;
        while (!part.isDone()) {
            try {
                part.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                break; // failureOf says it
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a part that has ended threw; null for nothing. */
    private static RuntimeException failureOf(Future<?> ended) {
        boolean interrupted = Thread.interrupted();
        try {
            ended.get();
            return null;
        } catch (InterruptedException e) {
            throw new AssertionError("the part has ended and the interrupt was cleared", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            return (RuntimeException) e.getCause();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Closes every environment and ends the threads; a second call does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (pool != null) {
            pool.shutdown();
        }
        for (ParallelEnv env : envs) {
            env.close();
        }
    }
}
