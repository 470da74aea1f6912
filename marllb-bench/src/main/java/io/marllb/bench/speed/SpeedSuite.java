package io.marllb.bench.speed;

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
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The engine suite: millions of events (arrivals and departures) per CPU second of one thread. Cases are interleaved over the rounds, after one round
 * that does not count, and medians are given, because machines are shared and noisy.
 */
public final class SpeedSuite {

    private static final double UTILISATION = 0.9;
    private static final double MEAN_WORK_NANOS = 1e6;
    private static final int ACKS = 2;

    /**
     * One measured case.
     *
     * @param name what ran
     * @param unit what is counted per CPU second
     * @param rates one per round, in the order of the rounds
     * @param bar what the design promises at least, in words; empty for none
     */
    public record Row(String name, String unit, List<Double> rates, String bar) {

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

    private record Named(String name, String unit, String bar, Case work) {}

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
        cases.add(simulator("FIFO, 8 servers, sed", 8, Discipline.FIFO, 0, "sed", flows, ">= 8, aim 10"));
        cases.add(simulator("FIFO, 64 servers, sed", 64, Discipline.FIFO, 0, "sed", flows, ">= 4, aim 5"));
        cases.add(simulator("FIFO, 4096 servers, sed", 4096, Discipline.FIFO, 0, "sed", flows, ">= 1/3 of 64 servers"));
        cases.add(
                simulator("PS with ACKs, 8 servers, sed", 8, Discipline.PS, ACKS, "sed", flows, ">= 60 % of FIFO, 8"));
        cases.add(simulator(
                "PS with ACKs, 64 servers, sed", 64, Discipline.PS, ACKS, "sed", flows, ">= 60 % of FIFO, 64"));
        cases.add(new Named(
                "environment, 7 servers, 2 balancers", "steps/s", ">= 4000, aim 8000", EnvironmentSpeed::measure));
        if (peers) {
            cases.add(simulator("FIFO, 8 servers, lsq", 8, Discipline.FIFO, 0, "lsq", flows, ""));
            cases.add(new Named(
                    "Python heap loop, 8 servers, join the shortest queue", "M events/s", "", Peers::pythonHeapLoop));
            cases.add(simulator("FIFO, 8 servers, ecmp", 8, Discipline.FIFO, 0, "ecmp", flows, ""));
            cases.add(new Named("CloudSim Plus, 8 servers, random split", "M events/s", "", Peers::cloudSimPlus));
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
            rows.add(new Row(c.name(), c.unit(), rates.get(i), c.bar()));
        }
        return Collections.unmodifiableList(rows);
    }

    private static Named simulator(
            String name, int servers, Discipline discipline, int acks, String policy, long flows, String bar) {
        PolicySpec spec = PolicyRegistry.parse(policy);
        Scenario scenario = cluster(servers, discipline, acks, flows);
        return new Named(name, "M events/s", bar, round -> {
            long before = cpuNanos();
            RunResult result = Simulation.run(scenario, spec, round, RunOptions.PLAIN.withObservations());
            return result.events() / ((cpuNanos() - before) / 1e9) / 1e6;
        });
    }

    private static Scenario cluster(int servers, Discipline discipline, int acks, long flows) {
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
                        acks),
                Scenario.Network.none(),
                List.of(),
                Scenario.Control.defaults(),
                new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), 0.1, 1));
    }

    static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
