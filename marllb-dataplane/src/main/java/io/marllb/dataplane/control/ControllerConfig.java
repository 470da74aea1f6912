package io.marllb.dataplane.control;

import io.marllb.core.check.Checks;
import io.marllb.dataplane.ServerEntry;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link Controller} needs to know beside its data plane and its policy; everything can be changed while it runs, but for the interval and the
 * balancer. Immutable.
 *
 * @param servers the servers to keep, each in its slot; servers of the data plane that are not listed are left as they are
 * @param health how servers are watched
 * @param guard what no policy and no health check may do
 * @param slowStart a server that joins or comes back gets its full weight after so long; zero for at once
 * @param drainTimeout a server that left the list is removed when it has no flow any more, or after so long
 * @param interval from one decision to the next; empty for what the data plane expects
 * @param balancer index of this balancer among those that share the servers, for agents with a network for each
 * @param online learning from live traffic; empty for none
 */
public record ControllerConfig(
        List<ServerEntry> servers,
        HealthConfig health,
        GuardConfig guard,
        Duration slowStart,
        Duration drainTimeout,
        Optional<Duration> interval,
        int balancer,
        Optional<OnlineConfig> online) {

    /** No servers listed; defaults of every part; 10 s of slow start, 5 min to drain; no learning. */
    public static final ControllerConfig DEFAULTS = new ControllerConfig(
            List.of(),
            HealthConfig.DEFAULTS,
            GuardConfig.DEFAULTS,
            Duration.ofSeconds(10),
            Duration.ofMinutes(5),
            Optional.empty(),
            0,
            Optional.empty());

    /** Checks every component. */
    public ControllerConfig {
        servers = List.copyOf(servers);
        Objects.requireNonNull(health, "health");
        Objects.requireNonNull(guard, "guard");
        Objects.requireNonNull(online, "online");
        Checks checks = new Checks("controller")
                .that(!slowStart.isNegative(), "slowStart must be >= 0, but was " + slowStart)
                .positive("drainTimeout", drainTimeout)
                .atLeast("balancer", balancer, 0);
        interval.ifPresent(i -> checks.positive("interval", i));
        Set<Integer> slots = new HashSet<>();
        Set<String> names = new HashSet<>();
        Set<Object> addresses = new HashSet<>();
        for (ServerEntry s : servers) {
            checks.that(slots.add(s.slot()), "servers: slot " + s.slot() + " is used twice")
                    .that(names.add(s.name()), "servers: the name " + s.name() + " is used twice")
                    .that(
                            s.address().isEmpty() || addresses.add(s.address().get()),
                            "servers: " + s.address().orElse(null) + " is listed twice");
        }
        checks.throwIfAny();
    }

    /**
     * Other servers, the rest alike.
     *
     * @param others the list
     * @return a copy
     */
    public ControllerConfig withServers(List<ServerEntry> others) {
        return new ControllerConfig(others, health, guard, slowStart, drainTimeout, interval, balancer, online);
    }

    /**
     * Another way to watch servers, the rest alike.
     *
     * @param other how
     * @return a copy
     */
    public ControllerConfig withHealth(HealthConfig other) {
        return new ControllerConfig(servers, other, guard, slowStart, drainTimeout, interval, balancer, online);
    }

    /**
     * Other guard-rails, the rest alike.
     *
     * @param other the guard-rails
     * @return a copy
     */
    public ControllerConfig withGuard(GuardConfig other) {
        return new ControllerConfig(servers, health, other, slowStart, drainTimeout, interval, balancer, online);
    }

    /**
     * Another slow start, the rest alike.
     *
     * @param other its length; zero for none
     * @return a copy
     */
    public ControllerConfig withSlowStart(Duration other) {
        return new ControllerConfig(servers, health, guard, other, drainTimeout, interval, balancer, online);
    }

    /**
     * Another interval, the rest alike.
     *
     * @param other from one decision to the next
     * @return a copy
     */
    public ControllerConfig withInterval(Duration other) {
        return new ControllerConfig(
                servers, health, guard, slowStart, drainTimeout, Optional.of(other), balancer, online);
    }

    /**
     * Another place among the balancers, the rest alike.
     *
     * @param index of this balancer, from 0
     * @return a copy
     */
    public ControllerConfig withBalancer(int index) {
        return new ControllerConfig(servers, health, guard, slowStart, drainTimeout, interval, index, online);
    }

    /**
     * With learning from live traffic, the rest alike.
     *
     * @param other how
     * @return a copy
     */
    public ControllerConfig withOnline(OnlineConfig other) {
        return new ControllerConfig(
                servers, health, guard, slowStart, drainTimeout, interval, balancer, Optional.of(other));
    }
}
