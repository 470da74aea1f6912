package io.marllb.bench.statistics;

/**
 * Geometric mean of ratios, such as one policy's time over another's in each scenario: neither scenario counts more for being slower.
 *
 * @param value the geometric mean, {@code > 0}
 * @param log mean and standard error of the logarithms
 */
public record GeometricMean(double value, MeanEstimate log) {

    /**
     * Of positive values.
     *
     * @param values at least 2, finite, {@code > 0}
     * @return the mean
     */
    public static GeometricMean of(double[] values) {
        double[] logs = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] > 0 && values[i] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("values[" + i + "] must be finite and > 0, but was " + values[i]);
            }
            logs[i] = StrictMath.log(values[i]);
        }
        MeanEstimate log = MeanEstimate.of(logs);
        return new GeometricMean(StrictMath.exp(log.mean()), log);
    }

    /**
     * Student's interval of the logarithms, taken back.
     *
     * @param level confidence level, in (0, 1)
     * @return the interval, not symmetric about the value
     */
    public ConfidenceInterval interval(double level) {
        ConfidenceInterval logs = log.interval(level);
        return new ConfidenceInterval(StrictMath.exp(logs.low()), StrictMath.exp(logs.high()), level);
    }
}
