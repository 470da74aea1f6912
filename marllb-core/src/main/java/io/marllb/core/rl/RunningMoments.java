package io.marllb.core.rl;

import java.util.Arrays;

/**
 * Running mean and variance per feature, updated in one pass (Welford 1962), mergeable (Chan, Golub and LeVeque 1983). Plain arrays in
 * and out, so that a checkpoint can hold it. Not thread-safe.
 */
public final class RunningMoments {

    private final double[] mean; // [features]
    private final double[] squares; // [features], sum of squared deviations from the mean
    private long count;

    /**
     * No sample yet: mean 0, variance 1.
     *
     * @param features number of features, {@code >= 1}
     */
    public RunningMoments(int features) {
        if (features < 1) {
            throw new IllegalArgumentException("features must be >= 1, but was " + features);
        }
        this.mean = new double[features];
        this.squares = new double[features];
    }

    /**
     * Restores what {@link #count}, {@link #mean} and {@link #variance} gave.
     *
     * @param count number of samples, {@code >= 0}
     * @param mean {@code [features]}, finite
     * @param variance of the population, {@code [features]}, finite and {@code >= 0}
     * @return the moments
     */
    public static RunningMoments of(long count, double[] mean, double[] variance) {
        if (count < 0 || mean.length != variance.length) {
            throw new IllegalArgumentException("count must be >= 0 and mean and variance of one length, but were "
                    + count + ", " + mean.length + " and " + variance.length);
        }
        RunningMoments m = new RunningMoments(mean.length);
        for (int i = 0; i < mean.length; i++) {
            if (!(Math.abs(mean[i]) < Double.POSITIVE_INFINITY)
                    || !(variance[i] >= 0 && variance[i] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("mean[" + i + "] must be finite and variance[" + i
                        + "] finite and >= 0, but were " + mean[i] + " and " + variance[i]);
            }
            m.mean[i] = mean[i];
            m.squares[i] = variance[i] * count;
        }
        m.count = count;
        return m;
    }

    /**
     * Number of features.
     *
     * @return {@code >= 1}
     */
    public int features() {
        return mean.length;
    }

    /**
     * Number of samples.
     *
     * @return {@code >= 0}
     */
    public long count() {
        return count;
    }

    /**
     * Means.
     *
     * @return a new array, {@code [features]}; 0 without samples
     */
    public double[] mean() {
        return mean.clone();
    }

    /**
     * Variances of the population.
     *
     * @return a new array, {@code [features]}; 1 without samples
     */
    public double[] variance() {
        double[] v = new double[mean.length];
        for (int i = 0; i < v.length; i++) {
            v[i] = variance(i);
        }
        return v;
    }

    /**
     * Mean of one feature.
     *
     * @param i index
     * @return the mean; 0 without samples
     */
    public double mean(int i) {
        return mean[i];
    }

    /**
     * Variance of one feature.
     *
     * @param i index
     * @return variance of the population; 1 without samples
     */
    public double variance(int i) {
        return count == 0 ? 1 : squares[i] / count;
    }

    /**
     * Adds a sample.
     *
     * @param x {@code [features]}, finite
     */
    public void add(float[] x) {
        count++;
        for (int i = 0; i < mean.length; i++) {
            double before = x[i] - mean[i];
            mean[i] += before / count;
            squares[i] += before * (x[i] - mean[i]);
        }
    }

    /**
     * Adds a sample of one feature.
     *
     * @param x finite
     */
    void add(double x) {
        count++;
        double before = x - mean[0];
        mean[0] += before / count;
        squares[0] += before * (x - mean[0]);
    }

    /**
     * Adds the samples of another, as if they had been added here.
     *
     * @param other with the same number of features
     */
    public void merge(RunningMoments other) {
        if (other.mean.length != mean.length) {
            throw new IllegalArgumentException("cannot merge " + other.mean.length + " features into " + mean.length);
        }
        if (other.count == 0) {
            return;
        }
        long total = count + other.count;
        for (int i = 0; i < mean.length; i++) {
            double delta = other.mean[i] - mean[i];
            squares[i] += other.squares[i] + delta * delta * ((double) count * other.count / total);
            mean[i] += delta * other.count / total;
        }
        count = total;
    }

    /**
     * Independent copy.
     *
     * @return a copy
     */
    public RunningMoments copy() {
        RunningMoments m = new RunningMoments(mean.length);
        System.arraycopy(mean, 0, m.mean, 0, mean.length);
        System.arraycopy(squares, 0, m.squares, 0, mean.length);
        m.count = count;
        return m;
    }

    @Override
    public String toString() {
        return "RunningMoments(count=" + count + ", mean=" + Arrays.toString(mean) + ", variance="
                + Arrays.toString(variance()) + ")";
    }
}
