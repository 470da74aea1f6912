package io.marllb.bench.replay;

import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.Scenarios;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.trace.TraceInfo;
import io.marllb.env.trace.TraceReader;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.FlowSources;
import io.marllb.env.traffic.OfferedLoad;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A scenario whose arrivals, and sizes where they are recorded, come from a trace. The trace is read once in full beforehand: its flows are counted,
 * and its load is measured.
 *
 * @param scenario what to run
 * @param notes what was done and what a reader must know, one sentence each
 */
public record TraceReplay(Scenario scenario, List<String> notes) {

    /** The cluster of a trace that comes without one. */
    public static final String DEFAULT_CLUSTER = "quickstart";

    /** Its utilisation: busy enough for policies to differ, with room for bursts. */
    public static final double DEFAULT_UTILISATION = 0.8;

    private static final double IDLE = 0.01;

    /** Copies the list. */
    public TraceReplay {
        notes = List.copyOf(notes);
    }

    /**
     * A trace on a given cluster, as fast as it is. Of the scenario remain the servers, balancers, network, events and control, the classes where
     * the trace has no sizes, and of its run the warm-up and the seed.
     *
     * @param trace the trace
     * @param cluster what it runs on
     * @param limit most flows to replay; empty for the whole trace
     * @return the scenario to run
     * @throws io.marllb.env.trace.TraceFormatException if the trace is malformed
     * @throws IllegalArgumentException if it has no two flows at different times, or its classes are unknown to the scenario
     */
    public static TraceReplay on(Scenario cluster, Arrivals.Trace trace, OptionalLong limit) {
        return replay(cluster, trace, limit, false);
    }

    /**
     * A trace on the default cluster, with its servers' speed chosen so that the utilisation is {@value #DEFAULT_UTILISATION}.
     *
     * @param trace the trace
     * @param limit most flows to replay; empty for the whole trace
     * @return the scenario to run; the first note says what was scaled
     * @throws io.marllb.env.trace.TraceFormatException if the trace is malformed
     * @throws IllegalArgumentException if it has no two flows at different times, or its classes are unknown to the scenario
     */
    public static TraceReplay onDefaultCluster(Arrivals.Trace trace, OptionalLong limit) {
        return replay(Scenarios.named(DEFAULT_CLUSTER), trace, limit, true);
    }

    /**
     * A scenario as it is. If it names a trace with fewer flows than its run asks for, the run is as long as the trace, so that the warm-up is a
     * share of the flows that there are.
     *
     * @param scenario what to run
     * @return the scenario to run
     * @throws io.marllb.env.trace.TraceFormatException if the trace is malformed
     */
    public static TraceReplay of(Scenario scenario) {
        if (!(scenario.traffic().arrivals() instanceof Arrivals.Trace trace)
                || scenario.run().flows().isEmpty()) {
            return new TraceReplay(scenario, List.of());
        }
        long asked = scenario.run().flows().getAsLong();
        long flows = 0;
        try (TraceReader reader = TraceReader.open(trace.file(), trace.format(), trace.options())) {
            while (flows < asked && reader.next()) {
                flows++;
            }
        }
        if (flows == asked) {
            return new TraceReplay(scenario, List.of());
        }
        Scenario shorter = new Scenario(
                scenario.name(),
                scenario.balancers(),
                scenario.servers(),
                scenario.weightsKnown(),
                scenario.traffic(),
                scenario.network(),
                scenario.events(),
                scenario.control(),
                new Scenario.Run(
                        OptionalLong.of(flows),
                        OptionalLong.empty(),
                        scenario.run().warmup(),
                        scenario.run().seed()));
        return new TraceReplay(
                shorter,
                List.of(String.format(
                        Locale.ROOT,
                        "%s has %,d flows, fewer than the %,d of the scenario's run; all of them are replayed.",
                        fileName(trace.file()),
                        flows,
                        asked)));
    }

    static TraceReplay replay(Scenario cluster, Arrivals.Trace trace, OptionalLong limit, boolean scaleSpeed) {
        Scan scan = Scan.of(trace, cluster.traffic().classes());
        double capacity = capacity(cluster.servers());
        double utilisation = scan.load.cores() / capacity;
        double factor = scaleSpeed ? utilisation / DEFAULT_UTILISATION : 1;
        long flows = Math.min(scan.flows, limit.orElse(Long.MAX_VALUE));
        List<String> notes = new ArrayList<>();
        String file = fileName(trace.file());
        notes.add(String.format(
                        Locale.ROOT,
                        "%s %s come from %s: %,d flows, %.4g per second, with a mean work of %s%s.",
                        scan.info.sized() ? "Arrivals and sizes" : "Arrivals",
                        flows < scan.flows ? String.format(Locale.ROOT, "(the first %,d)", flows) : "",
                        file,
                        scan.flows,
                        scan.load.rate(),
                        duration(scan.load.meanCpuNanos()),
                        scan.info.sized() ? "" : " by the classes of " + cluster.name())
                .replace("  ", " "));
        if (scaleSpeed) {
            notes.add(String.format(
                    Locale.ROOT,
                    "No scenario was given: this is the %s cluster with the speed of its servers multiplied by %.4g, so that its utilisation is %.2g.",
                    cluster.name(),
                    factor,
                    DEFAULT_UTILISATION));
        } else {
            notes.add(loaded(utilisation));
        }
        notes.add(
                scan.info.sized()
                        ? "Arrivals and sizes are the same under every seed; seeds differ in the balancer that a flow meets and in what policies draw."
                        : "Arrivals are the same under every seed; seeds differ in sizes, in the balancer that a flow meets and in what policies draw.");
        notes.addAll(scan.info.notes());
        Scenario scenario = new Scenario(
                file + " on " + cluster.name(),
                cluster.balancers(),
                cluster.servers().stream().map(s -> faster(s, factor)).toList(),
                cluster.weightsKnown(),
                new Scenario.Traffic(
                        trace,
                        scan.info.sized() ? List.of() : cluster.traffic().classes(),
                        cluster.traffic().acks()),
                cluster.network(),
                cluster.events().stream().map(e -> faster(e, factor)).toList(),
                cluster.control(),
                new Scenario.Run(
                        OptionalLong.of(flows),
                        OptionalLong.empty(),
                        cluster.run().warmup(),
                        cluster.run().seed()));
        return new TraceReplay(scenario, notes);
    }

    /**
     * What the pass before the run finds.
     *
     * @param info what is known from the head of the file
     * @param flows number of rows
     * @param load rate and work
     */
    private record Scan(TraceInfo info, long flows, OfferedLoad load) {

        static Scan of(Arrivals.Trace trace, List<FlowClass> classes) {
            try (TraceReader reader = TraceReader.open(trace.file(), trace.format(), trace.options())) {
                long flows = 0;
                double work = 0;
                while (reader.next()) {
                    flows++;
                    work += reader.info().sized() ? reader.cpuNanos() : 0;
                }
                if (!reader.info().sized()) {
                    return new Scan(reader.info(), flows, FlowSources.offered(trace, classes));
                }
                if (flows < 2 || reader.at() == 0) {
                    throw new IllegalArgumentException(
                            trace.file() + " has " + (flows == 1 ? "1 flow" : flows + " flows")
                                    + ", all at one moment; a replay needs at least two moments");
                }
                double rate = flows / (reader.at() * 1e-9) * trace.scale();
                return new Scan(reader.info(), flows, new OfferedLoad(rate, work / flows));
            }
        }
    }

    /** The work per time that the cluster can do at most. */
    private static double capacity(List<ServerSpec> servers) {
        double sum = 0;
        for (ServerSpec s : servers) {
            sum += s.capacity() * (s.discipline() == Discipline.PS ? 1 + s.smtGain() : 1);
        }
        return sum;
    }

    private static String loaded(double utilisation) {
        String number = String.format(Locale.ROOT, utilisation < 0.1 ? "%.2g" : "%.2f", utilisation);
        if (utilisation >= 1) {
            return "The trace asks for " + number
                    + " times what the cluster can do: queues grow without end, and what is measured depends on the length of the run.";
        }
        return utilisation < IDLE
                ? "The cluster is almost idle (utilisation " + number
                        + "): policies can hardly differ; scale the trace's load."
                : "The mean utilisation is " + number + ".";
    }

    private static ServerSpec faster(ServerSpec s, double factor) {
        return factor == 1
                ? s
                : new ServerSpec(s.cores(), s.speed() * factor, s.smtGain(), s.workers(), s.backlog(), s.discipline());
    }

    private static ScenarioEvent faster(ScenarioEvent event, double factor) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            return new ScenarioEvent.SetSpeed(e.at(), e.servers(), e.speed() * factor);
        } else if (event instanceof ScenarioEvent.Add e) {
            return new ScenarioEvent.Add(e.at(), faster(e.server(), factor));
        }
        return event;
    }

    private static String fileName(Path file) {
        return Optional.ofNullable(file.getFileName()).map(Path::toString).orElse(file.toString());
    }

    private static String duration(double nanos) {
        return nanos >= 1e9
                ? String.format(Locale.ROOT, "%.3g s", nanos / 1e9)
                : nanos >= 1e6
                        ? String.format(Locale.ROOT, "%.3g ms", nanos / 1e6)
                        : String.format(Locale.ROOT, "%.3g µs", nanos / 1e3);
    }
}
