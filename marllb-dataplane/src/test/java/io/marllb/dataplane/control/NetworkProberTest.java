package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.marllb.dataplane.ServerAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class NetworkProberTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final HealthConfig TCP = HealthConfig.DEFAULTS;
    private static final HealthConfig HTTP = new HealthConfig(
            HealthConfig.Kind.HTTP,
            "/up",
            200,
            299,
            Duration.ofSeconds(2),
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            2,
            2,
            true,
            Duration.ofSeconds(30));

    private static String check(int port, HealthConfig how) {
        try (NetworkProber prober = new NetworkProber()) {
            prober.start(7, new ServerAddress(LOOPBACK, port), how);
            List<Prober.Result> results = new ArrayList<>();
            for (int i = 0; i < 10_000 && results.isEmpty(); i++) { // 10 s, five times the longest timeout here
                prober.results(results::add);
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(results).as("a result within 10 s").hasSize(1);
            assertThat(results.get(0).ticket()).isEqualTo(7);
            return results.get(0).failure();
        }
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void aListeningServerIsWellByTcp() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 8, LOOPBACK)) {
            assertThat(check(server.getLocalPort(), TCP)).isEmpty();
        }
    }

    @Test
    void aClosedPortRefuses() throws IOException {
        assertThat(check(unusedPort(), TCP)).isEqualTo("connection refused");
        assertThat(check(unusedPort(), HTTP)).isEqualTo("connection refused");
    }

    @Test
    void httpLooksAtTheStatusOfThePath() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().equals("/up") ? 204 : 500, -1);
            exchange.close();
        });
        server.start();
        try {
            int port = server.getAddress().getPort();
            HealthConfig elsewhere = new HealthConfig(
                    HTTP.kind(),
                    "/down",
                    200,
                    299,
                    HTTP.interval(),
                    HTTP.fastInterval(),
                    HTTP.timeout(),
                    2,
                    2,
                    true,
                    HTTP.ejection());

            assertThat(check(port, HTTP)).isEmpty();
            assertThat(check(port, elsewhere)).isEqualTo("status 500 of GET /down");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aServerThatNeverAnswersIsLate() throws IOException {
        HealthConfig hasty = new HealthConfig(
                HTTP.kind(),
                "/",
                200,
                299,
                HTTP.interval(),
                HTTP.fastInterval(),
                Duration.ofMillis(200),
                2,
                2,
                true,
                HTTP.ejection());
        try (ServerSocket server = new ServerSocket(0, 8, LOOPBACK)) {
            assertThat(check(server.getLocalPort(), hasty)).isEqualTo("no answer within 200 ms");
        }
    }

    @Test
    void whatIsNoHttpIsUnwell() throws Exception {
        for (String answer : List.of("SSH-2.0-x\r\n", "x".repeat(4000), "")) {
            try (ServerSocket server = new ServerSocket(0, 8, LOOPBACK)) {
                Thread t = new Thread(() -> {
                    try (Socket s = server.accept()) {
                        s.getInputStream().read(new byte[512]);
                        s.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                t.start();
                assertThat(check(server.getLocalPort(), HTTP)).isNotEmpty();
                t.join(10_000);
            }
        }
    }
}
