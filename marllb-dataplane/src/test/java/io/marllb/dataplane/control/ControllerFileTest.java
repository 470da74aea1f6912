package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.config.ConfigException;
import io.marllb.dataplane.ServerEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ControllerFileTest {

    private static ControllerFile parse(String text) {
        return ControllerFile.parse(text, "c.yaml", Path.of("/etc/marllb"));
    }

    @Test
    void readsEveryKey() {
        ControllerFile file = parse("""
                dataplane: shm:/dev/shm/vip1
                policy: agent:mine.marllb
                interval: 100ms
                metrics: off
                servers:
                  - {address: 10.0.0.1:80, name: web1, weight: 4, mac: '02:00:00:00:00:0A'}
                  - {address: '[fd00::1]:80', slot: 5, drain: true}
                health: {check: http, path: /up, status: 200-299, interval: 1s, timeout: 300ms, failures: 3, successes: 4, passive: false, ejection: 1m}
                guard: {min-healthy-servers: 2, panic-threshold: 50%, max-ejected: 10%, max-weight-change: unlimited, decision-timeout: 20ms}
                slow-start: 0ms
                drain-timeout: 1m
                """);

        assertThat(file.dataplane()).contains("shm:/dev/shm/vip1");
        assertThat(file.policy()).contains("agent:/etc/marllb/mine.marllb");
        assertThat(file.metrics()).contains("off");
        ControllerConfig c = file.config();
        assertThat(c.interval()).contains(Duration.ofMillis(100));
        assertThat(c.servers()).hasSize(2);
        assertThat(c.servers().get(0).name()).isEqualTo("web1");
        assertThat(c.servers().get(0).mac()).contains("02:00:00:00:00:0a");
        assertThat(c.servers().get(1).slot()).isEqualTo(5);
        assertThat(c.servers().get(1).drain()).isTrue();
        assertThat(c.health())
                .isEqualTo(new HealthConfig(
                        HealthConfig.Kind.HTTP,
                        "/up",
                        200,
                        299,
                        Duration.ofSeconds(1),
                        Duration.ofMillis(250),
                        Duration.ofMillis(300),
                        3,
                        4,
                        false,
                        Duration.ofMinutes(1)));
        assertThat(c.guard()).isEqualTo(new GuardConfig(2, 0.5, 0.1, Double.POSITIVE_INFINITY, Duration.ofMillis(20)));
        assertThat(c.slowStart()).isZero();
        assertThat(c.drainTimeout()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void whatIsLeftOutHasItsDefault() {
        assertThat(parse("policy: marllb\n").config()).isEqualTo(ControllerConfig.DEFAULTS);
        assertThat(parse("health: {check: tcp}\nguard: {}\n").config()).isEqualTo(ControllerConfig.DEFAULTS);
    }

    @Test
    void serversThatHaproxyKnowsNeedNoAddress() {
        assertThat(parse("servers: [{name: a, drain: true}]").config().servers())
                .containsExactly(new ServerEntry("a", 0, Optional.empty(), Optional.empty(), 1, true));
    }

    @Test
    void tellsEverythingThatIsWrongWithItsPlace() {
        assertThatThrownBy(() -> parse("""
                        polcy: marllb
                        interval: 250
                        servers:
                          - {address: web1:80}
                          - {weight: 2}
                          - {address: 10.0.0.1:80, wieght: 2}
                          - {address: 10.0.0.2:80, mac: 02}
                        health: {path: /x, status: 200}
                        guard: {panic-threshold: 150%}
                        """))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.violations())
                                .containsExactly(
                                        "c.yaml:1:1: unknown key 'polcy'; did you mean 'policy'?",
                                        "c.yaml:2:11: interval must be a duration with its unit, but was 250; write 250ms",
                                        "c.yaml:4:15: servers[0].address must be an IP address with a port, not a name, but was 'web1:80'; "
                                                + "write the address that 'getent hosts web1' tells",
                                        "c.yaml:5:5: servers[1] needs the key 'address' (or 'name', where HAProxy knows it)",
                                        "c.yaml:6:28: unknown key 'wieght' in servers[2]; did you mean 'weight'?",
                                        "c.yaml:7:5: server 10.0.0.2:80: mac must be such as 02:00:00:00:00:01, but was 02",
                                        "c.yaml:8:16: health.path has a meaning with check: http only; add that, or leave it out",
                                        "c.yaml:9:26: guard.panic-threshold must be in [0%, 100%], but was 1.5; write 1.5% or 0.015"));
    }

    @Test
    void listsThatContradictThemselvesAreRefused() {
        for (String servers : List.of(
                "[{address: 10.0.0.1:80}, {address: 10.0.0.1:80, name: x}]",
                "[{address: 10.0.0.1:80, slot: 1}, {address: 10.0.0.2:80}]",
                "[{address: 10.0.0.1:80, name: x}, {address: 10.0.0.2:80, name: x}]")) {
            assertThatThrownBy(() -> parse("servers: " + servers))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("twice");
        }
    }

    @Test
    void anEmptyFileSaysWhatItNeeds() {
        assertThatThrownBy(() -> parse("# nothing\n"))
                .hasMessage("c.yaml: is empty; a controller configuration needs keys such as policy and servers");
    }
}
