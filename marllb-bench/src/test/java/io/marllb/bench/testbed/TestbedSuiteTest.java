package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestbedSuiteTest {

    private static final Scenario CLUSTER = Scenarios.load("testbed");
    private static final Tools WITHOUT_DPDK = new Tools(List.of("marllb"), null);
    private static final Tools WITH_DPDK = new Tools(List.of("marllb"), Path.of("marllb-dpdk"));

    @Test
    void policiesThatTheTestbedCannotServeAreRefusedBeforeAnythingRuns() {
        assertThatThrownBy(() -> suite(DataPlaneKind.PROXY, WITHOUT_DPDK, "sed", "oracle-sed", "gossip"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("policy 'oracle-sed' needs [GLOBAL]")
                .hasMessageContaining("policy 'gossip' needs [PEERS]");
        assertThatThrownBy(() -> suite(DataPlaneKind.PROXY, WITHOUT_DPDK, "sed", "sed"))
                .hasMessageContaining("'sed' is there twice");
    }

    @Test
    void theDpdkProgramMustBeThereAndRunTheRule() {
        assertThatThrownBy(() -> suite(DataPlaneKind.DSR, WITHOUT_DPDK, "sed")).hasMessageContaining("--dpdk");
        assertThatThrownBy(() -> suite(DataPlaneKind.DSR, WITH_DPDK, "sed", "lsq2", "rr", "ecmp", "marllb"))
                .hasMessageContaining("policy 'rr' places flows by the rule round-robin")
                .hasMessageNotContaining("'lsq2'")
                .hasMessageNotContaining("'ecmp'")
                .hasMessageNotContaining("'marllb'");
    }

    private static TestbedSuite suite(DataPlaneKind kind, Tools tools, String... policies) {
        List<PolicySpec> parsed = Stream.of(policies).map(PolicyRegistry::parse).toList();
        return new TestbedSuite(CLUSTER, parsed, 1, kind, tools);
    }
}
