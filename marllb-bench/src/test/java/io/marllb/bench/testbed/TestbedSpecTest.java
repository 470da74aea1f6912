package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestbedSpecTest {

    @Test
    void theScenarioThatShipsCanBeBuilt() {
        TestbedSpec spec = TestbedSpec.of(Scenarios.load("testbed"), 2e6);

        assertThat(spec.speeds()).isEqualTo(List.of(1.0, 1.0, 0.5, 0.5, 0.5, 0.5));
        assertThat(spec.weightsKnown()).isTrue();
    }

    @Test
    void whatALinkCannotBeIsRefusedWithEveryReason() {
        Scenario scenario = Scenarios.parse("""
                name: no-links
                servers:
                  - {cores: 2}
                  - {discipline: fifo, workers: 8, backlog: 8}
                network: {client-to-balancer: 1ms}
                traffic:
                  arrivals: {type: poisson, rate: 1}
                  classes:
                    - {name: page, share: 1, cpu: {type: deterministic, mean: 1ms}, io: {type: deterministic, mean: 1ms}}
                events:
                  - {at: 1s, servers: [0], speed: 0.5}
                control: {interval: 1s}
                run: {flows: 10}
                """, "no-links", Path.of(""));

        assertThatThrownBy(() -> TestbedSpec.of(scenario, 2e6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("server 0 must have one core")
                .hasMessageContaining("server 1 must have discipline ps")
                .hasMessageContaining("server 1 must have unlimited workers and backlog")
                .hasMessageContaining("class 'page' must have no io")
                .hasMessageContaining("events can't be played")
                .hasMessageContaining("network delays must be 0")
                .hasMessageContaining("control.interval must be 250ms");
    }
}
