package io.marllb.bench.statistics;

import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Percentile bootstrap intervals. Every call starts its own stream {@code bootstrap} of the seed, so results depend neither on the order of
 * calls nor on threads. Immutable and thread-safe.
 *
 * @param seed root seed
 * @param resamples number of resamples, {@code >= 100}; 2,000 or more for an interval of 95 per cent
 */
public record Bootstrap(long seed, int resamples) {

    /** Checks the number of resamples. */
    public Bootstrap {
        if (resamples < 100) {
            throw new IllegalArgumentException("resamples must be >= 100, but was " + resamples);
        }
    }

    /**
     * Interval of a statistic of one sample.
     *
     * @param sample independent values, at least 2
     * @param statistic any function of a sample; it may reorder the array that it is given
     * @param level confidence level, in (0, 1)
     * @return percentile interval
     */
    public ConfidenceInterval interval(double[] sample, ToDoubleFunction<double[]> statistic, double level) {
        return stratified(new double[][] {sample}, statistic, level);
    }

    /**
     * Interval of a statistic over several tasks: values are resampled within each task, and the statistic sees them all (the stratified
     * bootstrap of Agarwal et al. 2021, arXiv:2108.13264). With {@link #interquartileMean} it is their interval of the IQM.
     *
     * @param runsByTask {@code [tasks][runs]}, at least one task, at least 2 runs in each
     * @param statistic any function of all values; it may reorder the array that it is given
     * @param level confidence level, in (0, 1)
     * @return percentile interval
     */
    public ConfidenceInterval stratified(double[][] runsByTask, ToDoubleFunction<double[]> statistic, double level) {
        Objects.requireNonNull(statistic, "statistic");
        ConfidenceInterval.requireLevel(level);
        if (runsByTask.length == 0) {
            throw new IllegalArgumentException("a stratified bootstrap needs at least one task");
        }
        int total = 0;
        for (double[] runs : runsByTask) {
            if (runs.length < 2) {
                throw new IllegalArgumentException("a bootstrap needs at least 2 values, but got " + runs.length);
            }
            MeanEstimate.mean(runs); // refuses what is not finite
            total += runs.length;
        }
        RandomGenerator random = Streams.of(seed).stream("bootstrap");
        double[] drawn = new double[total];
        double[] statistics = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            int k = 0;
            for (double[] runs : runsByTask) {
                for (int i = 0; i < runs.length; i++) {
                    drawn[k++] = runs[random.nextInt(runs.length)];
                }
            }
            statistics[r] = statistic.applyAsDouble(drawn);
        }
        Arrays.sort(statistics);
        double tail = (1 - level) / 2;
        return new ConfidenceInterval(quantile(statistics, tail), quantile(statistics, 1 - tail), level);
    }

    /**
     * Interquartile mean: the mean of the middle half, a quarter of the values (rounded down) cut from either end, as in rliable.
     *
     * @param values at least 1; sorted in place
     * @return the mean of the rest
     */
    public static double interquartileMean(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("an interquartile mean needs at least one value");
        }
        Arrays.sort(values);
        int cut = values.length / 4;
        double sum = 0;
        for (int i = cut; i < values.length - cut; i++) {
            sum += values[i];
        }
        return sum / (values.length - 2 * cut);
    }

    /** Linear interpolation between order statistics (type 7 of Hyndman and Fan, NumPy's default). */
    private static double quantile(double[] sorted, double p) {
        double position = p * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
