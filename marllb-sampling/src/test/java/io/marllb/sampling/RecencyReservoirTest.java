package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RecencyReservoirTest {

    private static final long SECOND = 1_000_000_000L;

    /** Probabilities of the ages 0, 1, ..., classes - 2 offers, and of all greater ones, when a slot is replaced with probability q. */
    private static double[] geometric(double q, int classes) {
        double[] p = new double[classes];
        double left = 1;
        for (int i = 0; i < classes - 1; i++) {
            p[i] = left * q;
            left -= p[i];
        }
        p[classes - 1] = left;
        return p;
    }

    @Test
    void ageOfASlotIsGeometricInOffers() {
        int k = 16;
        RecencyReservoir reservoir = new RecencyReservoir(Streams.of(1).stream("reservoir"), k);
        long[] counts = new long[60];

        for (int trial = 0; trial < 60_000; trial++) {
            reservoir.clear();
            int n = 400; // (15/16)^(400 - 16) = 2e-11 of the slots hold their first sample
            for (int i = 0; i < n; i++) {
                reservoir.add(i, i);
            }
            counts[(int) Math.min(59, n - 1 - reservoir.timeNanos(trial % k))]++;
        }

        Fit.assertFits(counts, geometric(1.0 / k, 60));
    }

    @Test
    void keepProbabilityStretchesTheAges() {
        int k = 4;
        double keep = 0.25;
        RecencyReservoir reservoir = new RecencyReservoir(Streams.of(2).stream("reservoir"), k, keep);
        long[] counts = new long[60];

        for (int trial = 0; trial < 60_000; trial++) {
            reservoir.clear();
            int n = 500; // (15/16)^496 = 1e-14
            for (int i = 0; i < n; i++) {
                reservoir.add(i, i);
            }
            counts[(int) Math.min(59, n - 1 - reservoir.timeNanos(trial % k))]++;
        }

        Fit.assertFits(counts, geometric(keep / k, 60));
    }

    /** The paper's E = λ p ((K - p)/K)^(λ T), summed over the offers of one second, T seconds ago. */
    @Test
    void expectedSurvivorsOfAPastSecondAreThePapers() {
        int k = 100;
        double keep = 0.5;
        int rate = 40; // offers per second
        int trials = 20_000;
        RecencyReservoir reservoir = new RecencyReservoir(Streams.of(3).stream("reservoir"), k, keep);
        long[] survivors = new long[5];

        for (int trial = 0; trial < trials / 20; trial++) {
            for (int i = 0; i < 60 * rate; i++) {
                reservoir.add(0, (long) trial * 60 * rate + i);
            }
            long now = (trial + 1L) * 60 * rate;
            for (int i = 0; i < k; i++) {
                long secondsAgo = (now - 1 - reservoir.timeNanos(i)) / rate;
                if (secondsAgo < 5) {
                    survivors[(int) secondsAgo]++;
                }
            }
        }

        for (int t = 0; t < 5; t++) {
            double expected = 0;
            for (int i = 0; i < rate; i++) {
                expected += keep * Math.pow((k - keep) / k, t * rate + i);
            }
            double sd = Math.sqrt(expected / (trials / 20.0)); // a bound: samples exclude each other
            assertThat(survivors[t] / (trials / 20.0)).as("of second %d", t).isCloseTo(expected, within(5 * sd));
        }
    }

    @Test
    void takesTheSameSamplesAsTheBankFromTheSameWords() {
        RandomGenerator random = Streams.of(4).stream("values");
        RecencyReservoir reservoir = new RecencyReservoir(Streams.of(5).stream("words"), 8, 0.7);
        ReservoirBank bank = new ReservoirBank(3, 8, 0.7, Discounting.NORMALISED);
        RandomGenerator words = Streams.of(5).stream("words");

        for (int i = 0; i < 500; i++) {
            double value = Exponential.sample(random);
            reservoir.add(value, i * SECOND);
            bank.add(1, value, i * SECOND, bank.size(1) < 8 ? 0 : words.nextLong());
        }

        for (int i = 0; i < 8; i++) {
            assertThat(reservoir.value(i)).isEqualTo(bank.value(1, i));
            assertThat(reservoir.timeNanos(i)).isEqualTo(bank.timeNanos(1, i));
        }
        for (Statistic s : Statistic.values()) {
            assertThat(reservoir.statistic(s, 501 * SECOND)).isEqualTo(bank.statistic(1, s, 501 * SECOND));
        }
    }

    /**
     * Two Poisson streams of 3 and 1 offers per second. In a reservoir of both, the time since a slot was last replaced is exponential of
     * rate 4/K, and 3/4 of the samples come from the first.
     */
    @Test
    void mergedAgesAndSharesAreThoseOfOneReservoirOfBothStreams() {
        int k = 32;
        int trials = 6_000;
        RandomGenerator random = Streams.of(6).stream("merge");
        long[] ages = new long[20];
        double[] probabilities = new double[20];
        Arrays.fill(probabilities, 1.0 / 20);
        long fromFirst = 0;
        for (int trial = 0; trial < trials; trial++) {
            RecencyReservoir first = new RecencyReservoir(random, k);
            RecencyReservoir second = new RecencyReservoir(random, k);
            long end = 150 * SECOND;
            fill(first, 1, 3, end, random);
            fill(second, 2, 1, end, random);

            first.merge(second);

            assertThat(first.size()).isEqualTo(k);
            int slot = random.nextInt(k);
            double age = (end - first.timeNanos(slot)) * 1e-9;
            ages[(int) Math.min(19, -Math.expm1(-age * 4 / k) * 20)]++;
            fromFirst += first.value(slot) == 1 ? 1 : 0;
        }

        Fit.assertFits(ages, probabilities);
        assertThat((double) fromFirst / trials).isCloseTo(0.75, within(5 * Math.sqrt(0.75 * 0.25 / trials)));
    }

    private static void fill(RecencyReservoir reservoir, double tag, double rate, long end, RandomGenerator random) {
        double time = Exponential.sample(random) / rate * SECOND;
        while (time < end) {
            reservoir.add(tag, (long) time);
            time += Exponential.sample(random) / rate * SECOND;
        }
    }

    @Test
    void mergeKeepsEverythingWhileItFits() {
        RandomGenerator random = Streams.of(7).stream("reservoir");
        RecencyReservoir a = new RecencyReservoir(random, 4);
        RecencyReservoir b = new RecencyReservoir(random, 4);
        a.add(1, 10);
        b.add(2, 5);
        b.add(3, 20);

        a.merge(b);
        a.merge(new RecencyReservoir(random, 4));

        assertThat(a.size()).isEqualTo(3);
        assertThat(a.offered()).isEqualTo(3);
        double[] values = {a.value(0), a.value(1), a.value(2)};
        assertThat(values).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void oneSlotKeepsTheNewest() {
        RandomGenerator random = Streams.of(8).stream("reservoir");
        RecencyReservoir a = new RecencyReservoir(random, 1);
        RecencyReservoir b = new RecencyReservoir(random, 1);
        a.add(1, 10);
        b.add(2, 5);
        b.add(3, 20);
        a.add(4, 21);

        b.merge(a);

        assertThat(b.value(0)).isEqualTo(4);
        assertThat(b.offered()).isEqualTo(4);
    }

    @Test
    void mergeOfAQuietAndABusyStreamIsMostlyTheBusy() {
        RandomGenerator random = Streams.of(9).stream("reservoir");
        RecencyReservoir quiet = new RecencyReservoir(random, 16);
        RecencyReservoir busy = new RecencyReservoir(random, 16);
        for (int i = 0; i < 16; i++) {
            quiet.add(1, i);
        }
        for (int i = 0; i < 100_000; i++) {
            busy.add(2, 100 + i);
        }

        quiet.merge(busy);

        for (int i = 0; i < 16; i++) {
            assertThat(quiet.value(i)).isEqualTo(2);
        }
    }

    @Test
    void refusesUnequalPartners() {
        RandomGenerator random = Streams.of(10).stream("reservoir");
        RecencyReservoir a = new RecencyReservoir(random, 4);

        assertThatThrownBy(() -> a.merge(a)).hasMessageContaining("cannot be merged with itself");
        assertThatThrownBy(() -> a.merge(new RecencyReservoir(random, 5)))
                .hasMessageContaining("capacity, but have 4 and 5");
        assertThatThrownBy(() -> a.merge(new RecencyReservoir(random, 4, 0.5)))
                .hasMessageContaining("keep probability, but have 1.0 and 0.5");
        assertThatThrownBy(() -> new RecencyReservoir(random, 4, Double.NaN))
                .hasMessage("RecencyReservoir: keepProbability must be in (0, 1], but was NaN");
    }
}
