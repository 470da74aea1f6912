package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.junit.jupiter.api.Test;

class AlgorithmRTest {

    /** Index of the pair {a, b}, a < b, in lexicographic order among those of n. */
    private static int pairIndex(int a, int b, int n) {
        return a * (2 * n - a - 1) / 2 + b - a - 1;
    }

    private static int heldPair(AlgorithmR reservoir, int n) {
        int x = (int) reservoir.value(0);
        int y = (int) reservoir.value(1);
        return pairIndex(Math.min(x, y), Math.max(x, y), n);
    }

    private static double[] equal(int classes) {
        double[] p = new double[classes];
        Arrays.fill(p, 1.0 / classes);
        return p;
    }

    @Test
    void everyPairOfSevenOffersIsEquallyLikely() {
        RandomGenerator random = Streams.of(1).stream("reservoir");
        AlgorithmR reservoir = new AlgorithmR(random, 2);
        long[] counts = new long[21];

        for (int trial = 0; trial < 300_000; trial++) {
            reservoir.clear();
            for (int i = 0; i < 7; i++) {
                reservoir.add(i, i);
            }
            counts[heldPair(reservoir, 7)]++;
        }

        Fit.assertFits(counts, equal(21));
    }

    /**
     * How often each of 1,000 offers is held in 20,000 trials of 10 slots. Within a trial inclusions exclude each other, so the statistic is
     * scaled by (N - 1) / (N (1 - K/N)) to follow chi-square with N - 1 degrees of freedom. Significance 1e-6.
     */
    @Test
    void everyOfferIsHeldEquallyOften() {
        int n = 1000;
        int k = 10;
        int trials = 20_000;
        AlgorithmR reservoir = new AlgorithmR(Streams.of(2).stream("reservoir"), k);
        long[] counts = new long[n];

        for (int trial = 0; trial < trials; trial++) {
            reservoir.clear();
            for (int i = 0; i < n; i++) {
                reservoir.add(i, i);
            }
            for (int i = 0; i < k; i++) {
                counts[(int) reservoir.value(i)]++;
            }
        }

        double expected = (double) trials * k / n;
        double statistic = 0;
        for (long c : counts) {
            statistic += (c - expected) * (c - expected) / expected;
        }
        statistic *= (n - 1.0) / (n * (1 - (double) k / n));
        ChiSquaredDistribution law = new ChiSquaredDistribution(null, n - 1);
        assertThat(statistic)
                .isBetween(law.inverseCumulativeProbability(5e-7), law.inverseCumulativeProbability(1 - 5e-7));
    }

    @Test
    void mergedSampleIsUniformOverBothStreams() {
        RandomGenerator random = Streams.of(3).stream("reservoir");
        AlgorithmR four = new AlgorithmR(random, 2);
        AlgorithmR three = new AlgorithmR(random, 2);
        long[] counts = new long[21];

        for (int trial = 0; trial < 300_000; trial++) {
            four.clear();
            three.clear();
            for (int i = 0; i < 4; i++) {
                four.add(i, i);
            }
            for (int i = 4; i < 7; i++) {
                three.add(i, i);
            }
            four.merge(three);
            counts[heldPair(four, 7)]++;
        }

        assertThat(four.offered()).isEqualTo(7);
        Fit.assertFits(counts, equal(21));
    }

    @Test
    void staysUniformWhenItGoesOnAfterAMerge() {
        RandomGenerator random = Streams.of(4).stream("reservoir");
        AlgorithmR one = new AlgorithmR(random, 2);
        AlgorithmR four = new AlgorithmR(random, 2);
        long[] counts = new long[21];

        for (int trial = 0; trial < 300_000; trial++) {
            one.clear();
            four.clear();
            one.add(0, 0);
            for (int i = 1; i < 5; i++) {
                four.add(i, i);
            }
            one.merge(four);
            one.add(5, 5);
            one.add(6, 6);
            counts[heldPair(one, 7)]++;
        }

        Fit.assertFits(counts, equal(21));
    }

    @Test
    void mergeKeepsEverythingWhileItFits() {
        RandomGenerator random = Streams.of(5).stream("reservoir");
        AlgorithmR a = new AlgorithmR(random, 5);
        AlgorithmR b = new AlgorithmR(random, 5);
        a.add(1, 10);
        a.add(2, 20);
        b.add(3, 15);

        a.merge(b);

        assertThat(a.size()).isEqualTo(3);
        double[] values = {a.value(0), a.value(1), a.value(2)};
        assertThat(values).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(b.size()).isEqualTo(1);
    }

    @Test
    void refusesMergesThatWouldNotBeUniform() {
        AlgorithmR a = new AlgorithmR(Streams.of(6).stream("reservoir"), 5);

        assertThatThrownBy(() -> a.merge(a)).hasMessageContaining("cannot be merged with itself");
        assertThatThrownBy(() -> a.merge(new AlgorithmR(Streams.of(7).stream("reservoir"), 6)))
                .hasMessage("reservoirs to merge must have the same capacity, but have 5 and 6");
        assertThatThrownBy(() -> new AlgorithmR(Streams.of(7).stream("reservoir"), 0))
                .hasMessage("capacity must be >= 1, but was 0");
    }
}
