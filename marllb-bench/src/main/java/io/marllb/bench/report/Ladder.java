package io.marllb.bench.report;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.bench.statistics.ConfidenceInterval;
import io.marllb.bench.statistics.MeanEstimate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How far each policy is above the one that sees everything, per scenario and over all of them: the geometric mean of the ratios, so that no scenario
 * counts more for being slower. Ratios are paired by seed. Immutable.
 *
 * @param top the policy at 0 per cent
 * @param scenarios their names, in order
 * @param rows best mean first
 */
public record Ladder(String top, List<String> scenarios, List<Row> rows) {

    /** The policy that everything is measured against: SED with true counts and current capacities. */
    public static final String TOP = "oracle-sed";

    private static final double LEVEL = 0.95;

    /**
     * One policy. Ratios of times to those of the top, 1 is as good.
     *
     * @param policy its name
     * @param oracle whether it sees what no real balancer can
     * @param means ratio of the mean flow completion times, per scenario
     * @param tails ratio of the 99th percentiles, per scenario
     * @param mean geometric mean of {@code means}
     * @param meanInterval of it at 95 per cent, over seeds, these scenarios being given; empty with one seed
     * @param tail geometric mean of {@code tails}
     * @param tailInterval of it
     */
    public record Row(
            String policy,
            boolean oracle,
            List<Double> means,
            List<Double> tails,
            double mean,
            Optional<ConfidenceInterval> meanInterval,
            double tail,
            Optional<ConfidenceInterval> tailInterval) {}

    /** Copies the lists. */
    public Ladder {
        scenarios = List.copyOf(scenarios);
        rows = List.copyOf(rows);
    }

    /**
     * The ladder of some experiments with the same policies and numbers of seeds.
     *
     * @param results one per scenario, at least one
     * @return the ladder; empty if {@link #TOP} was not run, or something did not finish
     */
    public static Optional<Ladder> of(List<ReplayResult> results) {
        List<Row> rows = new ArrayList<>();
        for (PolicyResult p : results.get(0).policies()) {
            row(p.policy(), results).ifPresent(rows::add);
        }
        if (rows.stream().noneMatch(r -> r.policy().equals(TOP))) {
            return Optional.empty();
        }
        rows.sort(Comparator.comparingDouble(Row::mean).thenComparing(Row::policy));
        return Optional.of(
                new Ladder(TOP, results.stream().map(r -> r.scenario().name()).toList(), rows));
    }

    private static Optional<Row> row(String policy, List<ReplayResult> results) {
        List<double[]> means = new ArrayList<>();
        List<double[]> tails = new ArrayList<>();
        boolean oracle = false;
        for (ReplayResult r : results) {
            Optional<PolicyResult> mine = find(r, policy);
            Optional<PolicyResult> top = find(r, TOP);
            if (mine.isEmpty() || top.isEmpty()) {
                return Optional.empty();
            }
            oracle = mine.get().oracle();
            means.add(logarithms(mine.get(), top.get(), SeedResult::meanFctNanos));
            tails.add(logarithms(mine.get(), top.get(), SeedResult::p99FctNanos));
        }
        int seeds = means.get(0).length;
        for (int s = 0; s < means.size(); s++) {
            if (means.get(s).length != seeds || seeds == 0) {
                return Optional.empty();
            }
        }
        double[] mean = overScenarios(means);
        double[] tail = overScenarios(tails);
        return Optional.of(new Row(
                policy,
                oracle,
                means.stream().map(Ladder::geometric).toList(),
                tails.stream().map(Ladder::geometric).toList(),
                geometric(mean),
                interval(mean),
                geometric(tail),
                interval(tail)));
    }

    private static Optional<PolicyResult> find(ReplayResult result, String policy) {
        return result.policies().stream().filter(p -> p.policy().equals(policy)).findFirst();
    }

    /** Logarithm of the ratio of each seed's times; empty unless both have every seed with something completed. */
    private static double[] logarithms(PolicyResult mine, PolicyResult top, ToDoubleFunction<SeedResult> time) {
        double[] a = mine.perSeed(time);
        double[] b = top.perSeed(time);
        if (a.length != b.length) {
            return new double[0];
        }
        double[] logs = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            if (!(a[i] > 0 && b[i] > 0)) {
                return new double[0];
            }
            logs[i] = StrictMath.log(a[i] / b[i]);
        }
        return logs;
    }

    private static double[] overScenarios(List<double[]> logs) {
        double[] sums = new double[logs.get(0).length];
        for (double[] scenario : logs) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += scenario[i] / logs.size();
            }
        }
        return sums;
    }

    private static double geometric(double[] logs) {
        double sum = 0;
        for (double x : logs) {
            sum += x;
        }
        return StrictMath.exp(sum / logs.length);
    }

    private static Optional<ConfidenceInterval> interval(double[] logs) {
        if (logs.length < 2) {
            return Optional.empty();
        }
        ConfidenceInterval i = MeanEstimate.of(logs).interval(LEVEL);
        return Optional.of(new ConfidenceInterval(StrictMath.exp(i.low()), StrictMath.exp(i.high()), LEVEL));
    }

    /**
     * Per cent above the top.
     *
     * @param ratio of times
     * @return 0 for as good
     */
    public static double percent(double ratio) {
        return 100 * (ratio - 1);
    }
}
