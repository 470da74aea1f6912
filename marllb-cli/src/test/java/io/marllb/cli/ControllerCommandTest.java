package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInReader;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControllerCommandTest {

    @TempDir
    private Path folder;

    /** A data plane that publishes all the time and does what it is told. */
    private static final class TinyDataPlane implements AutoCloseable {
        final Segment segment;
        final MsgOut out;
        private final MsgIn in;
        private final MsgOutWriter writer;
        private final MsgInReader reader;
        private final Thread thread = new Thread(this::loop, "tiny-data-plane");
        private volatile boolean closed;
        private volatile double[] weights = {};
        private volatile ServerState[] states = {};

        TinyDataPlane(Path file, int servers) {
            segment = Segment.create(file, new SegmentSpec(4, 1, 1, 100_000_000L));
            out = new MsgOut(4);
            in = new MsgIn(4);
            writer = segment.msgOutWriter();
            reader = segment.msgInReader();
            for (int j = 0; j < servers; j++) {
                out.state[j] = ServerState.ACTIVE;
                out.generation[j] = 1;
                out.staticWeight[j] = j + 1;
            }
            thread.start();
        }

        private void loop() {
            while (!closed) {
                long now = System.nanoTime();
                out.timeNanos = now;
                writer.publish(out);
                segment.dataPlane().beat(now);
                if (reader.read(in) == Reading.FRESH) {
                    weights = in.weight.clone();
                    states = in.state.clone();
                }
                LockSupport.parkNanos(20_000_000);
            }
        }

        @Override
        public void close() {
            closed = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            segment.close();
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(RunningCommand.PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(until);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static int status(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void steersADataPlaneReadsItsFileAgainAndLeavesInOrder() throws Exception {
        assumeTrue(
                RunningCommand.hearsHangUps(),
                "SIGHUP is ignored in this process and so in its children, as nohup has it");
        Path shm = folder.resolve("vip");
        Path config = folder.resolve("controller.yaml");
        Files.writeString(
                config,
                "dataplane: shm:" + shm
                        + "\npolicy: wcmp\nslow-start: 0ms\nhealth: {check: none}\nmetrics: 127.0.0.1:0\n"
                        + "guard: {max-weight-change: unlimited}\n");
        try (TinyDataPlane dataPlane = new TinyDataPlane(shm, 3);
                RunningCommand controller = new RunningCommand("controller", "--config", config.toString())) {
            String hello = controller.await("wcmp steers shm:" + shm + " (4 slots, 1 core");
            await("weights", () -> dataPlane.weights.length == 4 && dataPlane.weights[2] == 3);
            assertThat(dataPlane.weights).containsExactly(1, 2, 3, 0);
            String page = hello.substring(hello.indexOf("http://"), hello.indexOf("/metrics"));
            assertThat(status(page + "/readyz")).isEqualTo(200);

            Files.writeString(
                    config,
                    Files.readString(config).replace("policy: wcmp", "policy: ecmp")
                            + "servers: [{address: 10.0.0.1:80, drain: true}]\n");
            controller.signal("HUP");
            controller.await("event=configured");
            await("the drained server", () -> dataPlane.states[0] == ServerState.DRAINING && dataPlane.weights[2] == 1);
            assertThat(dataPlane.weights).containsExactly(0, 1, 1, 0);

            String drained = Files.readString(config);
            Files.writeString(
                    config, drained.replace("policy: ecmp", "policy: wcmp").replace("10.0.0.1:80", "10.0.0.9:80"));
            controller.signal("HUP");
            assertThat(controller.await("event=reload-refused")).contains("slot 0 still belongs to 10.0.0.1:80");
            Files.writeString(config, drained.replace("policy: ecmp", "policy: wcmp"));
            controller.signal("HUP");
            await("the policy of the file that was mended", () -> dataPlane.weights[2] == 3);

            Files.writeString(config, drained.replace("policy: ecmp", "policy: nonsense"));
            controller.signal("HUP");
            assertThat(controller.await("event=reload-refused")).contains("there is no policy 'nonsense'");

            controller.signal("TERM");
            controller.await("the last weights stay in force, for 4 s without a controller");
            assertThat(controller.exitCode()).isEqualTo(143);
            assertThat(dataPlane.segment.controller().pid())
                    .as("control was given back")
                    .isZero();
        }
    }

    @Test
    void aSecondControllerIsSentAway() throws Exception {
        Path shm = folder.resolve("vip");
        try (TinyDataPlane dataPlane = new TinyDataPlane(shm, 2);
                RunningCommand first =
                        new RunningCommand("controller", "--dataplane=shm:" + shm, "--policy=sed", "--metrics=off")) {
            first.await("sed steers");
            Cli second = Cli.run("controller", "--dataplane", "shm:" + shm, "--policy", "sed", "--metrics", "off");

            assertThat(second.exitCode()).isEqualTo(2);
            assertThat(second.err()).contains("another controller, pid " + first.pid() + ", is alive");
            assertThat(dataPlane.segment.replaced()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--policy sed                                  | what to steer? give --dataplane shm:PATH or --dataplane haproxy:SOCKET",
                "--dataplane shm:FOLDER/none --policy sed      | it does not exist; start its data plane first",
                "--dataplane shm:FOLDER/text --policy sed      | is no segment",
                "--dataplane tcp:1 --policy sed                | --dataplane must be shm:PATH or haproxy:SOCKET, but was 'tcp:1'",
                "--dataplane proxy --policy sed                | start it with --control shm:PATH",
                "--dataplane shm:x                             | who decides? give --policy NAME or --agent FILE",
                "--dataplane shm:x --policy sedd               | did you mean 'sed'?",
                "--dataplane shm:x --policy sed --agent marllb | give one",
                "--dataplane shm:x --agent none.marllb         | none.marllb",
                "--dataplane shm:x --policy sed --servers web:80 | --servers must be an IP address with a port, not a name",
                "--dataplane shm:x --policy sed --check ping   | --check must be tcp, http or none, but was 'ping'",
                "--dataplane shm:x --policy sed --metrics 9090 | --metrics must be an IP address with a port",
                "--dataplane shm:x --policy sed --prometheus-port 99999 | --prometheus-port: must have a port in [1, 65535]",
                "--dataplane shm:x --policy sed --max-weight-change 1 | maxWeightChange must be > 1, but was 1.0",
                "--dataplane haproxy:FOLDER/none --policy rate | needs --backend NAME",
                "--dataplane haproxy:FOLDER/none --backend web --policy rate | level admin",
                "--dataplane shm:x --backend web --policy sed  | --backend belongs to --dataplane haproxy:SOCKET",
                "--config FOLDER/none                          | there is no such file",
                "--config FOLDER/bad.yaml                      | unknown key 'polcy'; did you mean 'policy'?"
            })
    void saysInOneMessageWhatIsWrong(String args, String why) throws IOException {
        Files.writeString(folder.resolve("text"), "just text");
        Files.writeString(folder.resolve("bad.yaml"), "polcy: sed\n");
        String[] words = ("controller " + args.replace("FOLDER", folder.toString())).split(" +");

        Cli cli = Cli.run(words);

        assertThat(cli.exitCode()).as(cli.err()).isEqualTo(2);
        assertThat(cli.err()).contains(why);
        assertThat(cli.err().lines().filter(l -> !l.isBlank())).hasSizeLessThanOrEqualTo(2);
        assertThat(cli.out()).isEmpty();
    }

    @Test
    void refusesAPolicyThatTheDataPlaneCannotServe() throws Exception {
        Path shm = folder.resolve("vip");
        try (TinyDataPlane dataPlane = new TinyDataPlane(shm, 2)) {
            Cli cli = Cli.run("controller", "--dataplane=shm:" + shm, "--policy=prequal", "--metrics=off");

            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err()).contains("policy 'prequal' needs PROBE").contains("nearest: lsq2");
            assertThat(dataPlane.segment.controller().pid()).isZero();
        }
    }
}
