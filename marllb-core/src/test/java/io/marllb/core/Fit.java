package io.marllb.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.apache.commons.math3.distribution.RealDistribution;

/** Goodness of fit at significance 1e-6 against an exact law. */
public final class Fit {

    public static final double SIGNIFICANCE = 1e-6;

    private Fit() {}

    /** Chi-square over classes of the given probabilities. */
    public static void assertFits(long[] counts, double[] probabilities) {
        long n = 0;
        for (long c : counts) {
            n += c;
        }
        double statistic = 0;
        for (int i = 0; i < counts.length; i++) {
            double expected = n * probabilities[i];
            assertThat(expected)
                    .as("expected count of class %d: too few for chi-square", i)
                    .isGreaterThan(10);
            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        double critical =
                new ChiSquaredDistribution(null, counts.length - 1).inverseCumulativeProbability(1 - SIGNIFICANCE);
        assertThat(statistic)
                .as("chi-square of %d draws in %d classes", n, counts.length)
                .isLessThan(critical);
    }

    /** Largest distance between the empirical distribution of sorted draws and the law, against the limit of Kolmogorov and Smirnov. */
    public static void assertKolmogorovSmirnov(double[] sorted, RealDistribution law) {
        int n = sorted.length;
        double distance = 0;
        for (int i = 0; i < n; i++) {
            double p = law.cumulativeProbability(sorted[i]);
            distance = Math.max(distance, Math.max(p - (double) i / n, (i + 1.0) / n - p));
        }
        double critical =
                Math.sqrt(Math.log(2 / SIGNIFICANCE) / (2.0 * n)); // first term of the limit; exact to 1e-20 here
        assertThat(distance).as("Kolmogorov-Smirnov distance of %d draws", n).isLessThan(critical);
    }
}
