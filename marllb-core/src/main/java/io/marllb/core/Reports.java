package io.marllb.core;

/**
 * The latest {@link Signal.Kind#REPORT} of each server, as a balancer received it ({@link Need#REPORT}).
 *
 * <p>Borrowed and valid during one {@link WeightPolicy#decide} call.
 */
@FunctionalInterface
public interface Reports {

    /** For hosts without {@link Need#REPORT}: nothing was ever received. */
    Reports NONE = server -> null;

    /**
     * The newest report.
     *
     * @param server index in {@code [0, n)}
     * @return the report, borrowed; null if none arrived yet
     */
    Signal latest(int server);
}
