package io.marllb.agents.train;

import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What surrounds a run and changes none of its results. Immutable.
 *
 * @param threads how many work at once, {@code >= 1}: with two or more, one learns while the others play
 * @param nanoClock for {@code time/fps} and {@code time/time_elapsed} only
 * @param logs where rows go
 * @param listener told of evaluations and checkpoints
 * @param cancelled asked after every iteration
 */
public record Hooks(
        int threads,
        LongSupplier nanoClock,
        List<TrainingLog> logs,
        TrainingListener listener,
        BooleanSupplier cancelled) {

    /** One thread, a clock that stands still, no log, nobody told. */
    public static final Hooks QUIET = new Hooks(1, () -> 0, List.of(), TrainingListener.NONE, () -> false);

    /** Checks the number of threads. */
    public Hooks {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be >= 1, but was " + threads);
        }
        Objects.requireNonNull(nanoClock, "nanoClock");
        logs = List.copyOf(logs);
        Objects.requireNonNull(listener, "listener");
        Objects.requireNonNull(cancelled, "cancelled");
    }

    /**
     * The same with another number of threads.
     *
     * @param number {@code >= 1}
     * @return a copy
     */
    public Hooks withThreads(int number) {
        return new Hooks(number, nanoClock, logs, listener, cancelled);
    }

    /**
     * The same with a listener.
     *
     * @param other told from now on
     * @return a copy
     */
    public Hooks withListener(TrainingListener other) {
        return new Hooks(threads, nanoClock, logs, other, cancelled);
    }

    /**
     * The same with these logs only.
     *
     * @param others where rows go
     * @return a copy
     */
    public Hooks withLogs(List<TrainingLog> others) {
        return new Hooks(threads, nanoClock, others, listener, cancelled);
    }
}
