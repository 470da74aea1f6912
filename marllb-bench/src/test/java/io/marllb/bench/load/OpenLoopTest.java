package io.marllb.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.marllb.core.rng.Streams;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.FlowSource;
import io.marllb.env.traffic.FlowSources;
import io.marllb.env.traffic.RateChanges;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class OpenLoopTest {

    private static final double MILLISECOND = 1e6;
    private static final String RESET = "reset";

    @Test
    void everyRequestThatWasDueIsAnsweredAndSizedByItsWork() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService executor = Executors.newSingleThreadExecutor();
        server.setExecutor(executor);
        server.createContext("/", exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int bytes = Integer.parseInt(range.substring("bytes=0-".length())) + 1;
            exchange.sendResponseHeaders(206, bytes);
            exchange.getResponseBody().write(new byte[bytes]);
            exchange.close();
        });
        server.start();
        try {
            LoadResult result = play(
                    server.getAddress().getPort(),
                    LoadOptions.of(Duration.ofSeconds(60)).withMostFlows(200).withBytesPerSecond(1e6));

            assertThat(result.flows()).hasSize(200).allSatisfy(f -> {
                assertThat(f.outcome()).isEqualTo(Outcome.OK);
                assertThat(f.bytes()).isEqualTo(2000);
                assertThat(f.fctNanos()).isGreaterThanOrEqualTo(f.lateNanos());
            });
            assertThat(result.failed()).isZero();
            assertThat(result.bytesReceived()).isGreaterThan(200 * 2000);
            assertThat(result.fct().getTotalCount()).isEqualTo(200);
        } finally {
            server.stop(0);
            executor.shutdownNow();
        }
    }

    @Test
    void aServerThatAnswersNobodyUntilAllHaveAskedIsAskedByAllAndEachIsTimedFromWhenItWasDue() throws Exception {
        int requests = 30;
        try (ServerSocket server = new ServerSocket(0, requests, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> answerWhenAllHaveAsked(server, requests));
            thread.start();

            LoadResult result = play(
                    server.getLocalPort(),
                    LoadOptions.of(Duration.ofSeconds(60)).withMostFlows(requests));
            thread.join();

            assertThat(result.count(Outcome.OK)).isEqualTo(requests);
            long lastDue = result.flows().stream()
                    .mapToLong(LoadResult.Flow::dueNanos)
                    .max()
                    .orElseThrow();
            assertThat(result.flows())
                    .allSatisfy(f -> assertThat(f.dueNanos() + f.fctNanos()).isGreaterThanOrEqualTo(lastDue));
        }
    }

    private static void answerWhenAllHaveAsked(ServerSocket server, int requests) {
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < requests; i++) {
                Socket s = server.accept();
                open.add(s);
                readHead(s);
            }
            for (Socket s : open) {
                s.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                s.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aServerThatAnswersNobodyDoesNotKeepRequestsFromBeingSent() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            LoadResult result = play(
                    silent.getLocalPort(),
                    LoadOptions.of(Duration.ofSeconds(60)).withMostFlows(50).withLimits(Duration.ofMillis(400), 30));

            assertThat(result.flows()).hasSize(50);
            assertThat(result.count(Outcome.TIMEOUT) + result.count(Outcome.NOT_SENT))
                    .isEqualTo(50);
            assertThat(result.count(Outcome.NOT_SENT))
                    .isPositive(); // at 1,000 per second, 30 are open long before one is given up
        }
    }

    @Test
    void aPortWhereNobodyListensIsSaidToBeThat() throws Exception {
        try (Socket bound = new Socket()) { // holds the port, and does not listen
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

            LoadResult result = play(
                    bound.getLocalPort(), LoadOptions.of(Duration.ofSeconds(60)).withMostFlows(5));

            assertThat(result.count(Outcome.NOT_CONNECTED)).isEqualTo(5);
        }
    }

    @Test
    void tornAnswersBadStatusesAndResetsAreToldApart() throws Exception {
        assertThat(against("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")).isEqualTo(Outcome.TORN);
        assertThat(against("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")).isEqualTo(Outcome.OK);
        assertThat(against("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc")).isEqualTo(Outcome.TORN);
        assertThat(against("HTTP/1.1 200 OK\r\n\r\nabc")).isEqualTo(Outcome.OK);
        assertThat(against("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
                .isEqualTo(Outcome.OK);
        assertThat(against("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")).isEqualTo(Outcome.BAD_STATUS);
        assertThat(against("SSH-2.0-x\r\n\r\n")).isEqualTo(Outcome.TORN);
        assertThat(against("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")).isEqualTo(Outcome.TORN);
        assertThat(against("")).isEqualTo(Outcome.TORN);
        assertThat(against(RESET)).isEqualTo(Outcome.RESET);
    }

    @Test
    void anAnswerInChunksIsWholeWithItsLastOne() throws Exception {
        String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

        assertThat(against(head + "3\r\nabc\r\n0\r\n\r\n")).isEqualTo(Outcome.OK);
        assertThat(against(head + "3\r\nabc\r\n")).isEqualTo(Outcome.TORN);
        assertThat(against(head + "0\r\n\r\n")).isEqualTo(Outcome.OK);
    }

    @Test
    void anAnswerOfAnotherLengthThanWasAskedForIsToldApart() throws Exception {
        LoadOptions three = LoadOptions.of(Duration.ofSeconds(60)).withBytesPerSecond(1500); // for 2 ms of work

        assertThat(against("HTTP/1.1 206 Partial\r\nContent-Length: 3\r\n\r\nabc", three))
                .isEqualTo(Outcome.OK);
        assertThat(against("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", three))
                .isEqualTo(Outcome.OTHER_LENGTH);
    }

    @Test
    void badUrlsSayWhatIsWanted() {
        assertThatThrownBy(() -> Target.parse("https://127.0.0.1/"))
                .hasMessageContaining("must be a plain http URL")
                .hasMessageContaining("http://127.0.0.1:8080/");
        assertThatThrownBy(() -> Target.parse("http://127.0.0.1:99999/")).hasMessageContaining("1..65535");
        assertThat(Target.parse("http://127.0.0.1:81/a?b=c").path()).isEqualTo("/a?b=c");
        assertThat(Target.parse("http://[::1]:81").host()).isEqualTo("[::1]:81");
    }

    private static LoadResult play(int port, LoadOptions options) throws IOException {
        FlowSource flows = FlowSources.of(
                new Arrivals.Poisson(1000),
                List.of(new FlowClass("one", 1, new Distribution.Deterministic(2 * MILLISECOND), Optional.empty())),
                RateChanges.NONE,
                Streams.of(1));
        return OpenLoop.run(flows, Target.parse("http://127.0.0.1:" + port + "/"), options, System::nanoTime);
    }

    /** What one request comes to whose answer is these bytes and then the end. */
    private static Outcome against(String answer) throws Exception {
        return against(answer, LoadOptions.of(Duration.ofSeconds(60)));
    }

    private static Outcome against(String answer, LoadOptions options) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> {
                try (Socket s = server.accept()) {
                    readHead(s);
                    if (answer.equals(RESET)) {
                        s.setSoLinger(true, 0);
                    } else {
                        s.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            thread.start();
            LoadResult result = play(server.getLocalPort(), options.withMostFlows(1));
            thread.join();
            return result.flows().get(0).outcome();
        }
    }

    private static void readHead(Socket s) throws IOException {
        InputStream in = s.getInputStream();
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the client has gone");
            }
            head.append((char) next);
        }
    }
}
