package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/** Goodness of fit at significance 1e-6: with fixed seeds a test either always passes or always fails. */
final class Statistic {

    static final double SIGNIFICANCE = 1e-6;

    private Statistic() {}

    /** Kolmogorov-Smirnov against an exact distribution function; the critical value is the asymptotic one, sqrt(-ln(a/2)/2)/sqrt(n). */
    static void assertFollows(double[] sample, DoubleUnaryOperator cdf) {
        double[] sorted = sample.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double worst = 0;
        for (int i = 0; i < n; i++) {
            double f = cdf.applyAsDouble(sorted[i]);
            worst = Math.max(worst, Math.max((i + 1.0) / n - f, f - (double) i / n));
        }
        assertThat(worst).isLessThan(Math.sqrt(-Math.log(SIGNIFICANCE / 2) / 2 / n));
    }

    /** Pearson's chi-square against expected counts. */
    static void assertCounts(long[] observed, double[] expected) {
        double sum = 0;
        for (int i = 0; i < observed.length; i++) {
            double d = observed[i] - expected[i];
            sum += d * d / expected[i];
        }
        double limit = new ChiSquaredDistribution(observed.length - 1).inverseCumulativeProbability(1 - SIGNIFICANCE);
        assertThat(sum).isLessThan(limit);
    }
}
