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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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
    private static final int SIGTERM = 128 + 15;
    private static final int PAUSES = 3_000;
    private static final int RATE = 100;
    private static final int SECONDS = 60; // of load on each way through the DPDK program
    private static final int KILLS = 5; // of its controller meanwhile

    @TempDir
    private Path folder;

    @BeforeEach
    void requireATestbed() {
        List<String> missing = Testbed.missing();
        assumeTrue(missing.isEmpty(), () -> "live traffic: " + String.join("; ", missing));
    }

    @Test
    void noRequestFailsThroughTheDpdkProgramWhenServersAnswerDirectly() throws Exception {
        loadWhileControllersDie(DataPlaneKind.DSR, "marllb");
    }

    @Test
    void noRequestFailsThroughTheDpdkProgramWhenAddressesAreTranslated() throws Exception {
        loadWhileControllersDie(DataPlaneKind.NAT, "sed");
    }

    private void loadWhileControllersDie(DataPlaneKind kind, String policy) throws Exception {
        try (Testbed testbed = Testbed.up(THREE_SERVERS, folder);
                Balancers balancers = Balancers.start(testbed, kind, policy, new Tools(marllb(), dpdk()), folder)) {
            Process client = load(testbed, SECONDS);

            int kills = 0;
            while (!client.waitFor(SECONDS / (KILLS + 1), TimeUnit.SECONDS)) { // the load bounds it
                balancers.killControllers();
                balancers.startControllers();
                kills++;
            }

            assertNoneHasFailed(client, SECONDS);
            assertThat(kills).isGreaterThanOrEqualTo(KILLS);
        }
    }

    @Test
    void noRequestFailsThroughTheProxyWithAnAgent() throws Exception {
        int seconds = 15;
        try (Testbed testbed = Testbed.up(THREE_SERVERS, folder)) {
            Tools tools = new Tools(marllb(), null);
            Balancers balancers = Balancers.start(testbed, DataPlaneKind.PROXY, "marllb", tools, folder);
            try {
                assertNoneHasFailed(load(testbed, seconds), seconds);
            } finally {
                balancers.close();
            }
        }
    }

    private Process load(Testbed testbed, int seconds) {
        List<String> load = new ArrayList<>(marllb());
        load.addAll(List.of("load", "--target", "http://" + Testbed.VIP + Testbed.RESOURCE, "--rate", "" + RATE));
        // Bounded by their number, which is exact.
        load.addAll(List.of("--duration", 4 * seconds + "s", "--flows", "" + RATE * seconds, "--size", "10000"));
        load.addAll(List.of("--json", folder.resolve("load.json").toString()));
        return testbed.startAtClient(folder.resolve("load.log"), load);
    }

    private void assertNoneHasFailed(Process load, int seconds) throws Exception {
        assertThat(load.waitFor())
                .as(Files.readString(folder.resolve("load.log")))
                .isZero();
        JsonNode result =
                new ObjectMapper().readTree(folder.resolve("load.json").toFile());
        assertThat(result.get("completed").asInt()).isEqualTo(RATE * seconds);
    }

    @Test
    void aBenchThatIsEndedLeavesNothingBehind() throws Exception {
        List<String> bench = new ArrayList<>(marllb());
        bench.add(1, "-Djava.io.tmpdir=" + folder);
        bench.addAll(List.of("bench", "testbed", "--policies", "ecmp", "--seeds", "1"));
        Path log = folder.resolve("bench.log");
        Process process = new ProcessBuilder(bench)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            until("the load runs", process, log, this::loadRuns);

            process.destroy();
            assertThat(process.waitFor()).isEqualTo(SIGTERM);

            assertThat(Testbed.down()).as("namespaces that were left").isEmpty();
        } finally {
            process.destroyForcibly();
            Testbed.down();
        }
    }

    @Test
    void aTestbedStaysUpUntilItIsTakenDown() {
        Cli up = Cli.run("testbed", "up");
        try {
            assertThat(up.exitCode()).as(up.err()).isZero();
            assertThat(up.out()).contains("client", "10.77.0.1", "lb0", "s5", "link of 1.00 MB/s");

            Cli second = Cli.run("testbed", "up");
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.err()).contains("a testbed is up already").contains("marllb testbed down");

            assertThat(Cli.run("testbed", "run", "s0", "true").exitCode()).isZero();
            assertThat(Cli.run("testbed", "run", "client", "sh", "-c", "exit 7").exitCode())
                    .isEqualTo(7);
            assertThat(Cli.run("testbed", "run", "s6", "true").err())
                    .contains("there is no node 's6'; there are ")
                    .contains("lb0");
        } finally {
            assertThat(Cli.run("testbed", "down").out()).isEqualTo("removed 9 namespaces\n");
        }
        assertThat(Cli.run("testbed", "run", "s0", "true").err()).contains("no testbed is up");
    }

    private boolean loadRuns() {
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.anyMatch(f -> Files.exists(f.resolve("ecmp-1").resolve("load.log")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void until(String what, Process process, Path log, BooleanSupplier holds) throws IOException {
        for (int i = 0; i < PAUSES; i++) {
            if (holds.getAsBoolean()) {
                return;
            }
            if (!process.isAlive()) {
                break;
            }
            LockSupport.parkNanos(20_000_000L);
        }
        throw new AssertionError("not within a minute: " + what + "; " + Files.readString(log));
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
        String absent =
                "live traffic: the DPDK program is not built (libdpdk-dev, and 'marllb verify --only native' first)";
        if ("1".equals(System.getenv("REQUIRE_DPDK"))) {
            assertThat(built).as(absent).isExecutable();
        }
        assumeTrue(Files.isExecutable(built), absent);
        return built;
    }
}
