package io.marllb.core.rng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Fit;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.apache.commons.math3.distribution.ExponentialDistribution;
import org.junit.jupiter.api.Test;

class ExponentialTest {

    private static final double TAIL = 7.69711747013105; // where the ziggurat's tail begins
    private static final double FIVE_SIGMA = 5; // two-sided significance 6e-7

    @Test
    void fitsTheExactLawInThousandEquallyLikelyClasses() {
        RandomGenerator random = Streams.of(1).stream("exponential");
        long[] counts = new long[1000];
        double[] probabilities = new double[1000];
        Arrays.fill(probabilities, 1e-3);

        for (int i = 0; i < 10_000_000; i++) {
            counts[(int) Math.min(999, -Math.expm1(-Exponential.sample(random)) * 1000)]++;
        }

        Fit.assertFits(counts, probabilities);
    }

    @Test
    void fitsTheExactLawByKolmogorovSmirnov() {
        RandomGenerator random = Streams.of(2).stream("exponential");
        double[] draws = new double[500_000];

        Arrays.setAll(draws, i -> Exponential.sample(random));

        Arrays.sort(draws);
        Fit.assertKolmogorovSmirnov(draws, new ExponentialDistribution(null, 1));
    }

    @Test
    void hasTheRightMassAndShapeBeyondTheLastLayer() {
        RandomGenerator random = Streams.of(3).stream("exponential");
        int n = 20_000_000;
        long[] counts = new long[50]; // equally likely classes of the excess over TAIL
        long beyond = 0;

        for (int i = 0; i < n; i++) {
            double x = Exponential.sample(random);
            if (x > TAIL) {
                beyond++;
                counts[(int) Math.min(49, -Math.expm1(TAIL - x) * 50)]++;
            }
        }

        double expected = n * Math.exp(-TAIL);
        assertThat((double) beyond).isCloseTo(expected, within(FIVE_SIGMA * Math.sqrt(expected)));
        double[] probabilities = new double[50];
        Arrays.fill(probabilities, 1.0 / 50);
        Fit.assertFits(counts, probabilities);
    }

    @Test
    void hasTheMomentsOfTheLaw() {
        RandomGenerator random = Streams.of(4).stream("exponential");
        int n = 5_000_000;
        double[] sums = new double[5];

        for (int i = 0; i < n; i++) {
            double x = Exponential.sample(random);
            double power = 1;
            for (int k = 1; k <= 4; k++) {
                power *= x;
                sums[k] += power;
            }
        }

        double[] factorial = {1, 1, 2, 6, 24, 120, 720, 5040, 40320};
        for (int k = 1; k <= 4; k++) { // E[X^k] = k!, Var[X^k] = (2k)! - k!^2
            double sd = Math.sqrt((factorial[2 * k] - factorial[k] * factorial[k]) / n);
            assertThat(sums[k] / n).as("moment %d", k).isCloseTo(factorial[k], within(FIVE_SIGMA * sd));
        }
    }

    @Test
    void drawsAreIndependentOfTheirPredecessor() {
        RandomGenerator random = Streams.of(5).stream("exponential");
        int n = 2_000_000;
        double product = 0;
        double last = Exponential.sample(random);

        for (int i = 0; i < n; i++) {
            double x = Exponential.sample(random);
            product += (x - 1) * (last - 1);
            last = x;
        }

        assertThat(product / n).as("lag-1 correlation").isCloseTo(0, within(FIVE_SIGMA / Math.sqrt(n)));
    }

    @Test
    void wordsOfZeroGiveZeroAndNeverANegativeNumber() {
        assertThat(Exponential.sample(() -> 0L)).isZero();
    }
}
