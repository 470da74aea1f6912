package io.marllb.bench.learning;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.nn.Blas;
import io.marllb.bench.speed.SpeedSuite;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The learning-speed suite: CPU time of updates and of decisions, ours and PyTorch's, in the same rounds of one run, each of the one thread that works, by the same clock of the operating system. PyTorch's matrix library is
 * made fair first: of the kernels that the processor can run, it gets those with which it is fastest over all cases.
 */
public final class LearningSpeedSuite {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DECISIONS = 200; // as the peer has it; one alone is too short for the CPU clock
    private static final int WARM_UP = 3; // times the work of a round: our code is compiled meanwhile
    private static final int CALIBRATION = 30;
    private static final int LATENCIES = 20_000;
    private static final double NANOS_PER_MICRO = 1e3;

    /**
     * One case. Times are CPU microseconds of one repetition: an update, or a decision.
     *
     * @param name what was done
     * @param ours times in each round
     * @param peers PyTorch's times in each round; empty without it
     * @param bar how many times as fast as PyTorch it is promised to be at least
     */
    public record Row(String name, List<double[]> ours, List<double[]> peers, double bar) {

        /** Copies the lists. */
        public Row {
            ours = List.copyOf(ours);
            peers = List.copyOf(peers);
        }

        /**
         * The middle of the rounds' middles.
         *
         * @param times {@link #ours} or {@link #peers}
         * @return microseconds
         */
        public static double median(List<double[]> times) {
            return middle(times.stream().mapToDouble(Row::middle).toArray());
        }

        /**
         * The best repetition of all.
         *
         * @param times {@link #ours} or {@link #peers}
         * @return microseconds
         */
        public static double min(List<double[]> times) {
            return times.stream().flatMapToDouble(Arrays::stream).min().orElse(Double.NaN);
        }

        /**
         * How many times as fast as PyTorch it is: the middle of the rounds' ratios of medians.
         *
         * @return NaN without PyTorch
         */
        public double ratio() {
            double[] ratios = new double[peers.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = middle(peers.get(i)) / middle(ours.get(i));
            }
            return middle(ratios);
        }

        /**
         * The same by the best repetitions.
         *
         * @return NaN without PyTorch
         */
        public double ratioOfMins() {
            return min(peers) / min(ours);
        }

        private static double middle(double[] values) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            return n == 0 ? Double.NaN : n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        }
    }

    /**
     * Wall time of single decisions.
     *
     * @param hidden size of the network
     * @param p50 microseconds
     * @param p99 microseconds
     * @param bar50 what the median is promised to be at most
     * @param bar99 what the 99th percentile is promised to be at most
     */
    public record Latency(int hidden, double p50, double p99, double bar50, double bar99) {}

    /**
     * What was measured.
     *
     * @param rows a row per case
     * @param latencies of decisions
     * @param peer what ran beside us; empty without it
     * @param missing why there is no peer; empty with one
     */
    public record Report(List<Row> rows, List<Latency> latencies, Optional<String> peer, Optional<String> missing) {

        /** Copies the lists. */
        public Report {
            rows = List.copyOf(rows);
            latencies = List.copyOf(latencies);
        }

        /**
         * Whether everything that was promised holds, as far as it was measured.
         *
         * @return false if something does not
         */
        public boolean holds() {
            return rows.stream().noneMatch(r -> r.ratio() < r.bar())
                    && latencies.stream().noneMatch(l -> l.p50() > l.bar50() || l.p99() > l.bar99());
        }
    }

    /** Work of ours, and the peer's name for the same. */
    private record Case(String name, String peer, int repetitions, int units, double bar, Runnable work) {}

    private LearningSpeedSuite() {}

    private static List<Case> cases() {
        return List.of(
                new Case("update, H 64, T 10, batch 32", "update 64 10 32", 150, 1, 1.2, new UpdateWork(64, 10, 32)),
                new Case("update, H 128, T 16, batch 64", "update 128 16 64", 40, 1, 0.85, new UpdateWork(128, 16, 64)),
                new Case(
                        "QMIX mixer, 4 agents, state 64, embed 32, 2048 samples",
                        "mixer 4 64 32 2048",
                        60,
                        1,
                        0.9,
                        new MixerWork(4, 64, 32, 2048)),
                new Case("decision, H 64", "decision 64", 50, DECISIONS, 5, new DecisionWork(64, DECISIONS)),
                new Case("decision, H 128", "decision 128", 50, DECISIONS, 5, new DecisionWork(128, DECISIONS)));
    }

    /**
     * Measures every case.
     *
     * @param rounds counted rounds, {@code >= 1}
     * @param python the interpreter that has PyTorch
     * @param progress told what is done next
     * @return the report; without PyTorch only our times, and what is missing
     */
    public static Report run(int rounds, Path python, Consumer<String> progress) {
        List<Case> cases = cases();
        TorchPeer peer = null;
        String missing = null;
        try {
            peer = fairest(python, cases, progress);
        } catch (TorchPeer.MissingException e) {
            missing = e.getMessage();
            progress.accept(missing + "; measuring only our own");
        }
        try {
            return run(cases, rounds, peer, missing, progress);
        } finally {
            if (peer != null) {
                peer.close();
            }
        }
    }

    private static TorchPeer fairest(Path python, List<Case> cases, Consumer<String> progress) {
        String best = null;
        double least = Double.POSITIVE_INFINITY;
        for (String type : TorchPeer.coreTypes()) {
            progress.accept("PyTorch with OpenBLAS kernels " + type);
            try (TorchPeer peer = TorchPeer.start(python, type)) {
                double logarithms = 0;
                for (Case c : cases) {
                    logarithms += Math.log(Arrays.stream(peer.measure(c.peer(), CALIBRATION))
                            .min()
                            .orElseThrow());
                }
                if (logarithms < least) {
                    least = logarithms;
                    best = type;
                }
            }
        }
        TorchPeer peer = TorchPeer.start(python, best);
        if (peer.decisions() != DECISIONS) {
            peer.close();
            throw new IllegalStateException("the peer makes " + peer.decisions() + " decisions, not " + DECISIONS);
        }
        return peer;
    }

    private static Report run(List<Case> cases, int rounds, TorchPeer peer, String missing, Consumer<String> progress) {
        List<List<double[]>> ours = new ArrayList<>();
        List<List<double[]>> theirs = new ArrayList<>();
        cases.forEach(c -> ours.add(new ArrayList<>()));
        cases.forEach(c -> theirs.add(new ArrayList<>()));
        for (int round = 0; round <= rounds; round++) {
            boolean counts = round > 0;
            progress.accept("round " + round + "/" + rounds + (counts ? "" : " (warm-up)"));
            for (int i = 0; i < cases.size(); i++) {
                Case c = cases.get(i);
                int repetitions = counts ? c.repetitions() : WARM_UP * c.repetitions();
                double[] their = peer == null ? null : micros(peer.measure(c.peer(), repetitions), c.units());
                double[] our = micros(measure(c.work(), repetitions), c.units());
                if (counts) {
                    ours.get(i).add(our);
                    if (their != null) {
                        theirs.get(i).add(their);
                    }
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Case c = cases.get(i);
            rows.add(new Row(c.name(), ours.get(i), theirs.get(i), c.bar()));
        }
        progress.accept("latency of single decisions");
        List<Latency> latencies = List.of(latency(64, 5), latency(128, 12));
        return new Report(
                rows, latencies, Optional.ofNullable(peer).map(TorchPeer::description), Optional.ofNullable(missing));
    }

    private static long[] measure(Runnable work, int repetitions) {
        long[] nanos = new long[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long before = cpuNanos();
            work.run();
            nanos[i] = cpuNanos() - before;
        }
        return nanos;
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double[] micros(long[] nanos, int units) {
        return Arrays.stream(nanos)
                .mapToDouble(n -> n / NANOS_PER_MICRO / units)
                .toArray();
    }

    private static Latency latency(int hidden, double bar50) {
        DecisionWork work = new DecisionWork(hidden, DECISIONS);
        long[] nanos = new long[LATENCIES];
        work.time(nanos); // compiled for this size
        work.time(nanos);
        Arrays.sort(nanos);
        return new Latency(
                hidden,
                nanos[LATENCIES / 2] / NANOS_PER_MICRO,
                nanos[LATENCIES / 100 * 99] / NANOS_PER_MICRO,
                bar50,
                50);
    }

    /**
     * The report as JSON, with the machine that it holds for.
     *
     * @param report what {@link #run} returned
     * @param command the command that reproduces it
     * @return a JSON object, indented
     */
    public static String json(Report report, String command) {
        ObjectNode root = JSON.createObjectNode();
        root.put("command", command);
        SpeedSuite.machine(root);
        root.put("blas", Blas.version());
        root.put("peer", report.peer().orElse(null));
        report.missing().ifPresent(m -> root.put("skipped", m));
        ArrayNode list = root.putArray("rows");
        for (Row row : report.rows()) {
            ObjectNode node = list.addObject();
            node.put("case", row.name());
            node.put("unit", "CPU microseconds");
            times(node.putObject("marllb"), row.ours());
            if (!row.peers().isEmpty()) {
                times(node.putObject("pytorch"), row.peers());
                node.put("ratio", row.ratio());
                node.put("ratio_of_mins", row.ratioOfMins());
            }
            node.put("promised_ratio", row.bar());
        }
        ArrayNode latencies = root.putArray("latencies");
        for (Latency l : report.latencies()) {
            ObjectNode node = latencies.addObject();
            node.put("case", "decision, H " + l.hidden());
            node.put("unit", "wall microseconds");
            node.put("p50", l.p50());
            node.put("p99", l.p99());
            node.put("promised_p50", l.bar50());
            node.put("promised_p99", l.bar99());
        }
        return root.toPrettyString() + System.lineSeparator();
    }

    private static void times(ObjectNode node, List<double[]> rounds) {
        node.put("median", Row.median(rounds));
        node.put("min", Row.min(rounds));
        ArrayNode medians = node.putArray("rounds");
        rounds.forEach(r -> medians.add(Row.middle(r)));
    }
}
