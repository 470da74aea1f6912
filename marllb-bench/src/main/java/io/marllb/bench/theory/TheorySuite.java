package io.marllb.bench.theory;

import io.marllb.bench.statistics.MeanEstimate;
import io.marllb.core.rng.Streams;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * Holds the simulator to queueing theory: runs cases whose truth is known and judges what comes out.
 *
 * <p>Each case runs as independent replications, each with its own warm-up: their means are independent, so that the standard error needs no
 * assumption on correlation inside a run (as batch means of one run would). A claim holds if the measured value is within 3 standard errors
 * <em>and</em> within the case's tolerance: the first catches small biases in precise cases, the second makes sure that a case is precise
 * enough to be worth anything. Results depend on the seed alone, not on the number of threads. Immutable and thread-safe.
 */
public final class TheorySuite {

    /** Most standard errors between simulation and truth. */
    public static final double MOST_STANDARD_ERRORS = 3;

    /** Nanoseconds of the mean service time in every scenario of the suite. */
    static final double UNIT_NANOS = 1e6;

    private final List<TheoryCase> cases;
    private final long seed;

    private TheorySuite(List<TheoryCase> cases, long seed) {
        this.cases = List.copyOf(cases);
        this.seed = seed;
    }

    /** Told how far a suite has come; calls come one at a time, from any thread. */
    @FunctionalInterface
    public interface Progress {

        /**
         * A replication has ended.
         *
         * @param done replications that have ended
         * @param total replications in all
         * @param name the case that it belonged to
         */
        void replicationDone(int done, int total, String name);
    }

    /**
     * Every known truth.
     *
     * @param seed root of all random streams
     * @return the suite
     */
    public static TheorySuite full(long seed) {
        return new TheorySuite(TheoryCases.all(), seed);
    }

    /**
     * One precise, cheap case of each kind: the same demands in a few seconds.
     *
     * @param seed root of all random streams
     * @return the suite
     */
    public static TheorySuite quick(long seed) {
        return new TheorySuite(TheoryCases.quick(), seed);
    }

    /**
     * Any cases.
     *
     * @param cases in the order of the rows
     * @param seed root of all random streams
     * @return the suite
     */
    public static TheorySuite of(List<TheoryCase> cases, long seed) {
        return new TheorySuite(cases, seed);
    }

    /**
     * What is run.
     *
     * @return the cases, in the order of the rows
     */
    public List<TheoryCase> cases() {
        return cases;
    }

    /**
     * Runs every case.
     *
     * @param threads at least 1
     * @param progress told of every replication
     * @return one row per claim, in the order of the cases and their claims
     * @throws InterruptedException if the thread was interrupted; running replications are cancelled
     */
    public List<TheoryRow> run(int threads, Progress progress) throws InterruptedException {
        Objects.requireNonNull(progress, "progress");
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be >= 1, but was " + threads);
        }
        int total = cases.stream().mapToInt(TheoryCase::replications).sum();
        AtomicInteger done = new AtomicInteger();
        AtomicBoolean cancelled = new AtomicBoolean();
        RunOptions options = new RunOptions(false, false, null, null, cancelled::get);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<List<Future<Sample>>> running = new ArrayList<>();
            for (TheoryCase theoryCase : cases) {
                List<Future<Sample>> replications = new ArrayList<>();
                for (int r = 0; r < theoryCase.replications(); r++) {
                    int replication = r;
                    Callable<Sample> task = () -> {
                        Sample sample = simulate(theoryCase, replication, options);
                        synchronized (done) {
                            progress.replicationDone(done.incrementAndGet(), total, theoryCase.name());
                        }
                        return sample;
                    };
                    replications.add(executor.submit(task));
                }
                running.add(replications);
            }
            List<TheoryRow> rows = new ArrayList<>();
            for (int i = 0; i < cases.size(); i++) {
                List<Sample> samples = new ArrayList<>();
                for (Future<Sample> future : running.get(i)) {
                    samples.add(future.get());
                }
                running.set(i, List.of()); // lets the histograms go
                rows.addAll(judge(cases.get(i), samples));
            }
            return rows;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "a case could not be run: " + e.getCause().getMessage(), e.getCause());
        } finally {
            cancelled.set(true);
            executor.shutdownNow();
        }
    }

    /** What a replication measured. */
    record Sample(
            long flows, long completed, long rejected, double meanNanos, List<Double> classMeanNanos, Histogram fct) {}

    /** The one place that knows the engine. */
    private Sample simulate(TheoryCase theoryCase, int replication, RunOptions options) {
        long runSeed = Streams.of(seed).seed("theory/" + theoryCase.name(), replication);
        RunResult result = Simulation.of(
                        theoryCase.scenario(), theoryCase.policyName(), theoryCase.policies(), runSeed, options)
                .run();
        List<Double> classMeans = new ArrayList<>();
        for (int c = 0; c < result.classNames().size(); c++) {
            classMeans.add(result.meanFctNanos(c));
        }
        return new Sample(
                result.flows(), result.completed(), result.rejected(), result.meanFctNanos(), classMeans, result.fct());
    }

    /** Judges the replications of one case. */
    static List<TheoryRow> judge(TheoryCase theoryCase, List<Sample> samples) {
        List<TheoryRow> rows = new ArrayList<>();
        for (TheoryCase.Claim claim : theoryCase.claims()) {
            rows.add(judge(theoryCase, claim, samples));
        }
        return rows;
    }

    private static TheoryRow judge(TheoryCase theoryCase, TheoryCase.Claim claim, List<Sample> samples) {
        double want = claim.want();
        double got;
        double standardError;
        double standardErrors;
        if (claim instanceof TheoryCase.Claim.Quantile quantile) {
            // The share of flows below the true quantile is a mean, so it has an unbiased value and a standard error; a
            // sample quantile has
            // neither. The pooled quantile is what is shown, and the slope of the distribution between the two turns
            // shares into times.
            Histogram pooled = new Histogram(3);
            samples.forEach(s -> pooled.add(s.fct()));
            double trueNanos = want * UNIT_NANOS;
            MeanEstimate below = estimate(samples, s -> shareBelow(s.fct(), trueNanos));
            got = quantile(pooled, quantile.probability()) / UNIT_NANOS;
            standardErrors = distance(below.mean(), quantile.probability(), below.standardError());
            double density =
                    (shareBelow(pooled, trueNanos * 1.02) - shareBelow(pooled, trueNanos * 0.98)) / (0.04 * want);
            standardError = below.standardError() / density;
        } else {
            MeanEstimate estimate = estimate(samples, s -> value(claim, s));
            got = estimate.mean();
            standardError = estimate.standardError();
            standardErrors = distance(got, want, standardError);
        }
        double error = (got - want) / want;
        boolean pass = standardErrors <= MOST_STANDARD_ERRORS && Math.abs(error) <= theoryCase.tolerance();
        return new TheoryRow(
                theoryCase.name(),
                claim.metric(),
                theoryCase.source(),
                got,
                want,
                100 * error,
                standardErrors,
                100 * standardError / want,
                100 * theoryCase.tolerance(),
                theoryCase.flows(),
                pass);
    }

    private static double value(TheoryCase.Claim claim, Sample sample) {
        if (claim instanceof TheoryCase.Claim.Blocking) {
            return (double) sample.rejected() / sample.flows();
        }
        if (claim instanceof TheoryCase.Claim.ClassMean ofClass) {
            return sample.classMeanNanos().get(ofClass.flowClass()) / UNIT_NANOS;
        }
        return sample.meanNanos() / UNIT_NANOS;
    }

    private static MeanEstimate estimate(List<Sample> samples, java.util.function.ToDoubleFunction<Sample> value) {
        return MeanEstimate.ofBatches(samples.stream().mapToDouble(value).toArray());
    }

    /** Standard errors between two values; a simulation without noise must be exact to rounding. */
    private static double distance(double got, double want, double standardError) {
        double apart = Math.abs(got - want);
        return apart <= 1e-9 * Math.abs(want) ? 0 : apart / standardError;
    }

    /** Share of the recorded values up to a time, straight lines inside the histogram's buckets. */
    static double shareBelow(Histogram fct, double nanos) {
        long at = (long) nanos;
        long from = fct.lowestEquivalentValue(at);
        double width = fct.nextNonEquivalentValue(at) - from;
        long below = from == 0 ? 0 : fct.getCountBetweenValues(0, from - 1);
        return (below + fct.getCountAtValue(at) * (nanos - from) / width) / fct.getTotalCount();
    }

    /** Where a share of the recorded values lies below, straight lines inside the histogram's buckets. */
    static double quantile(Histogram fct, double probability) {
        long inBucket = fct.getValueAtPercentile(100 * probability);
        double from = fct.lowestEquivalentValue(inBucket);
        double to = fct.nextNonEquivalentValue(inBucket);
        double low = shareBelow(fct, from);
        double high = shareBelow(fct, Math.nextDown(to));
        double fraction = high > low ? (probability - low) / (high - low) : 0;
        return from + Math.min(1, Math.max(0, fraction)) * (to - from);
    }
}
