package io.marllb.agents.remote;

import io.marllb.core.check.Checks;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * How long the two sides wait for each other. Immutable.
 *
 * @param timeout how long to wait for an answer, and between two attempts to connect, {@code > 0}
 * @param retries how often to ask or to connect again before giving up, {@code >= 0}
 * @param mostBytes largest message that is accepted, {@code >= 1024}
 */
public record RemoteConfig(Duration timeout, int retries, int mostBytes) {

    /** 5 s and 3 retries, as the published coordinator; 64 MiB, ten times the largest preset's parameters. */
    public static final RemoteConfig DEFAULTS = new RemoteConfig(Duration.ofSeconds(5), 3, 64 << 20);

    /** The published coordinator's port. */
    public static final int PORT = 9000;

    static final int LEAST_BYTES = 1024;

    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);

    /** Checks everything and reports every violation. */
    public RemoteConfig {
        new Checks("RemoteConfig")
                .positive("timeout", timeout)
                .that(retries >= 0, "retries must be >= 0, but was " + retries)
                .that(mostBytes >= LEAST_BYTES, "mostBytes must be >= " + LEAST_BYTES + ", but was " + mostBytes)
                .throwIfAny();
    }

    /**
     * Refuses addresses that other machines can reach, unless that is meant.
     *
     * @param address where to listen or to connect
     * @param anyHost whether other machines are meant
     * @throws IllegalArgumentException if the address is not a loopback address and {@code anyHost} is false, or if it is unknown
     */
    public static void requireSafe(InetSocketAddress address, boolean anyHost) {
        InetAddress ip = address.getAddress();
        if (ip == null) {
            throw new IllegalArgumentException("unknown host '" + address.getHostString() + "'");
        }
        if (!anyHost && !ip.isLoopbackAddress()) {
            throw new IllegalArgumentException(address.getHostString()
                    + " is not a loopback address, and what is sent is neither encrypted nor authenticated;"
                    + " use 127.0.0.1, or allow other hosts explicitly on a network that you trust");
        }
    }

    /** How long a connection may take to say who it is. */
    Duration patience() {
        Duration all = timeout.multipliedBy(retries + 1L);
        return all.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : all;
    }

    String timeoutText() {
        return timeout.toMillis() % 1000 == 0 ? timeout.toSeconds() + " s" : timeout.toMillis() + " ms";
    }
}
