package io.marllb.dataplane.control;

import io.marllb.dataplane.control.ControllerStatus.ServerStatus;
import io.marllb.ipc.Drop;
import io.marllb.ipc.ServerState;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What Prometheus sees of a controller: everything of a {@link ControllerStatus}, made when it is asked for, and two histograms. Histograms are recorded by the
 * controller's thread; {@link #snapshot} may be called by any.
 */
final class ControllerMetrics {

    /** The published program's buckets, and finer ones below, where a frozen agent decides. */
    private static final double[] INFERENCE_SECONDS = {
        1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, .001, .002, .005, .01, .05, .1, .5
    };

    private static final double[] ROUND_SECONDS = {
        1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, .001, .002, .005, .01, .05, .1, .5, 1
    };

    private final Histogram inference = Histogram.builder()
            .name("lb_agent_inference_seconds")
            .help("Time the policy took to decide, waiting for it included.")
            .classicOnly()
            .classicUpperBounds(INFERENCE_SECONDS)
            .build();

    private final Histogram rounds = Histogram.builder()
            .name("lb_control_loop_seconds")
            .help("Time of a round with a decision: observe, decide, publish.")
            .classicOnly()
            .classicUpperBounds(ROUND_SECONDS)
            .build();

    void inference(long nanos) {
        inference.observe(nanos * 1e-9);
    }

    void round(long nanos) {
        rounds.observe(nanos * 1e-9);
    }

    /** All metrics, as of the status. */
    MetricSnapshots snapshot(ControllerStatus s, long nowNanos) {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        latency(all, s, 0, "lb_latency_avg_ms", "Mean");
        latency(all, s, 1, "lb_latency_p95_ms", "95th percentile");
        latency(all, s, 2, "lb_latency_p99_ms", "99th percentile");
        all.metricSnapshot(
                        gauge("lb_fairness_jain", "Jain's index of flows in flight over configured weight.", s.jain()))
                .metricSnapshot(gauge(
                        "lb_fairness_cv",
                        "Coefficient of variation of flows in flight over configured weight.",
                        s.cv()));
        if (!Double.isNaN(s.completedPerSecond())) {
            all.metricSnapshot(gauge(
                    "lb_throughput_rps", "Flows completed per second over the last interval.", s.completedPerSecond()));
        }
        // A counter's name would have to end in _total, and this is the name that dashboards know.
        all.metricSnapshot(UnknownSnapshot.builder()
                        .name("lb_total_requests")
                        .help("Flows placed on servers so far; never falls while the controller runs.")
                        .dataPoint(UnknownDataPointSnapshot.builder()
                                .value(s.startedFlows())
                                .build())
                        .build())
                .metricSnapshot(inference.collect())
                .metricSnapshot(rounds.collect());
        controller(all, s, nowNanos);
        dataPlane(all, s);
        servers(all, s);
        return all.build();
    }

    private static void latency(MetricSnapshots.Builder all, ControllerStatus s, int i, String name, String what) {
        if (!Double.isNaN(s.latencyMillis().get(i))) {
            all.metricSnapshot(gauge(
                    name,
                    what
                            + " of flow completion times of the last minute in milliseconds, as sampled by the data plane.",
                    s.latencyMillis().get(i)));
        }
    }

    private static void controller(MetricSnapshots.Builder all, ControllerStatus s, long nowNanos) {
        GaugeSnapshot.Builder stage = GaugeSnapshot.builder()
                .name("lb_stage")
                .help("Fall-back stage: 0 the policy's weights, 1 the last good ones, 2 sed on configured weights.")
                .dataPoint(point(Labels.of("of", "controller"), s.stage()))
                .dataPoint(point(Labels.of("of", "dataplane"), s.dataPlaneStage()));
        CounterSnapshot.Builder incidents =
                CounterSnapshot.builder().name("lb_incidents").help("What went wrong so far, by cause.");
        s.incidents().forEach((cause, n) -> incidents.dataPoint(count(Labels.of("cause", cause), n)));
        all.metricSnapshot(stage.build())
                .metricSnapshot(incidents.build())
                .metricSnapshot(gauge("lb_ready", "1 if the controller steers a data plane.", s.ready() ? 1 : 0))
                .metricSnapshot(
                        gauge("lb_missed_intervals", "Intervals in a row without a decision.", s.missedIntervals()))
                .metricSnapshot(gauge(
                        "lb_panic", "1 if health is ignored since too few servers are healthy.", s.panic() ? 1 : 0))
                .metricSnapshot(gauge(
                        "lb_last_round_age_seconds",
                        "Time since the last round began.",
                        Math.max(0, nowNanos - s.atNanos()) * 1e-9))
                .metricSnapshot(counter("lb_published_records", "Weights published.", s.published()))
                .metricSnapshot(counter(
                        "lb_invalid_decisions",
                        "Decisions that were not valid and became equal weights.",
                        s.invalidDecisions()))
                .metricSnapshot(counter(
                        "lb_bounded_decisions",
                        "Decisions that would have changed weights faster than allowed.",
                        s.boundedDecisions()))
                .metricSnapshot(counter("lb_health_checks", "Active health checks made.", s.checks()))
                .metricSnapshot(
                        counter("lb_health_check_failures", "Active health checks that failed.", s.failedChecks()))
                .metricSnapshot(
                        counter("lb_ejections", "Servers ejected for a while since their flows failed.", s.ejections()))
                .metricSnapshot(counter(
                        "lb_candidates_tried",
                        "Candidates of online training that had or have a trial.",
                        s.candidatesTried()))
                .metricSnapshot(counter(
                        "lb_candidates_served", "Candidates of online training that won.", s.candidatesServed()))
                .metricSnapshot(GaugeSnapshot.builder()
                        .name("lb_policy_info")
                        .help("The policy in service, as a label.")
                        .dataPoint(point(Labels.of("policy", s.policy()), 1))
                        .build());
    }

    private static void dataPlane(MetricSnapshots.Builder all, ControllerStatus s) {
        CounterSnapshot.Builder drops = CounterSnapshot.builder()
                .name("lb_dropped_packets")
                .help("Packets dropped by the data plane, by reason.");
        for (Drop drop : Drop.values()) {
            if (drop.ordinal() < s.drops().size()) {
                drops.dataPoint(count(
                        Labels.of("reason", drop.name().toLowerCase(Locale.ROOT)),
                        s.drops().get(drop.ordinal())));
            }
        }
        all.metricSnapshot(drops.build())
                .metricSnapshot(gauge("lb_dataplane_up", "1 if a data plane is there.", s.attached() ? 1 : 0))
                .metricSnapshot(gauge("lb_flows", "Open flows in the data plane's tables.", s.flows()))
                .metricSnapshot(counter("lb_received_packets", "Packets received by the data plane.", s.rxPackets()))
                .metricSnapshot(counter("lb_sent_packets", "Packets sent by the data plane.", s.txPackets()))
                .metricSnapshot(counter("lb_repicked_flows", "Flows moved away from dead servers.", s.repicked()))
                .metricSnapshot(counter(
                        "lb_refused_records",
                        "Records and events of the data plane that were not valid.",
                        s.refusedRecords()))
                .metricSnapshot(counter(
                        "lb_dataplane_replacements",
                        "How often another data plane took the place of one.",
                        s.replaced()));
    }

    private static void servers(MetricSnapshots.Builder all, ControllerStatus s) {
        gauges(
                all,
                s,
                "lb_server_weight",
                "Weight in force: the policy's times the ramp of a slow start.",
                ServerStatus::weight);
        gauges(all, s, "lb_server_in_flight", "Open flows.", ServerStatus::inFlight);
        gauges(all, s, "lb_server_active", "1 if new flows go there.", v -> v.active() ? 1 : 0);
        counters(all, s, "lb_server_started_flows", "Flows opened.", ServerStatus::started);
        counters(all, s, "lb_server_completed_flows", "Flows that ended well.", ServerStatus::completed);
        counters(all, s, "lb_server_rejected_flows", "Flows refused by the server.", ServerStatus::rejected);
        counters(all, s, "lb_server_aborted_flows", "Flows reset or lost.", ServerStatus::aborted);
        GaugeSnapshot.Builder states =
                GaugeSnapshot.builder().name("lb_server_state").help("1 for the state that the server has.");
        for (ServerStatus v : s.servers()) {
            for (ServerState state : ServerState.values()) {
                if (state != ServerState.ABSENT) {
                    states.dataPoint(point(
                            Labels.of("server", v.name(), "state", state.name().toLowerCase(Locale.ROOT)),
                            v.state() == state ? 1 : 0));
                }
            }
        }
        all.metricSnapshot(states.build());
    }

    private static void gauges(
            MetricSnapshots.Builder all,
            ControllerStatus s,
            String name,
            String help,
            ToDoubleFunction<ServerStatus> value) {
        GaugeSnapshot.Builder b = GaugeSnapshot.builder().name(name).help(help);
        s.servers().forEach(v -> b.dataPoint(point(Labels.of("server", v.name()), value.applyAsDouble(v))));
        all.metricSnapshot(b.build());
    }

    private static void counters(
            MetricSnapshots.Builder all,
            ControllerStatus s,
            String name,
            String help,
            ToDoubleFunction<ServerStatus> value) {
        CounterSnapshot.Builder b = CounterSnapshot.builder().name(name).help(help);
        s.servers().forEach(v -> b.dataPoint(count(Labels.of("server", v.name()), value.applyAsDouble(v))));
        all.metricSnapshot(b.build());
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(point(Labels.EMPTY, value))
                .build();
    }

    private static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(count(Labels.EMPTY, value))
                .build();
    }

    private static GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    private static CounterDataPointSnapshot count(Labels labels, double value) {
        return CounterDataPointSnapshot.builder()
                .labels(labels)
                .value(Math.max(0, value))
                .build();
    }
}
