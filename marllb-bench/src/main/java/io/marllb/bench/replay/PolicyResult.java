package io.marllb.bench.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/** One policy over all seeds that were run. Immutable; histograms are borrowed: read, do not write. Times are nanoseconds. */
public final class PolicyResult {

    private final String policy;
    private final boolean oracle;
    private final List<String> classNames;
    private final List<SeedResult> seeds;
    private final List<Histogram> fctByClass;
    private final Histogram decisionNanos;
    private final Trajectory trajectory;

    /**
     * The pooled results of a policy.
     *
     * @param policy its name, as users write it
     * @param oracle whether it sees what no real balancer can
     * @param classNames names of the flow classes
     * @param seeds one result per seed, ascending
     * @param fctByClass flow completion times of all seeds, by class
     * @param decisionNanos time per choice of all seeds
     * @param trajectory the cluster over time under the first seed; null if it was not recorded
     */
    public PolicyResult(
            String policy,
            boolean oracle,
            List<String> classNames,
            List<SeedResult> seeds,
            List<Histogram> fctByClass,
            Histogram decisionNanos,
            Trajectory trajectory) {
        this.policy = policy;
        this.oracle = oracle;
        this.classNames = List.copyOf(classNames);
        this.seeds = List.copyOf(seeds);
        this.fctByClass = List.copyOf(fctByClass);
        this.decisionNanos = decisionNanos;
        this.trajectory = trajectory;
        if (fctByClass.size() != classNames.size()) {
            throw new IllegalArgumentException(
                    "fctByClass has " + fctByClass.size() + " histograms for " + classNames.size() + " classes");
        }
    }

    /**
     * The policy, as users write it.
     *
     * @return its name
     */
    public String policy() {
        return policy;
    }

    /**
     * Whether it sees what no real balancer can.
     *
     * @return true for an oracle
     */
    public boolean oracle() {
        return oracle;
    }

    /**
     * Names of the flow classes.
     *
     * @return names in the order of their indices
     */
    public List<String> classNames() {
        return classNames;
    }

    /**
     * One result per seed that was finished.
     *
     * @return results, by ascending seed
     */
    public List<SeedResult> seeds() {
        return seeds;
    }

    /**
     * A count, summed over seeds.
     *
     * @param count which, such as {@code SeedResult::flows}
     * @return the sum
     */
    public long total(ToLongFunction<SeedResult> count) {
        long sum = 0;
        for (SeedResult s : seeds) {
            sum += count.applyAsLong(s);
        }
        return sum;
    }

    /**
     * A number per seed.
     *
     * @param number which, such as {@code SeedResult::meanFctNanos}
     * @return one entry per seed, new array
     */
    public double[] perSeed(ToDoubleFunction<SeedResult> number) {
        return seeds.stream().mapToDouble(number).toArray();
    }

    /**
     * The plain mean of a number over seeds.
     *
     * @param number which, such as {@code SeedResult::jain}
     * @return the mean; NaN without seeds or if one of them has NaN
     */
    public double mean(ToDoubleFunction<SeedResult> number) {
        double sum = 0;
        for (SeedResult s : seeds) {
            sum += number.applyAsDouble(s);
        }
        return sum / seeds.size();
    }

    /**
     * A number per server, averaged over seeds.
     *
     * @param number which, such as {@code SeedResult::serverUtilisation}
     * @return one entry per server
     */
    public List<Double> meanByServer(java.util.function.Function<SeedResult, List<Double>> number) {
        List<Double> means = new ArrayList<>();
        int servers = seeds.isEmpty() ? 0 : number.apply(seeds.get(0)).size();
        for (int j = 0; j < servers; j++) {
            int server = j;
            means.add(mean(s -> number.apply(s).get(server)));
        }
        return means;
    }

    /**
     * Mean flow completion time over the completed flows of all seeds.
     *
     * @return nanoseconds; NaN if nothing completed
     */
    public double meanFctNanos() {
        double sum = 0;
        long n = 0;
        for (SeedResult s : seeds) {
            if (s.completed() > 0) {
                sum += s.meanFctNanos() * s.completed();
                n += s.completed();
            }
        }
        return n == 0 ? Double.NaN : sum / n;
    }

    /**
     * The same for one class.
     *
     * @param flowClass index into {@link #classNames}
     * @return nanoseconds; NaN if nothing completed
     */
    public double meanFctNanos(int flowClass) {
        double sum = 0;
        long n = 0;
        for (SeedResult s : seeds) {
            long completed = s.completedByClass().get(flowClass);
            if (completed > 0) {
                sum += s.meanFctNanosByClass().get(flowClass) * completed;
                n += completed;
            }
        }
        return n == 0 ? Double.NaN : sum / n;
    }

    /**
     * Flow completion times of all seeds and classes.
     *
     * @return a new histogram of nanoseconds, 3 significant digits
     */
    public Histogram fct() {
        Histogram all = new Histogram(3);
        for (Histogram h : fctByClass) {
            all.add(h);
        }
        return all;
    }

    /**
     * Flow completion times of all seeds, one class.
     *
     * @param flowClass index into {@link #classNames}
     * @return the histogram itself, nanoseconds
     */
    public Histogram fct(int flowClass) {
        return fctByClass.get(flowClass);
    }

    /**
     * Time per choice, one in 1,024, of all seeds.
     *
     * @return the histogram itself, nanoseconds; empty if choices were not timed
     */
    public Histogram decisionNanos() {
        return decisionNanos;
    }

    /**
     * The cluster over time, under the first seed.
     *
     * @return the trajectory, if it was recorded
     */
    public Optional<Trajectory> trajectory() {
        return Optional.ofNullable(trajectory);
    }
}
