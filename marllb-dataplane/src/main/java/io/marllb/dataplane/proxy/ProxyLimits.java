package io.marllb.dataplane.proxy;

import io.marllb.core.check.Checks;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * What a proxy may use, and how long it waits. Immutable.
 *
 * @param loops threads that move bytes, each with sockets of its own, {@code >= 1}
 * @param maxConnections connections at a time, over all loops; more wait in the kernel; empty for {@value #DEFAULT_CONNECTIONS}, or what the limit of
 *     open files allows
 * @param backlog connections that wait in the kernel for each listening socket
 * @param bufferBytes the most that one read takes, and that is kept of a direction whose receiver is slow
 * @param connectTimeout a server that does not accept within this time counts as refusing
 * @param connectTries servers that are tried before a client is turned away, {@code >= 1}
 * @param idleTimeout a connection on which nothing moved for this time is closed
 */
public record ProxyLimits(
        int loops,
        OptionalInt maxConnections,
        int backlog,
        int bufferBytes,
        Duration connectTimeout,
        int connectTries,
        Duration idleTimeout) {

    /** Connections at a time unless said otherwise. */
    static final int DEFAULT_CONNECTIONS = 8192;

    /** One loop, buffers of 16 KiB as HAProxy's, 3 s to connect, three servers tried, 60 s idle (nginx's default of a keep-alive is 75 s). */
    public static final ProxyLimits DEFAULTS =
            new ProxyLimits(1, OptionalInt.empty(), 4096, 16_384, Duration.ofSeconds(3), 3, Duration.ofSeconds(60));

    private static final int MOST_LOOPS = 256;
    private static final int LEAST_BUFFER = 1024;
    private static final int MOST_BUFFER = 1 << 20;

    /** Checks every component. */
    public ProxyLimits {
        new Checks("proxy")
                .that(loops >= 1 && loops <= MOST_LOOPS, "loops must be in [1, " + MOST_LOOPS + "], but was " + loops)
                .that(
                        maxConnections.isEmpty() || maxConnections.getAsInt() >= loops,
                        "max-connections must be >= 1 for each of the " + loops + " loops, but was "
                                + maxConnections.orElse(0))
                .atLeast("backlog", backlog, 1)
                .that(
                        bufferBytes >= LEAST_BUFFER && bufferBytes <= MOST_BUFFER,
                        "buffer must be in [" + LEAST_BUFFER + ", " + MOST_BUFFER + "] bytes, but was " + bufferBytes)
                .positive("connect-timeout", connectTimeout)
                .atLeast("connect-tries", connectTries, 1)
                .positive("idle-timeout", idleTimeout)
                .throwIfAny();
    }
}
