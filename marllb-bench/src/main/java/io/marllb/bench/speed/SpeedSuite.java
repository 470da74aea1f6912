package io.marllb.bench.speed;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The engine suite: millions of events (arrivals and departures) per CPU second of one thread. Cases are interleaved over the rounds, after one round
 * that does not count, and medians are given, because machines are shared and noisy.
 */
public final class SpeedSuite {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double UTILISATION = 0.9;
    private static final double MEAN_WORK_NANOS = 1e6;
    private static final int ACKS = 2;

    private static final String FIFO_8 = "FIFO, 8 servers, sed";
    private static final String FIFO_64 = "FIFO, 64 servers, sed";
    private static final String PYTHON = "Python heap loop, 8 servers, join the shortest queue";
    private static final String CLOUDSIM = "CloudSim Plus, 8 servers, random split";

    /**
     * One measured case.
     *
     * @param name what ran
     * @param unit what is counted per CPU second
     * @param rates one per round, in the order of the rounds
     * @param bar what the design promises at least, in words; empty for none
     * @param baseline name of the case that {@link #ratioTo} is of interest for; empty for none
     */
    public record Row(String name, String unit, List<Double> rates, String bar, String baseline) {

        /** Copies the rates. */
        public Row {
            rates = List.copyOf(rates);
        }

        /**
         * The middle rate.
         *
         * @return median over the rounds
         */
        public double median() {
            double[] sorted =
                    rates.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            int n = sorted.length;
            return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        }

        /**
         * The median of the ratios to another case, round by round.
         *
         * @param other the baseline
         * @return ratio of rates
         */
        public double ratioTo(Row other) {
            double[] ratios = new double[rates.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = rates.get(i) / other.rates.get(i);
            }
            Arrays.sort(ratios);
            int n = ratios.length;
            return n % 2 == 1 ? ratios[n / 2] : (ratios[n / 2 - 1] + ratios[n / 2]) / 2;
        }
    }

    private interface Case {
        /** Units of work per CPU second. */
        double measure(int round);
    }

    private record Named(String name, String unit, String bar, String baseline, Case work) {}

    private SpeedSuite() {}

    /**
     * Measures every case.
     *
     * @param rounds counted rounds, {@code >= 1}
     * @param flows flows per case and round
     * @param peers whether to measure the peers too
     * @param progress told what is measured next
     * @return a row per case, in a fixed order
     */
    public static List<Row> run(int rounds, long flows, boolean peers, Consumer<String> progress) {
        List<Named> cases = new ArrayList<>();
        cases.add(simulator(FIFO_8, 8, Discipline.FIFO, "sed", flows, ">= 8, aim 10", ""));
        cases.add(simulator(FIFO_64, 64, Discipline.FIFO, "sed", flows, ">= 4, aim 5", ""));
        cases.add(simulator("FIFO, 4096 servers, sed", 4096, Discipline.FIFO, "sed", flows, "ratio >= 0.33", FIFO_64));
        cases.add(simulator("PS with ACKs, 8 servers, sed", 8, Discipline.PS, "sed", flows, "ratio >= 0.60", FIFO_8));
        cases.add(
                simulator("PS with ACKs, 64 servers, sed", 64, Discipline.PS, "sed", flows, "ratio >= 0.60", FIFO_64));
        cases.add(new Named(
                "environment, 7 servers, 2 balancers", "steps/s", ">= 4000, aim 8000", "", EnvironmentSpeed::measure));
        if (peers) {
            cases.add(new Named(PYTHON, "M events/s", "", "", Peers::pythonHeapLoop));
            cases.add(simulator("FIFO, 8 servers, lsq", 8, Discipline.FIFO, "lsq", flows, "", PYTHON));
            cases.add(new Named(CLOUDSIM, "M events/s", "", "", Peers::cloudSimPlus));
            cases.add(simulator("FIFO, 8 servers, ecmp", 8, Discipline.FIFO, "ecmp", flows, "", CLOUDSIM));
        }
        List<List<Double>> rates = new ArrayList<>();
        cases.forEach(c -> rates.add(new ArrayList<>()));
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < cases.size(); i++) {
                progress.accept("round " + round + "/" + rounds + (round == 0 ? " (warm-up)" : "") + ": "
                        + cases.get(i).name());
                double rate = cases.get(i).work().measure(round);
                if (round > 0) {
                    rates.get(i).add(rate);
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Named c = cases.get(i);
            rows.add(new Row(c.name(), c.unit(), rates.get(i), c.bar(), c.baseline()));
        }
        return Collections.unmodifiableList(rows);
    }

    private static Named simulator(
            String name, int servers, Discipline discipline, String policy, long flows, String bar, String baseline) {
        PolicySpec spec = PolicyRegistry.parse(policy);
        Scenario scenario = cluster(servers, discipline, flows);
        return new Named(name, "M events/s", bar, baseline, round -> {
            long before = cpuNanos();
            RunResult result = Simulation.run(scenario, spec, round, RunOptions.PLAIN.withObservations());
            return result.events() / ((cpuNanos() - before) / 1e9) / 1e6;
        });
    }

    private static Scenario cluster(int servers, Discipline discipline, long flows) {
        ServerSpec server = new ServerSpec(1, 1, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, discipline);
        return new Scenario(
                "speed",
                1,
                Collections.nCopies(servers, server),
                true,
                new Scenario.Traffic(
                        new Arrivals.Poisson(UTILISATION * servers / (MEAN_WORK_NANOS / 1e9)),
                        List.of(new FlowClass(
                                "all", 1, new Distribution.Exponential(MEAN_WORK_NANOS), Optional.empty())),
                        discipline == Discipline.PS ? ACKS : 0),
                Scenario.Network.none(),
                List.of(),
                Scenario.Control.defaults(),
                new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), 0.1, 1));
    }

    /**
     * The rows as JSON, with the machine and the JDK that they hold for.
     *
     * @param rows what {@link #run} returned
     * @param command the command that reproduces them
     * @return a JSON object, indented
     */
    public static String json(List<Row> rows, String command) {
        ObjectNode root = JSON.createObjectNode();
        root.put("command", command);
        machine(root);
        ArrayNode list = root.putArray("rows");
        for (Row row : rows) {
            ObjectNode node = list.addObject();
            node.put("case", row.name());
            node.put("unit", row.unit());
            node.put("median", row.median());
            ArrayNode rates = node.putArray("rounds");
            row.rates().forEach(rates::add);
            node.put("promised", row.bar());
            baseline(row, rows).ifPresent(other -> {
                node.put("baseline", other.name());
                node.put("ratio", row.ratioTo(other));
            });
        }
        return root.toPrettyString() + System.lineSeparator();
    }

    /**
     * Writes down what numbers hold for: the JDK, the processor, and how busy it is.
     *
     * @param root added to
     */
    public static void machine(ObjectNode root) {
        root.put("java", System.getProperty("java.runtime.version"));
        root.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        root.put("processor", processor());
        root.put("processors", Runtime.getRuntime().availableProcessors());
        root.put("load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    /**
     * The row that a row is compared with.
     *
     * @param row one of the rows
     * @param rows what {@link #run} returned
     * @return its baseline, if it has one
     */
    public static Optional<Row> baseline(Row row, List<Row> rows) {
        return rows.stream().filter(r -> r.name().equals(row.baseline())).findFirst();
    }

    /**
     * The processor's name, as Linux has it; other systems do not say.
     *
     * @return {@code "unknown"} elsewhere
     */
    public static String processor() {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return "unknown";
        }
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(l -> l.startsWith("model name"))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
