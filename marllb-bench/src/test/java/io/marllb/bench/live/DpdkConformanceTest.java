package io.marllb.bench.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.marllb.bench.testbed.Testbed;
import io.marllb.bench.testbed.TestbedSpec;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The DPDK program before four nginx servers that answer directly, in network namespaces, with real connections. */
@Tag("e2e")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DpdkConformanceTest extends DataPlaneConformance {

    @TempDir
    private Path folder;

    @BeforeEach
    void requireATestbed() {
        List<String> missing = Testbed.missing();
        assumeTrue(missing.isEmpty(), () -> "live traffic: " + String.join("; ", missing));
    }

    /** How packets reach servers, as the program's configuration says it. */
    String mode() {
        return "dsr";
    }

    @Override
    Traffic start(int doomed) throws IOException {
        return new Connections(program(), mode(), folder);
    }

    /** What the native tests have built, or what the property names. */
    private static Path program() throws IOException {
        String named = System.getProperty("marllb.dpdk");
        if (named != null) {
            return Path.of(named);
        }
        // As the native tests build it, without sanitizers.
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

    private static final class Connections implements Traffic {

        private static final Path SEGMENT = Path.of("/dev/shm/marllb-tb-conformance");
        private static final int SERVERS = 4;
        private static final int START_MILLIS = 20_000;

        private record Held(int server, long before, long after) {}

        private final Testbed testbed;
        private final List<Process> programs = new ArrayList<>();
        private final BufferedReader answers;
        private final PrintStream commands;
        private final SegmentDataPlane dataPlane;
        private final List<Held> flows = new ArrayList<>();
        private final long[] opened = new long[SERVERS];
        private final long[] ended = new long[SERVERS];
        private final double[] atLeast = new double[SERVERS];
        private final double[] atMost = new double[SERVERS];

        Connections(Path dpdk, String mode, Path folder) throws IOException {
            testbed = Testbed.up(new TestbedSpec(1, List.of(1.0, 1.0, 1.0, 1.0), true, 5e6), folder);
            try {
                Files.deleteIfExists(SEGMENT); // of a run that was killed
                Path log = folder.resolve("dpdk.log");
                programs.add(testbed.startAtBalancer(0, log, command(dpdk, configuration(mode, folder))));
                dataPlane = attach(log);
                if (mode.equals("nat")) {
                    testbed.answerThroughTheBalancer();
                }
                Process client = new ProcessBuilder(Testbed.at("client", client()))
                        .redirectError(Redirect.INHERIT)
                        .start();
                programs.add(client);
                answers = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                commands = new PrintStream(client.getOutputStream(), true, StandardCharsets.US_ASCII);
            } catch (IOException | RuntimeException e) {
                end();
                throw e;
            }
        }

        private static List<String> command(Path dpdk, Path configuration) {
            return List.of(
                    dpdk.toString(),
                    "--no-huge",
                    "-m",
                    "256",
                    "--no-pci",
                    "-l",
                    "0",
                    "--file-prefix",
                    "marllb-tb-conformance",
                    "--vdev",
                    "net_af_packet0,iface=eth0",
                    "--",
                    "--config",
                    configuration.toString());
        }

        private static List<String> client() {
            return List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    FlowClient.class.getName());
        }

        private Path configuration(String mode, Path folder) throws IOException {
            StringBuilder text = new StringBuilder(
                    """
                    [vip]
                    address  = %s
                    port     = %d
                    protocol = tcp
                    mode     = %s
                    [port]
                    address = %s/16
                    [flows]
                    size = 65536
                    [control]
                    segment  = %s
                    interval = 150ms
                    slots    = %d
                    """.formatted(Testbed.VIP, Testbed.PORT, mode, testbed.balancerAddress(0), SEGMENT, SERVERS));
            for (int j = 0; j < SERVERS - 1; j++) {
                text.append("[server]\naddress = %s\nweight = %d\n".formatted(testbed.serverAddress(j), 1 << j));
            }
            return Files.writeString(folder.resolve("dpdk.conf"), text);
        }

        private static SegmentDataPlane attach(Path log) throws IOException {
            for (int waited = 0; waited < START_MILLIS && !Files.exists(SEGMENT); waited += 10) {
                LockSupport.parkNanos(10_000_000L);
            }
            if (!Files.exists(SEGMENT)) {
                throw new IOException(
                        "the DPDK program has not started within " + START_MILLIS + " ms: " + Files.readString(log));
            }
            return SegmentDataPlane.attach(SEGMENT, System::nanoTime);
        }

        private long[] ask(String command) throws IOException {
            commands.println(command);
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("the client has ended, asked to " + command);
            }
            return Arrays.stream(answer.split(" ")).mapToLong(Long::parseLong).toArray();
        }

        @Override
        public DataPlane dataPlane() {
            return dataPlane;
        }

        @Override
        public int[] open(int count) throws IOException {
            int[] opening = new int[count];
            for (int i = 0; i < count; i++) {
                long[] answer = ask("open");
                opening[i] = flows.size();
                flows.add(new Held((int) answer[0], answer[1], answer[2]));
                opened[(int) answer[0]]++;
            }
            return opening;
        }

        @Override
        public int server(int flow) {
            return flows.get(flow).server;
        }

        @Override
        public int[] touch(int[] touched) throws IOException {
            int[] heard = new int[touched.length];
            for (int i = 0; i < touched.length; i++) {
                heard[i] = (int) ask("touch " + touched[i])[0];
            }
            return heard;
        }

        @Override
        public void close(int[] closing) throws IOException {
            for (int f : closing) {
                Held held = flows.get(f);
                long[] answer = ask("close " + f);
                ended[held.server]++;
                atLeast[held.server] += (answer[0] - held.after) * 1e-9;
                atMost[held.server] += (answer[1] - held.before) * 1e-9;
            }
        }

        @Override
        public long opened(int server) {
            return opened[server];
        }

        @Override
        public long ended(int server) {
            return ended[server];
        }

        @Override
        public Lifetime lifetime(int server) {
            return new Lifetime(atLeast[server] / ended[server], atMost[server] / ended[server]);
        }

        @Override
        public double clockSeconds() {
            return 0.02; // a core looks at its clock once in a burst
        }

        @Override
        public ServerEntry fourth() {
            return ServerEntry.of(3, ServerAddress.parse(testbed.serverAddress(3) + ":" + Testbed.PORT));
        }

        @Override
        public void die(int server) {
            // That it is told is enough: it must not send another packet there.
        }

        @Override
        public void pause() {
            LockSupport.parkNanos(10_000_000L);
        }

        private void end() {
            for (Process program : programs) {
                program.destroy();
                try {
                    if (!program.waitFor(START_MILLIS, TimeUnit.MILLISECONDS)) {
                        program.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    program.destroyForcibly();
                    Thread.currentThread().interrupt();
                }
            }
            testbed.close();
        }

        @Override
        public void close() {
            try {
                dataPlane.close();
            } finally {
                end();
            }
        }
    }
}
