package io.marllb.dataplane.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.Controller;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.ControllerStatus;
import io.marllb.dataplane.control.ControllerStatus.ServerStatus;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The driver against HAProxy itself, with three servers behind it of which the last is slow. */
class RealHaproxyTest {

    private static final long PATIENCE_SECONDS = 60;
    private static final int CLIENTS = 6;
    private static final int SLOW_MILLIS = 40;

    private final List<HttpServer> servers = new ArrayList<>();
    private final AtomicInteger[] served = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Path folder;
    private Process haproxy;
    private int front;

    @BeforeEach
    void start() throws Exception {
        Optional<Path> program = List.of(Path.of("/usr/sbin/haproxy"), Path.of("/usr/local/sbin/haproxy")).stream()
                .filter(Files::isExecutable)
                .findFirst();
        Assumptions.assumeTrue(program.isPresent(), "haproxy is not installed (Debian package haproxy)");
        folder = Files.createTempDirectory("ha");
        StringBuilder backend = new StringBuilder();
        for (int j = 0; j < 3; j++) {
            int server = j;
            HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.setExecutor(threads);
            http.createContext("/", exchange -> {
                served[server].incrementAndGet();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(server == 2 ? SLOW_MILLIS : 4));
                exchange.sendResponseHeaders(200, 2);
                exchange.getResponseBody().write("ok".getBytes(StandardCharsets.US_ASCII));
                exchange.close();
            });
            http.start();
            servers.add(http);
            backend.append("    server s%d 127.0.0.1:%d check inter 500ms\n"
                    .formatted(j, http.getAddress().getPort()));
        }
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            front = free.getLocalPort();
        }
        Path config = folder.resolve("c");
        Files.writeString(config, """
                global
                    stats socket %s mode 600 level admin
                    nbthread 1
                defaults
                    mode tcp
                    timeout connect 1s
                    timeout client 10s
                    timeout server 10s
                frontend front
                    bind 127.0.0.1:%d
                    default_backend web
                backend web
                    balance leastconn
                %s""".formatted(socket(), front, backend));
        haproxy = new ProcessBuilder(program.get().toString(), "-db", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        await("haproxy", () -> Files.exists(socket()) && connects());
    }

    private Path socket() {
        return folder.resolve("s");
    }

    private boolean connects() {
        try (Socket s = new Socket(InetAddress.getLoopbackAddress(), front)) {
            return s.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(until);
            LockSupport.parkNanos(10_000_000);
        }
    }

    @AfterEach
    void stop() throws Exception {
        threads.shutdownNow();
        servers.forEach(s -> s.stop(0));
        if (haproxy != null) {
            haproxy.destroy();
            haproxy.waitFor();
            for (String file : List.of("s", "c", "log")) {
                Files.deleteIfExists(folder.resolve(file));
            }
            Files.delete(folder);
        }
    }

    /** A request on a connection of its own. */
    private boolean request() {
        try (Socket s = new Socket(InetAddress.getLoopbackAddress(), front)) {
            s.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            s.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).startsWith("HTTP/1.1 200");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aSlowServerGetsLessAndADrainedOneNothing() throws Exception {
        AtomicInteger failed = new AtomicInteger();
        CountDownLatch enough = new CountDownLatch(1);
        for (int i = 0; i < CLIENTS; i++) {
            threads.execute(() -> {
                while (enough.getCount() > 0) {
                    if (!request()) {
                        failed.incrementAndGet();
                    }
                }
            });
        }
        HaproxyDataPlane plane = HaproxyDataPlane.connect(
                socket(),
                "web",
                TimeUnit.MILLISECONDS.toNanos(100),
                System::nanoTime,
                TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
        try (Controller controller = new Controller(
                plane, PolicyRegistry.parse("sed+rate"), ControllerConfig.DEFAULTS.withSlowStart(Duration.ZERO))) {
            threads.execute(controller::run);

            await("the slow server's weight", () -> {
                List<ServerStatus> s = controller.status().servers();
                return s.size() == 3
                        && s.get(2).completed() > 20
                        && s.get(2).weight() < 0.5 * s.get(0).weight();
            });
            // To be late on a busy machine is no mistake; these would be.
            assertThat(controller.status().incidents())
                    .doesNotContainKeys("round-failed", "policy-failed", "decision-invalid", "record-refused");

            controller.reconfigure(
                    PolicyRegistry.parse("sed+rate"),
                    ControllerConfig.DEFAULTS.withServers(plane.place(
                            List.of(new ServerEntry("s0", 0, Optional.empty(), Optional.empty(), 1, true)))));
            await("the drain", () -> controller.status().servers().get(0).state() == ServerState.DRAINING);
            long drainedBy = controller.status().published();
            await("a look after it that finds no request there", () -> {
                ControllerStatus s = controller.status();
                return s.published() > drainedBy + 1 && s.servers().get(0).inFlight() == 0;
            });
            int before = served[0].get();
            int others = served[1].get();
            await("more requests elsewhere", () -> served[1].get() > others + 50);
            assertThat(served[0].get()).isEqualTo(before);

            enough.countDown();
            assertThat(failed.get()).isZero();
        }
    }
}
