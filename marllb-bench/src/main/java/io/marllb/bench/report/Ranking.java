package io.marllb.bench.report;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.bench.statistics.ConfidenceInterval;
import io.marllb.bench.statistics.Holm;
import io.marllb.bench.statistics.MeanEstimate;
import io.marllb.bench.statistics.PairedComparison;
import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The policies of an experiment in order, each with the interval of its mean and compared with a reference on the same traffic.
 *
 * <p>Policies that can be deployed come first, oracles after them, both by ascending mean. Unless it is named, the reference is the deployable
 * policy with the lowest mean. Comparisons are paired by seed and corrected for their number by Holm's method. Immutable.
 */
public final class Ranking {

    /** A difference counts if it would arise by chance in less than this share of experiments. */
    public static final double SIGNIFICANCE = 0.05;

    private static final double LEVEL = 0.95;

    private final ReplayResult result;
    private final List<RankedPolicy> rows;
    private final Optional<String> reference;

    private Ranking(ReplayResult result, List<RankedPolicy> rows, Optional<String> reference) {
        this.result = result;
        this.rows = List.copyOf(rows);
        this.reference = reference;
    }

    /**
     * Ranks against the best policy that can be deployed.
     *
     * @param result what was measured
     * @return the ranking
     */
    public static Ranking of(ReplayResult result) {
        return rank(result, Optional.empty());
    }

    /**
     * Ranks against a policy of choice.
     *
     * @param result what was measured
     * @param reference its name
     * @return the ranking
     * @throws IllegalArgumentException if no policy of the experiment has that name
     */
    public static Ranking against(String reference, ReplayResult result) {
        List<String> names =
                result.policies().stream().map(PolicyResult::policy).toList();
        if (!names.contains(reference)) {
            throw new IllegalArgumentException(
                    "the reference '" + reference + "' is not among the policies" + Nearest.hint(reference, names));
        }
        return rank(result, Optional.of(reference));
    }

    private static Ranking rank(ReplayResult result, Optional<String> wanted) {
        List<PolicyResult> ordered = new ArrayList<>(result.policies());
        ordered.sort(Comparator.comparing(PolicyResult::oracle)
                .thenComparingDouble(PolicyResult::meanFctNanos) // NaN comes last
                .thenComparing(PolicyResult::policy));
        Optional<PolicyResult> reference = wanted.isPresent()
                ? ordered.stream().filter(p -> p.policy().equals(wanted.get())).findFirst()
                : ordered.stream().filter(p -> !Double.isNaN(p.meanFctNanos())).findFirst();
        List<Optional<PairedComparison>> comparisons = new ArrayList<>();
        for (PolicyResult p : ordered) {
            comparisons.add(reference.filter(r -> r != p).flatMap(r -> paired(p, r)));
        }
        double[] adjusted = Holm.adjust(comparisons.stream()
                .flatMap(Optional::stream)
                .mapToDouble(PairedComparison::tTestP)
                .toArray());
        List<RankedPolicy> rows = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < ordered.size(); i++) {
            PolicyResult p = ordered.get(i);
            double adjustedP = comparisons.get(i).isPresent() ? adjusted[next++] : Double.NaN;
            rows.add(new RankedPolicy(p, p.meanFctNanos(), interval(p), comparisons.get(i), adjustedP));
        }
        return new Ranking(result, rows, reference.map(PolicyResult::policy));
    }

    /** Compares two policies on the seeds that both have finished; empty if they share fewer than two. */
    static Optional<PairedComparison> paired(PolicyResult first, PolicyResult second) {
        Map<Long, Double> bySeed = new HashMap<>(); // looked up only
        for (SeedResult s : second.seeds()) {
            bySeed.put(s.seed(), s.meanFctNanos());
        }
        List<double[]> pairs = new ArrayList<>();
        for (SeedResult s : first.seeds()) {
            double other = bySeed.getOrDefault(s.seed(), Double.NaN);
            if (Double.isFinite(s.meanFctNanos()) && Double.isFinite(other)) {
                pairs.add(new double[] {s.meanFctNanos(), other});
            }
        }
        return pairs.size() < 2
                ? Optional.empty()
                : Optional.of(PairedComparison.of(
                        pairs.stream().mapToDouble(p -> p[0]).toArray(),
                        pairs.stream().mapToDouble(p -> p[1]).toArray()));
    }

    private static Optional<ConfidenceInterval> interval(PolicyResult p) {
        if (p.seeds().size() == 1) {
            return interval(p.seeds().get(0));
        }
        return overSeeds(p.perSeed(SeedResult::meanFctNanos));
    }

    private static Optional<ConfidenceInterval> interval(SeedResult only) {
        double[] batches =
                only.batchMeansNanos().stream().mapToDouble(Double::doubleValue).toArray();
        return batches.length < MeanEstimate.LEAST_BATCHES
                ? Optional.empty()
                : Optional.of(MeanEstimate.ofBatches(batches).interval(LEVEL));
    }

    /** Student's interval over seeds, empty with fewer than two that completed anything. */
    static Optional<ConfidenceInterval> overSeeds(double[] perSeed) {
        double[] finite = Arrays.stream(perSeed).filter(Double::isFinite).toArray();
        return finite.length < 2
                ? Optional.empty()
                : Optional.of(MeanEstimate.of(finite).interval(LEVEL));
    }

    /**
     * What was measured.
     *
     * @return the experiment
     */
    public ReplayResult result() {
        return result;
    }

    /**
     * The policies in order: deployable ones by mean, then oracles by mean.
     *
     * @return rows, from best to worst
     */
    public List<RankedPolicy> rows() {
        return rows;
    }

    /**
     * The policies that can be deployed.
     *
     * @return rows without oracles, from best to worst
     */
    public List<RankedPolicy> deployable() {
        return rows.stream().filter(r -> !r.oracle()).toList();
    }

    /**
     * What the others are compared with.
     *
     * @return name of the reference; empty if nothing completed
     */
    public Optional<String> reference() {
        return reference;
    }

    /**
     * A policy of the ranking.
     *
     * @param name as users write it
     * @return its row, if there is one
     */
    public Optional<RankedPolicy> row(String name) {
        return rows.stream().filter(r -> r.name().equals(name)).findFirst();
    }

    /**
     * Seeds that at least one policy has finished.
     *
     * @return count
     */
    public int finishedSeeds() {
        return rows.stream().mapToInt(r -> r.result().seeds().size()).max().orElse(0);
    }
}
