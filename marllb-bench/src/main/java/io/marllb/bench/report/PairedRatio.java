package io.marllb.bench.report;

import io.marllb.bench.statistics.ConfidenceInterval;
import io.marllb.bench.statistics.MeanEstimate;
import io.marllb.bench.statistics.PairedComparison;

/**
 * How many times as long flows take under one policy as under another, on the same seeds.
 *
 * <p>Loads scale response times of all policies alike, so seeds differ by factors rather than by sums: the ratio of each pair is what varies little.
 * Ratio, interval and p-value are all of the logarithms of these ratios, so that they cannot contradict each other.
 *
 * @param pairs number of seeds
 * @param ratio geometric mean of the ratios
 * @param interval of the ratio at 95 per cent, Student's on the logarithms
 * @param p two-sided p-value of the paired t-test of the logarithms
 * @param differenceNanos mean of the differences, with its standard error
 */
public record PairedRatio(
        int pairs, double ratio, ConfidenceInterval interval, double p, MeanEstimate differenceNanos) {

    private static final double LEVEL = 0.95;

    /**
     * Compares pair by pair.
     *
     * @param first mean flow completion times, one per seed, at least 2, finite, {@code > 0}
     * @param second the other's on the same seeds
     * @return the comparison
     */
    static PairedRatio of(double[] first, double[] second) {
        PairedComparison logs = PairedComparison.of(logarithms(first), logarithms(second));
        ConfidenceInterval interval = logs.difference().interval(LEVEL);
        return new PairedRatio(
                logs.pairs(),
                StrictMath.exp(logs.difference().mean()),
                new ConfidenceInterval(StrictMath.exp(interval.low()), StrictMath.exp(interval.high()), LEVEL),
                logs.tTestP(),
                PairedComparison.of(first, second).difference());
    }

    private static double[] logarithms(double[] times) {
        double[] logs = new double[times.length];
        for (int i = 0; i < times.length; i++) {
            if (!(times[i] > 0)) {
                throw new IllegalArgumentException("times[" + i + "] must be > 0, but was " + times[i]);
            }
            logs[i] = StrictMath.log(times[i]);
        }
        return logs;
    }
}
