package io.marllb.core;

import java.util.Objects;

/**
 * What a policy may know of the place it is built for.
 *
 * @param servers number of server slots n, {@code >= 1}
 * @param balancers number of balancers m that share the servers, {@code >= 1}
 * @param balancer index of this balancer, in {@code [0, balancers)}
 * @param intervalNanos control interval, nanoseconds, {@code > 0}
 * @param seed seed of the policy's own streams (noise inside a weight policy); rules draw from {@link Words} instead
 * @param outbox where probes go; {@link Outbox#NONE} unless the host offers {@link Need#PROBE}
 */
public record PolicySetup(int servers, int balancers, int balancer, long intervalNanos, long seed, Outbox outbox) {

    /** Checks every component. */
    public PolicySetup {
        if (servers < 1) {
            throw new IllegalArgumentException("servers must be >= 1, but was " + servers);
        }
        if (balancers < 1) {
            throw new IllegalArgumentException("balancers must be >= 1, but was " + balancers);
        }
        Objects.checkIndex(balancer, balancers);
        if (intervalNanos <= 0) {
            throw new IllegalArgumentException("intervalNanos must be > 0, but was " + intervalNanos);
        }
        Objects.requireNonNull(outbox, "outbox");
    }
}
