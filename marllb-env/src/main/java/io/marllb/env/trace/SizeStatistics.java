package io.marllb.env.trace;

import org.HdrHistogram.Histogram;

/** Moments and quantiles of sizes, in constant memory. */
final class SizeStatistics {

    private static final int DIGITS = 3; // quantiles within 0.1 %

    private final Histogram histogram = new Histogram(DIGITS);
    private long count;
    private double mean;
    private double squares; // sum of squared deviations
    private double max;

    void add(double nanos) {
        count++;
        double delta = nanos - mean;
        mean += delta / count;
        squares += delta * (nanos - mean);
        max = Math.max(max, nanos);
        histogram.recordValue(Math.round(nanos));
    }

    TraceDescription.Sizes result() {
        return new TraceDescription.Sizes(mean, squares / count / (mean * mean), quantile(50), quantile(99), max);
    }

    private double quantile(double percent) {
        long value = histogram.getValueAtPercentile(percent);
        return Math.min(max, (histogram.lowestEquivalentValue(value) + histogram.highestEquivalentValue(value)) / 2.0);
    }
}
