package io.marllb.ipc;

import io.marllb.core.check.Checks;

/**
 * What a data plane says of itself when it makes a segment.
 *
 * @param servers server slots, in [1, {@value #MAX_SERVERS}]; servers come and go within them
 * @param cores loops or cores of the data plane, {@code >= 1}
 * @param balancers how many balancers share the servers, {@code >= 1}
 * @param intervalNanos the control interval that the data plane expects, {@code > 0}
 */
public record SegmentSpec(int servers, int cores, long balancers, long intervalNanos) {

    /** Most server slots of a segment. */
    public static final int MAX_SERVERS = 256;

    /** @throws IllegalArgumentException naming every component out of range */
    public SegmentSpec {
        new Checks("SegmentSpec")
                .that(
                        servers >= 1 && servers <= MAX_SERVERS,
                        "servers must be in [1, " + MAX_SERVERS + "], but was " + servers)
                .atLeast("cores", cores, 1)
                .atLeast("balancers", balancers, 1)
                .atLeast("intervalNanos", intervalNanos, 1)
                .throwIfAny();
    }
}
