package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.marllb.bench.testbed.Balancers;
import io.marllb.bench.testbed.DataPlaneKind;
import io.marllb.bench.testbed.Testbed;
import io.marllb.bench.testbed.TestbedSpec;
import io.marllb.bench.testbed.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real connections to nginx servers through every data plane, in network namespaces, while controllers are killed. */
@Tag("e2e")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LiveTrafficTest {

    private static final TestbedSpec THREE_SERVERS = new TestbedSpec(1, List.of(1.0, 0.5, 0.5), true, 5e6);
    private static final int REQUESTS = 1_500;
    private static final int RATE = 100;

    @TempDir
    private Path folder;

    @BeforeEach
    void requireATestbed() {
        List<String> missing = Testbed.missing();
        assumeTrue(missing.isEmpty(), () -> "live traffic: " + String.join("; ", missing));
    }

    @Test
    void noRequestFailsThroughTheDpdkProgramWhenServersAnswerDirectly() throws Exception {
        Tools tools = new Tools(marllb(), dpdk());

        JsonNode result = loadWhileControllersDie(DataPlaneKind.DSR, tools, "marllb");

        assertThat(result.get("completed").asInt()).isEqualTo(REQUESTS);
    }

    @Test
    void noRequestFailsThroughTheDpdkProgramWhenAddressesAreTranslated() throws Exception {
        Tools tools = new Tools(marllb(), dpdk());

        JsonNode result = loadWhileControllersDie(DataPlaneKind.NAT, tools, "sed");

        assertThat(result.get("completed").asInt()).isEqualTo(REQUESTS);
    }

    @Test
    void noRequestFailsThroughTheProxyWithAnAgent() throws Exception {
        JsonNode result = loadWhileControllersDie(DataPlaneKind.PROXY, new Tools(marllb(), null), "marllb");

        assertThat(result.get("completed").asInt()).isEqualTo(REQUESTS);
    }

    private JsonNode loadWhileControllersDie(DataPlaneKind kind, Tools tools, String policy) throws Exception {
        try (Testbed testbed = Testbed.up(THREE_SERVERS, folder);
                Balancers balancers = Balancers.start(testbed, kind, policy, tools, folder)) {
            Path json = folder.resolve("load.json");
            List<String> load = new ArrayList<>(marllb());
            load.addAll(List.of("load", "--target", "http://" + Testbed.VIP + Testbed.RESOURCE, "--rate", "" + RATE));
            load.addAll(List.of(
                    "--duration", "60s", "--flows", "" + REQUESTS, "--size", "10000", "--json", json.toString()));
            Process client = testbed.startAtClient(folder.resolve("load.log"), load);
            while (kind != DataPlaneKind.PROXY && !client.waitFor(3, TimeUnit.SECONDS)) { // the load bounds it
                balancers.killControllers();
                balancers.startControllers();
            }
            assertThat(client.waitFor())
                    .as(Files.readString(folder.resolve("load.log")))
                    .isZero();
            return new ObjectMapper().readTree(json.toFile());
        }
    }

    private static List<String> marllb() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Marllb.class.getName());
    }

    /** As the native tests build it, without sanitizers. */
    private static Path dpdk() {
        Path built = Path.of("..", "marllb-dataplane", "target", "native", "dpdk", "marllb-dpdk")
                .toAbsolutePath()
                .normalize();
        assumeTrue(
                Files.isExecutable(built),
                "live traffic: the DPDK program is not built (libdpdk-dev, and 'marllb verify --only native' first)");
        return built;
    }
}
