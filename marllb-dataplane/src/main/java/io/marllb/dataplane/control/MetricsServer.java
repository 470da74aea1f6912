package io.marllb.dataplane.control;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;

/**
 * A controller's page for machines: {@code /metrics} for Prometheus, {@code /healthz} (is the loop running) and {@code /readyz} (does it steer). Reads only
 * what the controller has put out; whatever happens here does not reach the loop. Thread-safe.
 */
public final class MetricsServer implements AutoCloseable {

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final int THREADS = 2;

    private final Controller controller;
    private final LongSupplier clock;
    private final HttpServer server;
    private final ExecutorService threads;
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    /**
     * Starts to answer.
     *
     * @param controller whose page it is
     * @param address where; port 0 for any
     * @throws IllegalArgumentException if it cannot listen there, with the fix
     */
    public MetricsServer(Controller controller, InetSocketAddress address) {
        this(controller, address, System::nanoTime);
    }

    MetricsServer(Controller controller, InetSocketAddress address, LongSupplier clock) {
        this.controller = controller;
        this.clock = clock;
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "metrics cannot be served at " + address.getAddress().getHostAddress() + ":" + address.getPort()
                            + ": " + e.getMessage() + "; choose another port, or 'off'",
                    e);
        }
        threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread t = new Thread(task, "marllb-metrics");
            t.setDaemon(true);
            return t;
        });
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /**
     * Where it listens.
     *
     * @return address and port
     */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                send(
                        exchange,
                        METHOD_NOT_ALLOWED,
                        "text/plain",
                        "only GET is answered here\n".getBytes(StandardCharsets.UTF_8));
                return;
            }
            ControllerStatus status = controller.status();
            switch (exchange.getRequestURI().getPath()) {
                case "/metrics" -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    writer.write(out, controller.metrics().snapshot(status, clock.getAsLong()));
                    send(exchange, OK, PrometheusTextFormatWriter.CONTENT_TYPE, out.toByteArray());
                }
                case "/healthz" -> {
                    boolean alive = status.alive(clock.getAsLong());
                    text(exchange, alive ? OK : UNAVAILABLE, alive ? "ok" : "the control loop does not run");
                }
                case "/readyz" -> {
                    boolean ready = status.alive(clock.getAsLong()) && status.ready();
                    text(exchange, ready ? OK : UNAVAILABLE, ready ? "ok" : why(status));
                }
                default -> text(exchange, NOT_FOUND, "here are /metrics, /healthz and /readyz");
            }
        }
    }

    private static String why(ControllerStatus s) {
        return "not ready: stage " + s.stage() + ", " + s.missedIntervals() + " intervals missed"
                + (s.trouble().isEmpty() ? "" : ": " + s.trouble());
    }

    private static void text(HttpExchange exchange, int status, String line) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
