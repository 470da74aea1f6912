package io.marllb.env.scenario;

import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/**
 * Random valid scenarios with every feature of the format: both disciplines, SMT, limits of workers and backlog, I/O, every size law, Poisson
 * and modulated arrivals, delays, loss, slow start and every kind of event. One run is little work: at most 2,000 flows expected.
 */
public final class ScenarioArbitraries {

    private static final double MILLIS = 1e6;

    /** Expected flows of a run by duration; rate events multiply them by at most {@link #MAX_RATE_FACTOR}. */
    private static final int FLOWS_BY_DURATION = 600;

    private static final double MAX_RATE_FACTOR = 3;

    /** Control intervals of a run: slow servers make long runs, in which most of the work would be deciding. */
    private static final long MAX_TICKS = 400;

    private static final class Samples {
        private static final Path FILE = temporary("empirical", ".txt", "# measured\n250us\n1\n1.5ms\n40ms\n0ms\n");
        private static final List<Double> VALUES = List.of(250e3, 1e6, 1.5e6, 40e6, 0.0);
        private static final Path PROFILE = temporary("profile", ".csv", "second,count\n0,10\n1,20\n2,5\n");
        private static final Path TRACE = temporary("trace", ".tsv", "time\tquery\n0.1\t/dummy.php/?n=100\n");

        private static Path temporary(String name, String extension, String content) {
            try {
                Path file = Files.createTempFile("marllb-" + name, extension).toRealPath();
                file.toFile().deleteOnExit();
                return Files.writeString(file, content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private ScenarioArbitraries() {}

    /** Scenarios that an engine can run: their traffic is generated, not read from a trace. */
    public static Arbitrary<Scenario> scenarios() {
        return Combinators.combine(
                        servers(),
                        traffic(),
                        Arbitraries.integers().between(1, 12),
                        Arbitraries.of(true, false),
                        networks(),
                        rawEvents(),
                        controls(),
                        runs())
                .as(ScenarioArbitraries::assemble);
    }

    /** Also those whose arrivals come from a file, for readers and writers only. */
    public static Arbitrary<Scenario> scenariosWithFiles() {
        return Combinators.combine(scenarios(), fileArrivals(), Arbitraries.of(true, false))
                .as((s, arrivals, classes) -> {
                    boolean keep = classes || !(arrivals instanceof Arrivals.Trace);
                    List<FlowClass> kept = keep ? s.traffic().classes() : List.of();
                    return new Scenario(
                            s.name(),
                            s.balancers(),
                            s.servers(),
                            s.weightsKnown(),
                            new Scenario.Traffic(arrivals, kept, s.traffic().acks()),
                            s.network(),
                            s.events(),
                            s.control(),
                            s.run());
                });
    }

    private static Arbitrary<Arrivals> fileArrivals() {
        Arbitrary<Double> numbers = doubles(1e-3, 1e6);
        Arbitrary<Arrivals> nhpp = Combinators.combine(numbers.optional(), numbers.optional())
                .as((rate, step) -> new Arrivals.Nhpp(
                        Samples.PROFILE, rate.map(OptionalDouble::of).orElse(OptionalDouble.empty()), step));
        Arbitrary<Arrivals> trace = Combinators.combine(
                        numbers,
                        Arbitraries.of("auto", "marllb-forloop", "csv"),
                        Arbitraries.strings().ascii().ofMaxLength(8))
                .as((scale, format, value) -> new Arrivals.Trace(
                        Samples.TRACE, format, scale, List.of("jitter=" + value.replaceAll("\\p{Cntrl}", "\u00e9"))));
        return Arbitraries.oneOf(nhpp, trace);
    }

    private static Arbitrary<Double> doubles(double min, double max) {
        return Arbitraries.doubles().between(min, max).ofScale(9).withDistribution(RandomDistribution.uniform());
    }

    private static Arbitrary<List<ServerSpec>> servers() {
        return server().list().ofMinSize(1).ofMaxSize(10);
    }

    private static Arbitrary<ServerSpec> server() {
        Arbitrary<Integer> workers = Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(ServerSpec.UNLIMITED)),
                Tuple.of(2, Arbitraries.integers().between(1, 40)));
        Arbitrary<Integer> backlog = Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(ServerSpec.UNLIMITED)),
                Tuple.of(2, Arbitraries.integers().between(0, 40)));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.of(1.0, 1.0, 0.5, 2.0, 0.37),
                        Arbitraries.of(0.0, 0.2, 1.0, 0.33),
                        workers,
                        backlog,
                        Arbitraries.of(Discipline.values()))
                .as((cores, speed, gain, w, b, discipline) ->
                        new ServerSpec(cores, speed, discipline == Discipline.FIFO ? 0 : gain, w, b, discipline));
    }

    /** Sizes and the shape of arrivals; the rate follows from the servers and a load. */
    private record TrafficDraft(List<FlowClass> classes, int acks, List<Double> shape, double load) {}

    private static Arbitrary<TrafficDraft> traffic() {
        Arbitrary<Double> load =
                Arbitraries.frequencyOf(Tuple.of(5, doubles(0.1, 0.95)), Tuple.of(1, doubles(0.95, 2.5)));
        Arbitrary<List<Double>> shape = Arbitraries.oneOf(
                Arbitraries.just(List.of()), doubles(0, 5).list().ofMinSize(1).ofMaxSize(4));
        return Combinators.combine(classes(), Arbitraries.integers().between(0, 4), shape, load)
                .as(TrafficDraft::new);
    }

    private static Arbitrary<List<FlowClass>> classes() {
        Arbitrary<FlowClass> one = Combinators.combine(
                        Arbitraries.integers().between(1, 20), law(), law().optional(0.4))
                .as((weight, cpu, io) -> new FlowClass("w" + weight, 1, cpu, io.map(d -> d)));
        return one.list().ofMinSize(1).ofMaxSize(4).map(list -> {
            double sum = list.stream().mapToInt(ScenarioArbitraries::weightOf).sum();
            List<FlowClass> named = new ArrayList<>();
            for (FlowClass c : list) {
                named.add(new FlowClass("class-" + named.size(), weightOf(c) / sum, c.cpu(), c.io()));
            }
            return named;
        });
    }

    private static int weightOf(FlowClass c) {
        return Integer.parseInt(c.name().substring(1));
    }

    private static Arbitrary<Distribution> law() {
        Arbitrary<Double> mean = doubles(0.05, 60).map(ms -> ms * MILLIS);
        Arbitrary<Double> cv = doubles(1, 6);
        return Arbitraries.oneOf(
                mean.map(Distribution.Deterministic::new),
                mean.map(Distribution.Exponential::new),
                Combinators.combine(mean, Arbitraries.integers().between(1, 8)).as(Distribution.Erlang::new),
                Combinators.combine(mean, cv).as(Distribution.Hyperexponential::new),
                Combinators.combine(mean, cv.map(x -> x / 2)).as(Distribution.Lognormal::new),
                Combinators.combine(doubles(0.6, 3), mean, doubles(1.5, 500))
                        .as((alpha, min, span) -> new Distribution.ParetoBounded(alpha, min / 4, min / 4 * span)),
                Combinators.combine(mean, doubles(0, 0.9)).as((max, part) -> new Distribution.Uniform(max * part, max)),
                Arbitraries.just(new Distribution.Empirical(Samples.FILE, Samples.VALUES)));
    }

    private static Arbitrary<Scenario.Network> networks() {
        Arbitrary<Long> delay = Arbitraries.oneOf(
                Arbitraries.just(0L),
                Arbitraries.longs().between(0, 2_000_000),
                Arbitraries.longs().between(0, 50_000_000));
        return Combinators.combine(delay, delay, Arbitraries.of(0.0, 0.0, 0.05, 0.5))
                .as(Scenario.Network::new);
    }

    private static Arbitrary<Scenario.Control> controls() {
        return Combinators.combine(
                        Arbitraries.longs().between(20_000_000, 500_000_000),
                        Arbitraries.longs().between(20_000_000, 500_000_000),
                        Arbitraries.oneOf(
                                Arbitraries.just(0L), Arbitraries.longs().between(0, 1_000_000_000)),
                        Arbitraries.oneOf(
                                Arbitraries.just(0L), Arbitraries.longs().between(0, 5_000_000_000L)))
                .as(Scenario.Control::new);
    }

    /** By flows, or by duration: then flows is what is expected at the base rate. */
    private record RunDraft(int flows, boolean byDuration, double warmup, long seed) {}

    private static Arbitrary<RunDraft> runs() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 2_000).withDistribution(RandomDistribution.uniform()),
                        Arbitraries.of(true, false),
                        Arbitraries.of(0.0, 0.1, 0.5, 0.9),
                        Arbitraries.longs())
                .as(RunDraft::new);
    }

    /** Any numbers: which event, when, and whom it meets follow from them and from who is there at that time. */
    private record RawEvent(int kind, double when, int whom, double how, ServerSpec added) {}

    private static Arbitrary<List<RawEvent>> rawEvents() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 7),
                        doubles(0, 1.2),
                        Arbitraries.integers().between(0, 1_000),
                        doubles(0.2, MAX_RATE_FACTOR),
                        server())
                .as(RawEvent::new)
                .list()
                .ofMaxSize(8);
    }

    private static Scenario assemble(
            List<ServerSpec> servers,
            TrafficDraft traffic,
            int balancers,
            boolean known,
            Scenario.Network network,
            List<RawEvent> raw,
            Scenario.Control control,
            RunDraft run) {
        double capacity = servers.stream().mapToDouble(ServerSpec::fullRate).sum();
        double work = traffic.classes().stream()
                .mapToDouble(c -> c.share() * c.cpu().mean())
                .sum();
        double rate = traffic.load() * capacity / (work * 1e-9);
        int flows = run.byDuration() ? Math.min(run.flows(), FLOWS_BY_DURATION) : run.flows();
        double seconds = flows / rate;
        long duration = Math.max(1, (long) (seconds * 1e9));
        return new Scenario(
                "random",
                balancers,
                servers,
                known,
                new Scenario.Traffic(arrivals(traffic, rate, seconds), traffic.classes(), traffic.acks()),
                network,
                events(servers.size(), raw, duration),
                new Scenario.Control(
                        Math.max(control.interval(), duration / MAX_TICKS),
                        Math.max(control.reportInterval(), duration / MAX_TICKS),
                        control.detection(),
                        control.slowStart()),
                new Scenario.Run(
                        run.byDuration() ? OptionalLong.empty() : OptionalLong.of(flows),
                        run.byDuration() ? OptionalLong.of(duration) : OptionalLong.empty(),
                        run.warmup(),
                        run.seed()));
    }

    private static Arrivals arrivals(TrafficDraft traffic, double rate, double seconds) {
        List<Double> shape = traffic.shape();
        double mean = shape.stream().mapToDouble(x -> x).average().orElse(0);
        if (mean < 0.1) {
            return new Arrivals.Poisson(rate);
        }
        double dwell = seconds * 1e9 / (10 * shape.size());
        return new Arrivals.Mmpp(
                shape.stream().map(x -> x / mean * rate).toList(),
                shape.stream().map(x -> dwell).toList());
    }

    private static List<ScenarioEvent> events(int servers, List<RawEvent> raw, long duration) {
        List<ScenarioEvent> events = new ArrayList<>();
        TreeSet<Integer> present = new TreeSet<>();
        for (int j = 0; j < servers; j++) {
            present.add(j);
        }
        int slots = servers;
        List<RawEvent> inTime =
                raw.stream().sorted(Comparator.comparingDouble(RawEvent::when)).toList();
        for (RawEvent e : inTime) {
            long at = (long) (e.when() * duration);
            List<Integer> here = List.copyOf(present);
            int first = here.get(e.whom() % here.size());
            int second = here.get((e.whom() / 7) % here.size());
            List<Integer> whom = e.whom() % 3 == 0 && first != second ? List.of(first, second) : List.of(first);
            switch (e.kind()) {
                case 0 -> events.add(new ScenarioEvent.SetSpeed(at, whom, e.how()));
                case 1 -> events.add(new ScenarioEvent.SetDown(at, whom, true));
                case 2 -> events.add(new ScenarioEvent.SetDown(at, whom, false));
                case 3 -> events.add(new ScenarioEvent.SetDrain(at, whom, true));
                case 4 -> events.add(new ScenarioEvent.SetDrain(at, whom, false));
                case 5 -> events.add(new ScenarioEvent.SetRate(at, e.how()));
                case 6 -> {
                    events.add(new ScenarioEvent.Add(at, e.added()));
                    present.add(slots++);
                }
                default -> {
                    if (whom.size() < present.size()) {
                        events.add(new ScenarioEvent.Remove(at, whom));
                        whom.forEach(present::remove);
                    }
                }
            }
        }
        return events;
    }
}
