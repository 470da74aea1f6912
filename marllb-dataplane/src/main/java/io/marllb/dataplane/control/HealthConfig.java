package io.marllb.dataplane.control;

import io.marllb.core.check.Checks;
import java.time.Duration;
import java.util.Objects;

/**
 * How servers are watched.
 *
 * @param kind what an active check is
 * @param path of the HTTP check, starting with a slash
 * @param lowStatus lowest HTTP status that is well, in [100, 599]
 * @param highStatus highest HTTP status that is well, in [lowStatus, 599]
 * @param interval from one check of a server to the next
 * @param fastInterval the same, while a server's state is in doubt
 * @param timeout of one check
 * @param failures failed checks in a row after which a server is down
 * @param successes good checks in a row after which it is up again
 * @param passive whether failing flows count too
 * @param ejection how long a server gets no new flows after its flows failed, times the number of its ejections (at most 10)
 */
public record HealthConfig(
        Kind kind,
        String path,
        int lowStatus,
        int highStatus,
        Duration interval,
        Duration fastInterval,
        Duration timeout,
        int failures,
        int successes,
        boolean passive,
        Duration ejection) {

    /** What an active check is. */
    public enum Kind {
        /** None: only failing flows count. */
        NONE,
        /** A TCP connection that opens. */
        TCP,
        /** An HTTP/1.1 GET whose status is well. */
        HTTP
    }

    /**
     * TCP every 2 s, 0.5 s while in doubt, two failures and two successes; passive checks on. A refused connect is noticed within 2.5 s.
     */
    public static final HealthConfig DEFAULTS = new HealthConfig(
            Kind.TCP,
            "/",
            200,
            399,
            Duration.ofSeconds(2),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            2,
            2,
            true,
            Duration.ofSeconds(30));

    /** Checks every component. */
    public HealthConfig {
        Objects.requireNonNull(kind, "kind");
        new Checks("health")
                .that(path.startsWith("/"), "path must start with '/', but was '" + path + "'")
                .that(
                        path.chars().allMatch(c -> c > ' ' && c < 127),
                        "path must be printable ASCII without blanks, but was '" + path + "'")
                .inRange("lowStatus", lowStatus, 100, 599)
                .inRange("highStatus", highStatus, lowStatus, 599)
                .positive("interval", interval)
                .positive("fastInterval", fastInterval)
                .positive("timeout", timeout)
                .atLeast("failures", failures, 1)
                .atLeast("successes", successes, 1)
                .positive("ejection", ejection)
                .throwIfAny();
    }

    /**
     * Another kind of check, the rest alike.
     *
     * @param other the kind
     * @return a copy
     */
    public HealthConfig withKind(Kind other) {
        return new HealthConfig(
                other,
                path,
                lowStatus,
                highStatus,
                interval,
                fastInterval,
                timeout,
                failures,
                successes,
                passive,
                ejection);
    }

    /**
     * Another interval, the rest alike.
     *
     * @param other the interval; the fast one is a quarter of it
     * @return a copy
     */
    public HealthConfig withInterval(Duration other) {
        return new HealthConfig(
                kind,
                path,
                lowStatus,
                highStatus,
                other,
                other.dividedBy(4),
                timeout,
                failures,
                successes,
                passive,
                ejection);
    }
}
