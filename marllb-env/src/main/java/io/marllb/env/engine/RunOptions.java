package io.marllb.env.engine;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How a run is watched; nothing here changes what happens in it.
 *
 * @param observe keep reservoirs and ACK samples even if the policy does not need them
 * @param timeSeries record servers and weights at every control interval
 * @param decisionClock nanosecond clock that times one choice in 1,024; null to time none
 * @param progress is told now and then how much of the run is done, in [0, 1]; null for nobody
 * @param cancelled asked now and then whether to stop; null for never
 */
public record RunOptions(
        boolean observe,
        boolean timeSeries,
        LongSupplier decisionClock,
        java.util.function.DoubleConsumer progress,
        BooleanSupplier cancelled) {

    /** Nothing but the result. */
    public static final RunOptions PLAIN = new RunOptions(false, false, null, null, null);

    /**
     * The same with a time series.
     *
     * @return new options
     */
    public RunOptions withTimeSeries() {
        return new RunOptions(observe, true, decisionClock, progress, cancelled);
    }

    /**
     * The same with reservoirs and ACK samples always on.
     *
     * @return new options
     */
    public RunOptions withObservations() {
        return new RunOptions(true, timeSeries, decisionClock, progress, cancelled);
    }

    /**
     * The same with timed choices.
     *
     * @param clock nanosecond clock
     * @return new options
     */
    public RunOptions withDecisionClock(LongSupplier clock) {
        return new RunOptions(observe, timeSeries, clock, progress, cancelled);
    }
}
