package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyCommandTest {

    private static final int PATIENCE_MILLIS = RunningCommand.PATIENCE_SECONDS * 1000;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    private Path folder;

    /** A server that says its number to everyone, then waits for the other side to end. */
    private static final class Numbered implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 100, LOOPBACK);

        Numbered(int number) throws IOException {
            Thread accepts = new Thread(() -> {
                while (!listener.isClosed()) {
                    try {
                        Socket socket = listener.accept();
                        Thread serves = new Thread(() -> {
                            try (socket) {
                                socket.getOutputStream().write(number);
                                socket.getInputStream().readAllBytes();
                            } catch (IOException e) {
                                // The client has seen what it needs.
                            }
                        });
                        serves.setDaemon(true);
                        serves.start();
                    } catch (SocketException e) {
                        return; // closed
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            accepts.setDaemon(true);
            accepts.start();
        }

        int port() {
            return listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static int port(String greeting) {
        Matcher m = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)").matcher(greeting);
        assertThat(m.find()).as(greeting).isTrue();
        return Integer.parseInt(m.group(1));
    }

    private static int answer(int port) throws IOException {
        try (Socket client = new Socket(LOOPBACK, port)) {
            client.setSoTimeout(PATIENCE_MILLIS);
            return client.getInputStream().read();
        }
    }

    @Test
    void servesUntilItIsEndedAndLetsOpenConnectionsGoOn() throws Exception {
        try (Numbered server = new Numbered(7);
                RunningCommand proxy = new RunningCommand(
                        "proxy",
                        "--listen",
                        "127.0.0.1:0",
                        "--servers",
                        "127.0.0.1:" + server.port(),
                        "--policy",
                        "marllb",
                        "--slots",
                        "2",
                        "--metrics",
                        "127.0.0.1:0")) {
            String greeting = proxy.await("listening");
            assertThat(greeting).contains("marllb decides").contains("/metrics");
            HttpResponse<String> metrics = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(greeting.replaceFirst(".*(http://\\S+)", "$1")))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(metrics.body()).contains("lb_total_requests").contains("lb_server_weight");
            try (Socket open = new Socket(LOOPBACK, port(greeting))) {
                open.setSoTimeout(PATIENCE_MILLIS);
                assertThat(open.getInputStream().read()).isEqualTo(7);

                proxy.signal("TERM");
                proxy.await("1 connections may go on for 10s");
                open.shutdownOutput();
                assertThat(open.getInputStream().read()).isEqualTo(-1);
            }
            proxy.await("proxy: ended");
            assertThat(proxy.exitCode()).isEqualTo(143);
        }
    }

    @Test
    void readsItsFileAgainOnHangup() throws Exception {
        assumeTrue(
                RunningCommand.hearsHangUps(),
                "SIGHUP is ignored in this process and so in its children, as nohup has it");
        Path file = folder.resolve("proxy.yaml");
        try (Numbered one = new Numbered(1);
                Numbered two = new Numbered(2)) {
            String first = "servers:\n  - {address: 127.0.0.1:" + one.port() + "}\n";
            Files.writeString(file, "policy: sed\nslow-start: 0s\n" + first);
            try (RunningCommand proxy = new RunningCommand(
                    "proxy", "--listen", "127.0.0.1:0", "--config", file.toString(), "--slots", "2")) {
                int port = port(proxy.await("listening"));
                assertThat(answer(port)).isEqualTo(1);

                Files.writeString(
                        file, "policy: rr\nslow-start: 0s\n" + first + "  - {address: 127.0.0.1:" + two.port() + "}\n");
                proxy.signal("HUP");
                proxy.await("event=configured");
                long from = System.nanoTime();
                while (answer(port) != 2) { // the new server gets its turn
                    assertThat(System.nanoTime() - from).isLessThan(TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS));
                }

                Files.writeString(file, "policy: nonsense\n");
                proxy.signal("HUP");
                assertThat(proxy.await("event=reload-refused")).contains("nonsense");
                assertThat(answer(port)).isIn(1, 2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--listen 127.0.0.1:0                                              | which servers? give --servers",
                "--servers 127.0.0.1:80 --listen nonsense                           | --listen must be an IP address",
                "--servers 127.0.0.1                                                | --servers must be",
                "--servers 127.0.0.1:80=x                                           | the weight of '127.0.0.1:80=x'",
                "--servers 127.0.0.1:80 --policy prequal --listen 127.0.0.1:0       | needs PROBE",
                "--servers 127.0.0.1:80 --loops 0 --listen 127.0.0.1:0              | loops must be in",
                "--servers 127.0.0.1:80 --slots 300                                 | slots must be in [1, 256]",
                "--servers 127.0.0.1:80 --control file                              | --control must be shm:PATH",
                "--servers 127.0.0.1:80 --control shm:/x --policy sed               | the controller outside decides",
                "--servers 127.0.0.1:80 --max-connections 900000000 --listen 127.0.0.1:0 | raise it: ulimit",
                "--servers 127.0.0.1:80 --idle-timeout 0s                           | must be > 0"
            })
    void refusesWhatCannotBeInOneMessage(String args, String message) {
        Cli cli = Cli.run(("proxy " + args).split(" "));

        assertThat(cli.err()).contains(message).doesNotContain("\tat ");
        assertThat(cli.exitCode()).isEqualTo(2);
    }

    @Test
    void learningFromLiveTrafficIsTheControllersOutside() throws IOException {
        Path file = folder.resolve("proxy.yaml");
        Files.writeString(file, "servers: [{address: 127.0.0.1:80}]\nonline-training: {folder: x}\n");

        Cli cli = Cli.run("proxy", "--config", file.toString(), "--listen", "127.0.0.1:0");

        assertThat(cli.err()).contains("online-training is for marllb controller");
        assertThat(cli.exitCode()).isEqualTo(2);
    }

    @Test
    void refusesAPortThatIsInUse() throws Exception {
        try (Numbered server = new Numbered(1)) {
            Cli cli = Cli.run("proxy", "--servers", "127.0.0.1:1", "--listen", "127.0.0.1:" + server.port());

            assertThat(cli.err())
                    .contains("cannot listen on 127.0.0.1:" + server.port() + ": another program uses that port");
            assertThat(cli.exitCode()).isEqualTo(2);
        }
    }
}
