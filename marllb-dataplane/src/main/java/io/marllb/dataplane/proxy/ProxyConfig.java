package io.marllb.dataplane.proxy;

import io.marllb.core.check.Checks;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.PolicySpec;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Everything that a {@link TcpProxy} needs to know. Immutable.
 *
 * @param listen where clients connect; port 0 for any
 * @param servers the servers, each in its slot with an address
 * @param slots server slots, more than there are servers where some may be added later
 * @param balancers how many balancers share the servers, for policies that want to know
 * @param policy who decides; ignored where a controller outside does
 * @param interval control interval
 * @param seed root of all random streams; empty for another one at each start
 * @param limits what it may use, and how long it waits
 * @param control the segment's file for a controller outside; empty for a controller in this process
 * @param metrics where the controller in this process shows its metrics
 * @param controller of the controller in this process; its list of servers and its interval are ours
 */
public record ProxyConfig(
        List<InetSocketAddress> listen,
        List<ServerEntry> servers,
        int slots,
        int balancers,
        PolicySpec policy,
        Duration interval,
        OptionalLong seed,
        ProxyLimits limits,
        Optional<Path> control,
        Optional<InetSocketAddress> metrics,
        ControllerConfig controller) {

    /** As the simulator's scenarios. */
    public static final Duration DEFAULT_INTERVAL = Duration.ofMillis(250);

    /** Checks every component. */
    public ProxyConfig {
        listen = List.copyOf(listen);
        servers = List.copyOf(servers);
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(seed, "seed");
        Checks checks = new Checks("proxy")
                .that(!listen.isEmpty(), "listen must name at least one address")
                .that(!servers.isEmpty(), "servers must name at least one server")
                .that(
                        slots >= Math.max(1, servers.size()) && slots <= SegmentSpec.MAX_SERVERS,
                        "slots must be in [" + servers.size() + ", " + SegmentSpec.MAX_SERVERS + "], but was " + slots)
                .atLeast("balancers", balancers, 1)
                .positive("interval", interval)
                .that(
                        control.isEmpty() || metrics.isEmpty(),
                        "metrics are the controller's: with control, give them to marllb controller instead");
        Set<Integer> used = new HashSet<>();
        for (ServerEntry s : servers) {
            checks.that(s.address().isPresent(), "server " + s.name() + " has no address")
                    .that(
                            s.slot() < slots,
                            "server " + s.name() + " has slot " + s.slot() + ", but there are " + slots + " slots")
                    .that(used.add(s.slot()), "slot " + s.slot() + " is used twice");
        }
        checks.throwIfAny();
        controller = controller.withServers(servers).withInterval(interval);
    }

    /**
     * Defaults for all but the necessary.
     *
     * @param listen where clients connect
     * @param servers the servers
     * @param policy who decides
     * @return a configuration with a controller in this process
     */
    public static ProxyConfig of(InetSocketAddress listen, List<ServerEntry> servers, PolicySpec policy) {
        return new ProxyConfig(
                List.of(listen),
                servers,
                servers.size(),
                1,
                policy,
                DEFAULT_INTERVAL,
                OptionalLong.empty(),
                ProxyLimits.DEFAULTS,
                Optional.empty(),
                Optional.empty(),
                ControllerConfig.DEFAULTS);
    }

    /**
     * Other limits, the rest alike.
     *
     * @param other the limits
     * @return a copy
     */
    public ProxyConfig withLimits(ProxyLimits other) {
        return new ProxyConfig(
                listen, servers, slots, balancers, policy, interval, seed, other, control, metrics, controller);
    }

    /**
     * Another controller in this process, the rest alike.
     *
     * @param other its configuration
     * @return a copy
     */
    public ProxyConfig withController(ControllerConfig other) {
        return new ProxyConfig(
                listen, servers, slots, balancers, policy, interval, seed, limits, control, metrics, other);
    }

    /**
     * A controller outside, the rest alike.
     *
     * @param file the segment's
     * @return a copy
     */
    public ProxyConfig withControl(Path file) {
        return new ProxyConfig(
                listen,
                servers,
                slots,
                balancers,
                policy,
                interval,
                seed,
                limits,
                Optional.of(file),
                metrics,
                controller);
    }

    /**
     * Another number of slots, the rest alike.
     *
     * @param other slots
     * @return a copy
     */
    public ProxyConfig withSlots(int other) {
        return new ProxyConfig(
                listen, servers, other, balancers, policy, interval, seed, limits, control, metrics, controller);
    }
}
