package io.marllb.core.rng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Fit;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;

class NormalTest {

    private static final NormalDistribution LAW = new NormalDistribution(null, 0, 1);
    private static final double TAIL = 3.654152885361009; // where the ziggurat's tail begins
    private static final double FIVE_SIGMA = 5; // two-sided significance 6e-7

    @Test
    void fitsTheExactLawInNarrowClasses() {
        RandomGenerator random = Streams.of(1).stream("normal");
        int classes = 602; // 600 of width 0.01 over [-3, 3), and the two outer ones
        double[] probabilities = new double[classes];
        double below = 0;
        for (int i = 0; i < classes; i++) {
            double upTo = i == classes - 1 ? 1 : LAW.cumulativeProbability(-3 + 0.01 * i);
            probabilities[i] = upTo - below;
            below = upTo;
        }
        long[] counts = new long[classes];

        for (int i = 0; i < 10_000_000; i++) {
            counts[(int) Math.max(0, Math.min(classes - 1, Math.floor((Normal.sample(random) + 3) * 100) + 1))]++;
        }

        Fit.assertFits(counts, probabilities);
    }

    @Test
    void fitsTheExactLawByKolmogorovSmirnov() {
        RandomGenerator random = Streams.of(2).stream("normal");
        double[] draws = new double[200_000];

        Arrays.setAll(draws, i -> Normal.sample(random));

        Arrays.sort(draws);
        Fit.assertKolmogorovSmirnov(draws, LAW);
    }

    @Test
    void hasTheRightMassAndShapeBeyondTheLastLayerOnBothSides() {
        RandomGenerator random = Streams.of(3).stream("normal");
        int n = 20_000_000;
        double[] edges = {TAIL, 3.72, 3.8, 3.9, 4.0, 4.15, 4.35};
        double mass = 2 * LAW.cumulativeProbability(-TAIL);
        double[] probabilities = new double[edges.length];
        for (int i = 0; i < edges.length; i++) {
            double outer = i + 1 < edges.length ? LAW.cumulativeProbability(-edges[i + 1]) : 0;
            probabilities[i] = 2 * (LAW.cumulativeProbability(-edges[i]) - outer) / mass;
        }
        long[] counts = new long[edges.length];
        long beyond = 0;
        long positive = 0;

        for (int i = 0; i < n; i++) {
            double x = Normal.sample(random);
            if (Math.abs(x) > TAIL) {
                beyond++;
                positive += x > 0 ? 1 : 0;
                int k = edges.length - 1;
                while (Math.abs(x) <= edges[k]) {
                    k--;
                }
                counts[k]++;
            }
        }

        double expected = n * mass;
        assertThat((double) beyond).isCloseTo(expected, within(FIVE_SIGMA * Math.sqrt(expected)));
        assertThat((double) positive).isCloseTo(beyond / 2.0, within(FIVE_SIGMA * Math.sqrt((double) beyond) / 2));
        Fit.assertFits(counts, probabilities);
    }

    @Test
    void hasTheMomentsOfTheLaw() {
        RandomGenerator random = Streams.of(4).stream("normal");
        int n = 5_000_000;
        double[] sums = new double[7];

        for (int i = 0; i < n; i++) {
            double x = Normal.sample(random);
            double power = 1;
            for (int k = 1; k <= 6; k++) {
                power *= x;
                sums[k] += power;
            }
        }

        double[] moment = {1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395};
        for (int k = 1; k <= 6; k++) {
            double sd = Math.sqrt((moment[2 * k] - moment[k] * moment[k]) / n);
            assertThat(sums[k] / n).as("moment %d", k).isCloseTo(moment[k], within(FIVE_SIGMA * sd));
        }
    }

    @Test
    void signAndMagnitudeAreIndependent() {
        RandomGenerator random = Streams.of(5).stream("normal");
        int n = 2_000_000;
        double product = 0;

        for (int i = 0; i < n; i++) {
            double x = Normal.sample(random);
            product += Math.signum(x) * (x * x - 1);
        }

        assertThat(product / n).isCloseTo(0, within(FIVE_SIGMA * Math.sqrt(2.0 / n)));
    }
}
