package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class MetricsServerTest {

    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private static HttpResponse<String> get(MetricsServer server, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://127.0.0.1:" + server.address().getPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static ControlRoom busyRoom() {
        ControlRoom room =
                new ControlRoom("sed", ControllerConfig.DEFAULTS.withServers(ControlRoom.servers(3)), 1, 1, 1);
        for (int i = 0; i < 8; i++) {
            room.dataPlane.out.inFlight[1] = 2;
            room.dataPlane.out.started[1] += 10;
            room.dataPlane.out.completed[1] += 9;
            room.dataPlane.out.rxPackets += 100;
            room.dataPlane.out.drops[2] += 1;
            room.dataPlane.flowEnded(1, 5_000_000, Outcome.COMPLETED, room.now);
            room.round();
        }
        return room;
    }

    @Test
    void servesTheNamesThatDashboardsKnowAndOurOwn() throws Exception {
        try (ControlRoom room = busyRoom();
                MetricsServer server = new MetricsServer(room.controller, ANY, () -> room.now)) {
            String page = get(server, "/metrics").body();

            assertThat(page.lines())
                    .contains(
                            "# TYPE lb_latency_avg_ms gauge",
                            "# TYPE lb_latency_p95_ms gauge",
                            "# TYPE lb_latency_p99_ms gauge",
                            "# TYPE lb_fairness_jain gauge",
                            "# TYPE lb_fairness_cv gauge",
                            "lb_throughput_rps 36.0",
                            "lb_total_requests 80.0",
                            "# TYPE lb_agent_inference_seconds histogram",
                            "lb_agent_inference_seconds_bucket{le=\"0.001\"} 8",
                            "lb_agent_inference_seconds_bucket{le=\"0.5\"} 8",
                            "lb_agent_inference_seconds_bucket{le=\"+Inf\"} 8",
                            "lb_stage{of=\"controller\"} 0.0",
                            "lb_stage{of=\"dataplane\"} 0.0",
                            "lb_server_in_flight{server=\"10.0.0.2:80\"} 2.0",
                            "lb_server_weight{server=\"10.0.0.3:80\"} 1.0",
                            "lb_server_state{server=\"10.0.0.1:80\",state=\"active\"} 1.0",
                            "lb_dropped_packets_total{reason=\"not_ip\"} 8.0",
                            "lb_received_packets_total 800.0",
                            "lb_control_loop_seconds_count 8",
                            "lb_invalid_decisions_total 0.0")
                    .anyMatch(l -> l.startsWith("lb_latency_avg_ms 5.0"))
                    .anyMatch(l -> l.startsWith("lb_fairness_jain 0.333"));
        }
    }

    /** Of the repository, whatever folder this runs in. */
    private static String document(String name) throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path docs = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
        return Files.readString(docs.resolve("docs").resolve(name), StandardCharsets.UTF_8);
    }

    private static Set<String> names(String text) {
        return Pattern.compile("lb_[a-z0-9_]+")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replaceFirst("_bucket$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void whatIsServedIsWhatTheDocumentListsAndAllThatTheDashboardAsksFor() throws Exception {
        String document = document("controller.md");
        String metrics = document.substring(document.indexOf("## Metrics"), document.indexOf("## Learning"));
        try (ControlRoom room = busyRoom();
                MetricsServer server = new MetricsServer(room.controller, ANY, () -> room.now)) {
            room.controller.reconfigure(ControllerConfig.DEFAULTS.withBalancer(1)); // an incident
            room.round();
            Set<String> served = new TreeSet<>();
            get(server, "/metrics")
                    .body()
                    .lines()
                    .filter(l -> l.startsWith("# TYPE "))
                    .forEach(l -> served.add(l.split(" ", -1)[2]));

            assertThat(names(metrics)).isEqualTo(served);
            assertThat(served).containsAll(names(document("grafana/marllb.json")));
        }
    }

    @Test
    void promtoolMindsOnlyTheUnitInThreeNamesThatAreGiven() throws Exception {
        Path promtool = List.of(Path.of("/usr/bin/promtool"), Path.of("/usr/local/bin/promtool")).stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(promtool != null, "promtool is not installed (Debian package prometheus)");
        try (ControlRoom room = busyRoom();
                MetricsServer server = new MetricsServer(room.controller, ANY, () -> room.now)) {
            Process check = new ProcessBuilder(promtool.toString(), "check", "metrics")
                    .redirectErrorStream(true)
                    .start();
            check.getOutputStream().write(get(server, "/metrics").body().getBytes(StandardCharsets.UTF_8));
            check.getOutputStream().close();
            String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said.strip().lines())
                    .containsExactly(
                            "lb_latency_avg_ms metric names should not contain abbreviated units",
                            "lb_latency_p95_ms metric names should not contain abbreviated units",
                            "lb_latency_p99_ms metric names should not contain abbreviated units");
        }
    }

    @Test
    void healthIsTheLoopAndReadinessIsSteering() throws Exception {
        try (ControlRoom room = new ControlRoom("sed", ControllerConfig.DEFAULTS, 1, 1);
                MetricsServer server = new MetricsServer(room.controller, ANY, () -> room.now)) {
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);

            room.rounds(2);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);

            room.now += 5_000_000_000L;
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(503);
            room.controller.tick(room.now);
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            HttpResponse<String> ready = get(server, "/readyz");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("gives no sign");
        }
    }

    @Test
    void knowsNothingElse() throws Exception {
        try (ControlRoom room = new ControlRoom("sed", ControllerConfig.DEFAULTS, 1, 1);
                MetricsServer server = new MetricsServer(room.controller, ANY, () -> room.now)) {
            assertThat(get(server, "/etc/passwd").statusCode()).isEqualTo(404);
            assertThat(HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                                    + server.address().getPort() + "/metrics"))
                                            .POST(HttpRequest.BodyPublishers.ofString("x"))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(405);
        }
    }

    @Test
    void saysWhatToDoWhenThePortIsTaken() throws IOException {
        try (ControlRoom room = new ControlRoom("sed", ControllerConfig.DEFAULTS, 1, 1);
                MetricsServer first = new MetricsServer(room.controller, ANY, () -> room.now)) {
            InetSocketAddress taken = first.address();

            assertThatThrownBy(() -> new MetricsServer(room.controller, taken, () -> room.now))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("metrics cannot be served at 127.0.0.1:" + taken.getPort()
                            + ": Address already in use; choose another port, or 'off'");
        }
    }
}
