package io.marllb.bench.statistics;

import org.apache.commons.math3.distribution.TDistribution;

/**
 * A mean (or a ratio of means) with its standard error.
 *
 * @param mean the estimate
 * @param standardError its standard error, {@code >= 0}
 * @param samples number of independent values that it rests on, {@code >= 2}; one more than the degrees of freedom
 */
public record MeanEstimate(double mean, double standardError, int samples) {

    /** Fewest batches for an interval: with fewer, Student's quantile grows and the batches' correlation hides. */
    public static final int LEAST_BATCHES = 30;

    /** Checks the number of values. */
    public MeanEstimate {
        if (samples < 2) {
            throw new IllegalArgumentException("an estimate of spread needs at least 2 values, but got " + samples);
        }
    }

    /**
     * From independent values, such as one mean per seed.
     *
     * @param values at least 2, finite
     * @return mean and standard error
     */
    public static MeanEstimate of(double[] values) {
        int n = values.length;
        if (n < 2) {
            throw new IllegalArgumentException("an estimate of spread needs at least 2 values, but got " + n);
        }
        double mean = mean(values);
        double squares = 0;
        for (double x : values) {
            squares += (x - mean) * (x - mean);
        }
        return new MeanEstimate(mean, StrictMath.sqrt(squares / (n - 1) / n), n);
    }

    /**
     * From the means of successive equally long batches of one long run (Law, Simulation Modeling and Analysis, 5th edition, section 9.5.3).
     *
     * @param batchMeans at least {@value #LEAST_BATCHES}, finite, each over equally many observations and long against their correlation
     * @return mean and standard error
     */
    public static MeanEstimate ofBatches(double[] batchMeans) {
        if (batchMeans.length < LEAST_BATCHES) {
            throw new IllegalArgumentException("batch means need at least " + LEAST_BATCHES + " batches, but got "
                    + batchMeans.length + "; run longer or use several seeds");
        }
        return of(batchMeans);
    }

    /**
     * Correlation of neighbouring values: far from 0 means that batches are too short for their standard error to be trusted.
     *
     * @param values at least 3, finite
     * @return in [-1, 1]; 0 if all values are equal
     */
    public static double lagOneCorrelation(double[] values) {
        if (values.length < 3) {
            throw new IllegalArgumentException(
                    "a correlation of neighbours needs at least 3 values, but got " + values.length);
        }
        double mean = mean(values);
        double squares = 0;
        double products = 0;
        for (int i = 0; i < values.length; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
            if (i > 0) {
                products += (values[i] - mean) * (values[i - 1] - mean);
            }
        }
        return squares == 0 ? 0 : products / squares;
    }

    /**
     * Student's interval.
     *
     * @param level confidence level, in (0, 1)
     * @return mean plus and minus the quantile times the standard error
     */
    public ConfidenceInterval interval(double level) {
        double half = quantile(samples, level) * standardError;
        return new ConfidenceInterval(mean - half, mean + half, level);
    }

    /** Student's quantile for a two-sided interval over so many values. */
    static double quantile(int samples, double level) {
        ConfidenceInterval.requireLevel(level);
        return new TDistribution(null, samples - 1).inverseCumulativeProbability(0.5 + level / 2);
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double x : values) {
            if (!Double.isFinite(x)) {
                throw new IllegalArgumentException("values must be finite, but one was " + x);
            }
            sum += x;
        }
        return sum / values.length;
    }
}
