package io.marllb.bench.replay;

import io.marllb.core.check.Checks;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How an experiment is run; but for {@code seeds} nothing here changes its results.
 *
 * @param seeds number of seeds, 1 to {@value #MOST_SEEDS}: the scenario's seed and the next ones
 * @param threads number of runs at the same time, {@code >= 1}
 * @param trajectories whether the cluster is recorded over time, under the first seed
 * @param clock nanosecond clock for wall times and for timing one choice in 1,024; null to time nothing
 * @param progress hears how far it is
 * @param cancelled asked now and then whether to stop
 */
public record ReplayOptions(
        int seeds,
        int threads,
        boolean trajectories,
        LongSupplier clock,
        ReplayProgress progress,
        BooleanSupplier cancelled) {

    /** Seeds unless said otherwise: enough for an interval, few enough for a minute. */
    public static final int DEFAULT_SEEDS = 5;

    /** Far beyond any use; results of every run are kept until the end. */
    public static final int MOST_SEEDS = 100_000;

    /** Checks every component. */
    public ReplayOptions {
        new Checks("ReplayOptions")
                .that(seeds >= 1 && seeds <= MOST_SEEDS, "seeds must be in [1, " + MOST_SEEDS + "], but was " + seeds)
                .atLeast("threads", threads, 1)
                .throwIfAny();
        Objects.requireNonNull(progress, "progress");
        Objects.requireNonNull(cancelled, "cancelled");
    }

    /**
     * Options of an experiment that nobody watches.
     *
     * @param seeds number of seeds
     * @param threads number of runs at the same time
     * @return options without trajectories, clock, progress and cancellation
     */
    public static ReplayOptions of(int seeds, int threads) {
        return new ReplayOptions(seeds, threads, false, null, ReplayProgress.NONE, () -> false);
    }

    /**
     * The same with the cluster recorded over time.
     *
     * @return new options
     */
    public ReplayOptions withTrajectories() {
        return new ReplayOptions(seeds, threads, true, clock, progress, cancelled);
    }

    /**
     * The same with a clock.
     *
     * @param nanoClock such as {@code System::nanoTime}
     * @return new options
     */
    public ReplayOptions withClock(LongSupplier nanoClock) {
        return new ReplayOptions(seeds, threads, trajectories, nanoClock, progress, cancelled);
    }

    /**
     * The same with somebody who hears of progress.
     *
     * @param listener who
     * @return new options
     */
    public ReplayOptions withProgress(ReplayProgress listener) {
        return new ReplayOptions(seeds, threads, trajectories, clock, listener, cancelled);
    }

    /**
     * The same with a way to stop.
     *
     * @param stop asked now and then
     * @return new options
     */
    public ReplayOptions withCancellation(BooleanSupplier stop) {
        return new ReplayOptions(seeds, threads, trajectories, clock, progress, stop);
    }
}
