package io.marllb.core;

/**
 * What one balancer knows at the end of a control interval: its counters and its reservoir statistics.
 *
 * <p>Borrowed and valid during one {@link WeightPolicy#decide} call. Statistics are computed when they are read. Counters are cumulative,
 * so a policy keeps the last value where it wants a difference. Not thread-safe.
 */
public interface Observation {

    /**
     * Number of server slots.
     *
     * @return n, {@code >= 1}
     */
    int n();

    /**
     * Current time.
     *
     * @return nanoseconds on the host's clock
     */
    long now();

    /**
     * Whether a server takes part: neither drained, nor removed, nor dead.
     *
     * @param server index in {@code [0, n)}
     * @return true if weights matter for it
     */
    boolean active(int server);

    /**
     * Configured weight, see {@link View#staticWeight}.
     *
     * @param server index in {@code [0, n)}
     * @return weight, finite, {@code > 0}
     */
    double staticWeight(int server);

    /**
     * Flows of this balancer that are open at a server.
     *
     * @param server index in {@code [0, n)}
     * @return count, {@code >= 0}
     */
    int inFlight(int server);

    /**
     * Flows that the other balancers last said to have open at a server ({@link Need#PEERS}).
     *
     * @param server index in {@code [0, n)}
     * @return sum of counts, {@code >= 0}; 0 while nothing was heard, and without {@link Need#PEERS}
     */
    default long peersInFlight(int server) {
        return 0;
    }

    /**
     * Flows that this balancer ever opened at a server.
     *
     * @param server index in {@code [0, n)}
     * @return cumulative count
     */
    long started(int server);

    /**
     * Flows of this balancer that completed at a server (rejected and aborted ones do not count).
     *
     * @param server index in {@code [0, n)}
     * @return cumulative count
     */
    long completed(int server);

    /**
     * Time during which this balancer had at least one open flow at a server.
     *
     * @param server index in {@code [0, n)}
     * @return cumulative nanoseconds
     */
    long busyNanos(int server);

    /**
     * Time integral of this balancer's in-flight count at a server.
     *
     * @param server index in {@code [0, n)}
     * @return cumulative flow-nanoseconds
     */
    double inFlightNanos(int server);

    /**
     * A statistic of recent flow completion times ({@link Need#RESERVOIRS}).
     *
     * @param server index in {@code [0, n)}
     * @param reduction which statistic
     * @return seconds; NaN while there is no sample
     */
    double flowCompletionTime(int server, Reduction reduction);

    /**
     * A statistic of recent flow durations: ages of flows, seen during their life and at their end ({@link Need#RESERVOIRS}).
     *
     * @param server index in {@code [0, n)}
     * @param reduction which statistic
     * @return seconds; NaN while there is no sample
     */
    double flowDuration(int server, Reduction reduction);
}
