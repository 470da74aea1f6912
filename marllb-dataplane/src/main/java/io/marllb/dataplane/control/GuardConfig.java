package io.marllb.dataplane.control;

import io.marllb.core.check.Checks;
import java.time.Duration;

/**
 * What no policy and no health check may do.
 *
 * @param minHealthyServers with fewer healthy servers than this (or than there are), health is ignored and all are used
 * @param panicShare the same as a share of the servers that are not drained, in [0, 1]
 * @param maxEjectedShare at most this share of the servers is ejected for failing flows at a time, in [0, 1]
 * @param maxWeightChange a server's share of the mean weight changes by at most this factor per interval, {@code > 1}; infinite for no bound
 * @param decisionTimeout a decision that takes longer counts as missed
 */
public record GuardConfig(
        int minHealthyServers,
        double panicShare,
        double maxEjectedShare,
        double maxWeightChange,
        Duration decisionTimeout) {

    /** One server stays whatever checks say, half of the pool whatever flows say; weights at most double or halve per interval; 100 ms to decide. */
    public static final GuardConfig DEFAULTS = new GuardConfig(1, 0, 0.5, 2, Duration.ofMillis(100));

    /** Checks every component. */
    public GuardConfig {
        new Checks("guard")
                .atLeast("minHealthyServers", minHealthyServers, 1)
                .inRange("panicShare", panicShare, 0, 1)
                .inRange("maxEjectedShare", maxEjectedShare, 0, 1)
                .that(maxWeightChange > 1, "maxWeightChange must be > 1, but was " + maxWeightChange)
                .positive("decisionTimeout", decisionTimeout)
                .throwIfAny();
    }

    /**
     * Another number of servers that stay, the rest alike.
     *
     * @param servers the number, {@code >= 1}
     * @return a copy
     */
    public GuardConfig withMinHealthyServers(int servers) {
        return new GuardConfig(servers, panicShare, maxEjectedShare, maxWeightChange, decisionTimeout);
    }

    /**
     * Another bound of weight changes, the rest alike.
     *
     * @param factor the bound, {@code > 1}
     * @return a copy
     */
    public GuardConfig withMaxWeightChange(double factor) {
        return new GuardConfig(minHealthyServers, panicShare, maxEjectedShare, factor, decisionTimeout);
    }
}
