package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/** Goodness of fit at significance 1e-6 against an exact law. */
final class Fit {

    static final double SIGNIFICANCE = 1e-6;

    private Fit() {}

    /** Chi-square over classes of the given probabilities. */
    static void assertFits(long[] counts, double[] probabilities) {
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
}
