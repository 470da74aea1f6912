package io.marllb.bench.replay;

import io.marllb.core.check.Checks;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.trace.TraceDescription;
import io.marllb.env.trace.TraceReader;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.FlowSources;
import io.marllb.env.traffic.OfferedLoad;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A recorded trace on a described cluster. The trace replaces the cluster's arrivals, and its classes too where it carries the work of its flows.
 *
 * @param scenario what to run
 * @param notes what was done to the cluster and what was assumed of the trace, a sentence each
 */
public record TraceScenario(Scenario scenario, List<String> notes) {

    private static final int MAX_NAME = 100;
    private static final MathContext FACTOR_DIGITS = new MathContext(4, RoundingMode.HALF_UP);

    /** Copies the notes. */
    public TraceScenario {
        notes = List.copyOf(notes);
    }

    /**
     * A trace on a cluster as it is. The run ends where the scenario says, or with the trace if that is earlier.
     *
     * @param cluster servers, balancers, events, the run, and the classes of a trace without sizes
     * @param trace what arrives
     * @return what to run
     * @throws IllegalArgumentException if the trace does not fit the cluster's classes, or is no regular file
     * @throws io.marllb.env.trace.TraceFormatException if the trace is malformed
     */
    public static TraceScenario on(Scenario cluster, Arrivals.Trace trace) {
        return of(cluster, trace, OptionalDouble.empty());
    }

    /**
     * A whole trace on a cluster whose servers' speeds are all scaled by one factor, so that the trace keeps them busy to a given degree.
     *
     * @param cluster servers, balancers, events, warm-up and seed, and the classes of a trace without sizes
     * @param trace what arrives
     * @param utilisation work that arrives over work that can be done, in (0, 1)
     * @return what to run
     * @throws IllegalArgumentException if the trace does not fit the cluster's classes, has no rate, or is no regular file
     * @throws io.marllb.env.trace.TraceFormatException if the trace is malformed
     */
    public static TraceScenario scaled(Scenario cluster, Arrivals.Trace trace, double utilisation) {
        new Checks("trace scenario")
                .that(utilisation > 0 && utilisation < 1, "utilisation must be in (0, 1), but was " + utilisation)
                .throwIfAny();
        return of(cluster, trace, OptionalDouble.of(utilisation));
    }

    private static TraceScenario of(Scenario cluster, Arrivals.Trace trace, OptionalDouble target) {
        if (Files.exists(trace.file()) && !Files.isRegularFile(trace.file())) {
            throw new IllegalArgumentException(
                    trace.file() + " is no regular file, but every policy reads the trace again; name a file");
        }
        TraceDescription description;
        long lastNanos;
        try (TraceReader reader = TraceReader.open(trace.file(), trace.format(), trace.options())) {
            description = TraceDescription.of(reader);
            lastNanos = reader.at();
        }
        OfferedLoad offered = FlowSources.offered(trace, cluster.traffic().classes());
        boolean sized = description.info().sized();
        String file = trace.file().getFileName().toString();

        List<String> notes = new ArrayList<>();
        notes.add(String.format(
                Locale.ROOT,
                "traffic: %,d flows of %s (%s)%s, mean %.4g per second, mean work %.4g ms",
                description.count(),
                file,
                description.info().format().id(),
                trace.scale() == 1 ? "" : ", load x " + trace.scale(),
                offered.rate(),
                offered.meanCpuNanos() * 1e-6));
        notes.addAll(description.notes());
        if (!sized) {
            notes.add("the trace has no sizes: they are drawn from the classes of " + cluster.name());
        }
        BigDecimal factor = target.isPresent()
                ? new BigDecimal(offered.cores() / cluster.fullRate() / target.getAsDouble()).round(FACTOR_DIGITS)
                : BigDecimal.ONE;
        List<ServerSpec> servers =
                cluster.servers().stream().map(s -> faster(s, factor)).toList();
        List<ScenarioEvent> events =
                cluster.events().stream().map(e -> faster(e, factor)).toList();
        Scenario.Traffic traffic = new Scenario.Traffic(
                trace,
                sized ? List.of() : cluster.traffic().classes(),
                cluster.traffic().acks());
        Scenario.Run run =
                run(cluster.run(), description.count(), lastNanos / trace.scale(), target.isPresent(), notes);
        Scenario scenario = new Scenario(
                name(file, cluster.name()),
                cluster.balancers(),
                servers,
                cluster.weightsKnown(),
                traffic,
                cluster.network(),
                events,
                cluster.control(),
                run);
        String utilisation = String.format(Locale.ROOT, "%.3f", offered.cores() / scenario.fullRate());
        notes.add(
                target.isPresent()
                        ? "cluster: " + cluster.name() + ", all speeds x " + factor.toPlainString()
                                + " for utilisation " + utilisation + "; --scenario describes another"
                        : "utilisation " + utilisation);
        return new TraceScenario(scenario, notes);
    }

    private static String name(String file, String cluster) {
        String name = (file + " on " + cluster).replaceAll("\\p{Cntrl}", "?");
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
    }

    /** Warm-up is a share of the run, so a run must not be longer than its trace. */
    private static Scenario.Run run(
            Scenario.Run given, long count, double lengthNanos, boolean whole, List<String> notes) {
        if (whole) {
            return new Scenario.Run(OptionalLong.of(count), OptionalLong.empty(), given.warmup(), given.seed());
        }
        if (given.flows().isPresent()) {
            long flows = Math.min(given.flows().getAsLong(), count);
            if (flows < count) {
                notes.add(String.format(
                        Locale.ROOT, "run: the first %,d flows, as the scenario says; the trace has more", flows));
            }
            return new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), given.warmup(), given.seed());
        }
        long wanted = given.duration().getAsLong();
        // One nanosecond more, so that the last flow arrives before the end.
        long length = (long) Math.ceil(lengthNanos) + 1;
        if (wanted < length) {
            notes.add("run: the first " + wanted / 1e9 + " s, as the scenario says; the trace is longer");
        }
        return new Scenario.Run(
                OptionalLong.empty(), OptionalLong.of(Math.min(wanted, length)), given.warmup(), given.seed());
    }

    private static ServerSpec faster(ServerSpec s, BigDecimal factor) {
        return new ServerSpec(
                s.cores(), s.speed() * factor.doubleValue(), s.smtGain(), s.workers(), s.backlog(), s.discipline());
    }

    private static ScenarioEvent faster(ScenarioEvent event, BigDecimal factor) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            return new ScenarioEvent.SetSpeed(e.at(), e.servers(), e.speed() * factor.doubleValue());
        } else if (event instanceof ScenarioEvent.Add e) {
            return new ScenarioEvent.Add(e.at(), faster(e.server(), factor));
        }
        return event;
    }
}
