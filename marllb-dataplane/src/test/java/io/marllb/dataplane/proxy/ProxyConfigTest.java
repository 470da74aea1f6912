package io.marllb.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.policies.PolicyRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ProxyConfigTest {

    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private static ProxyConfig config(OptionalInt connections) {
        ProxyLimits d = ProxyLimits.DEFAULTS;
        return ProxyConfig.of(ANY, List.of(ServerEntry.parse(0, "127.0.0.1:80")), PolicyRegistry.parse("sed"))
                .withLimits(new ProxyLimits(
                        2, connections, d.backlog(), d.bufferBytes(), d.connectTimeout(), 3, d.idleTimeout()));
    }

    @Test
    void saysEverythingThatIsWrongAtOnce() {
        assertThatThrownBy(() -> new ProxyLimits(0, OptionalInt.of(0), 0, 1, Duration.ZERO, 0, Duration.ofSeconds(-1)))
                .hasMessageContainingAll(
                        "loops", "backlog", "buffer", "connect-timeout", "connect-tries", "idle-timeout");
        assertThatThrownBy(() -> new ProxyConfig(
                        List.of(),
                        List.of(),
                        0,
                        0,
                        PolicyRegistry.parse("sed"),
                        Duration.ZERO,
                        config(OptionalInt.empty()).seed(),
                        ProxyLimits.DEFAULTS,
                        config(OptionalInt.empty()).control(),
                        config(OptionalInt.empty()).metrics(),
                        config(OptionalInt.empty()).controller()))
                .hasMessageContainingAll("listen", "servers", "slots", "balancers", "interval");
    }

    @Test
    void itsListOfServersAndItsIntervalAreTheControllersToo() {
        ProxyConfig config = config(OptionalInt.empty())
                .withController(ControllerConfig.DEFAULTS.withInterval(Duration.ofSeconds(7)));

        assertThat(config.controller().interval()).contains(ProxyConfig.DEFAULT_INTERVAL);
        assertThat(config.controller().servers()).isEqualTo(config.servers());
    }

    @Test
    void takesAsManyConnectionsAsOpenFilesAllowUnlessToldHowMany() {
        assertThat(TcpProxy.maxConnections(config(OptionalInt.empty()), 1_000_000))
                .isEqualTo(8192);
        assertThat(TcpProxy.maxConnections(config(OptionalInt.of(300)), 1024)).isEqualTo(300);

        int fewer = TcpProxy.maxConnections(config(OptionalInt.empty()), 1024);
        assertThat(Descriptors.needed(fewer, Descriptors.overhead(2, 1, 1))).isBetween(1023L, 1024L);
    }

    @Test
    void refusesMoreConnectionsThanOpenFilesAllowWithTheFix() {
        assertThatThrownBy(() -> TcpProxy.maxConnections(config(OptionalInt.of(5000)), 1024))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("5000 connections need 10112 open files, but the limit is 1024; raise it: ulimit -Hn 10112"
                        + " (LimitNOFILE=10112 in a systemd unit), or use --max-connections 456");
        assertThatThrownBy(() -> TcpProxy.maxConnections(config(OptionalInt.empty()), 64))
                .hasMessageContaining("raise it");
    }

    @Test
    void readsTheLimitOfOpenFilesThatIsInForce() {
        assertThat(Descriptors.limit("Max processes  5  6  processes\nMax open files            1024    4096  files\n"))
                .isEqualTo(1024);
        assertThat(Descriptors.limit("Max open files            unlimited    unlimited  files\n"))
                .isEqualTo(Long.MAX_VALUE);
    }
}
