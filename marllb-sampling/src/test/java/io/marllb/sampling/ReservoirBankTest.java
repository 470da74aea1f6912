package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Reduction;
import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ReservoirBankTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void emptyReservoirHasNoStatisticInsteadOfZeros() {
        ReservoirBank bank = new ReservoirBank(2, 8);
        bank.add(1, 3, 0, 0);
        double[] all = new double[5];

        bank.reduceAll(0, 0, all);

        assertThat(all).containsOnly(Double.NaN);
        for (Reduction r : Reduction.values()) {
            assertThat(bank.reduce(0, r, 0)).as(r.name()).isNaN();
        }
    }

    @Test
    void oneSampleIsEveryLocationStatistic() {
        ReservoirBank bank = new ReservoirBank(1, 8);
        bank.add(0, 0.25, 5 * SECOND, 0);
        double[] all = new double[5];

        bank.reduceAll(0, 100 * SECOND, all);

        assertThat(all).containsExactly(0.25, 0.25, 0, 0.25, 0.25);
    }

    /**
     * NumPy: v = [3, 1, 4, 1, 5]; np.mean(v) = 2.8; np.percentile(v, 90) = 4.6; np.std(v) = 1.6; w = 0.9 ** [4, 3, 2, 1, 0];
     * np.average(v, weights=w); np.percentile(v, 90, method="inverted_cdf", weights=w) = 5.
     */
    @Test
    void agreesWithNumbersByHand() {
        ReservoirBank bank = new ReservoirBank(1, 8);
        double[] values = {3, 1, 4, 1, 5};
        for (int i = 0; i < 5; i++) {
            bank.add(0, values[i], i * SECOND, 0);
        }
        double[] all = new double[5];

        bank.reduceAll(0, 77 * SECOND, all);

        assertThat(all[0]).isCloseTo(2.8, within(1e-15));
        assertThat(all[1]).isCloseTo(4.6, within(1e-14));
        assertThat(all[2]).isCloseTo(1.6, within(1e-15));
        assertThat(all[3])
                .isCloseTo(
                        (3 * 0.6561 + 0.729 + 4 * 0.81 + 0.9 + 5) / (0.6561 + 0.729 + 0.81 + 0.9 + 1), within(1e-14));
        assertThat(all[4]).isEqualTo(5);
    }

    @Test
    void productsFollowTheOriginalProgram() {
        ReservoirBank bank = new ReservoirBank(1, 8, 1, Discounting.PRODUCTS);
        bank.add(0, 10, 0, 0);
        bank.add(0, 20, SECOND, 0);
        bank.add(0, 30, 2 * SECOND, 0);
        double[] all = new double[5];

        bank.reduceAll(0, 3 * SECOND, all);

        double[] products = {10 * 0.729, 20 * 0.81, 30 * 0.9};
        assertThat(all[1]).isCloseTo(28, within(1e-13));
        assertThat(all[3]).isCloseTo((products[0] + products[1] + products[2]) / 3, within(1e-13));
        assertThat(all[4]).isCloseTo(products[1] + 0.8 * (products[2] - products[1]), within(1e-13));
    }

    @Test
    void replacesTheSlotThatTheUpperHalfOfTheWordNames() {
        ReservoirBank bank = new ReservoirBank(2, 4);
        for (int i = 0; i < 4; i++) {
            bank.add(1, i, i, -1L);
        }

        bank.add(1, 42, 99, 2L << 62);

        assertThat(bank.value(1, 2)).isEqualTo(42);
        assertThat(bank.timeNanos(1, 2)).isEqualTo(99);
        assertThat(bank.value(1, 3)).isEqualTo(3);
        assertThat(bank.size(1)).isEqualTo(4);
        assertThat(bank.size(0)).isZero();
    }

    /** Reusing one number for both decisions, as the published algorithm does, would replace a part of the slots only. */
    @Test
    void everySlotIsReplacedEquallyOftenWhateverTheKeepProbability() {
        int trials = 200_000;
        for (double keep : new double[] {1, 0.5, 0.25, 0.1}) {
            ReservoirBank bank = new ReservoirBank(1, 8, keep, Discounting.NORMALISED);
            RandomGenerator words = Streams.of(1).stream("words");
            for (int i = 0; i < 8; i++) {
                bank.add(0, 0, -1, 0);
            }
            long[] replaced = new long[8];
            double[] probabilities = new double[8];
            Arrays.fill(probabilities, 1 / 8.0);

            for (int i = 0; i < trials; i++) {
                bank.add(0, 0, i, words.nextLong());
                for (int slot = 0; slot < 8; slot++) {
                    replaced[slot] += bank.timeNanos(0, slot) == i ? 1 : 0;
                }
            }

            Fit.assertFits(replaced, probabilities);
            double sd = Math.sqrt(trials * keep * (1 - keep));
            assertThat((double) Arrays.stream(replaced).sum()).isCloseTo(trials * keep, within(5 * sd));
        }
    }

    @Test
    void clearEmptiesOneOrAll() {
        ReservoirBank bank = new ReservoirBank(2, 4);
        bank.add(0, 1, 0, 0);
        bank.add(1, 1, 0, 0);

        bank.clear(0);

        assertThat(bank.size(0)).isZero();
        assertThat(bank.size(1)).isEqualTo(1);
        bank.clear();
        assertThat(bank.size(1)).isZero();
    }

    @Test
    void namesEveryWrongArgument() {
        assertThatThrownBy(() -> new ReservoirBank(0, 0, Double.NaN, Discounting.NORMALISED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ReservoirBank: reservoirs must be >= 1, but was 0; slots must be >= 1, but was 0; "
                        + "keepProbability must be in (0, 1], but was NaN");
        assertThatThrownBy(() -> new ReservoirBank(1 << 20, 1 << 11))
                .hasMessageContaining("reservoirs x slots must be below 2^30, but was 2147483648");
    }

    @Test
    void agreesWithPlainCodeOnManySizesLawsAndTies() {
        RandomGenerator random = Streams.of(1).stream("values");
        double[] all = new double[5];
        for (int round = 0; round < 3000; round++) {
            int n = 1 + random.nextInt(round % 10 == 0 ? 2000 : 200);
            ReservoirBank bank = new ReservoirBank(1, n);
            ReservoirBank products = new ReservoirBank(1, n, 1, Discounting.PRODUCTS);
            double[] values = new double[n];
            double[] ages = new double[n];
            long now = 1_000 * SECOND;
            double span = new double[] {0, 1e-3, 1, 30, 900}[random.nextInt(5)];
            int law = random.nextInt(5);
            for (int i = 0; i < n; i++) {
                double e = Exponential.sample(random);
                values[i] = law == 0
                        ? e
                        : law == 1 ? Math.floor(4 * e) : law == 2 ? Math.exp(20 * e) : law == 3 ? i : 0.125 - e;
                long age = (long) (random.nextDouble() * span * SECOND);
                ages[i] = age / (double) SECOND;
                bank.add(0, values[i], now - age, 0);
                products.add(0, values[i], now - age, 0);
            }
            double scale = Arrays.stream(values).map(Math::abs).max().getAsDouble() * 1e-12;

            bank.reduceAll(0, now, all);

            assertThat(all[0]).isCloseTo(Plain.mean(values), within(scale));
            assertThat(all[1]).isCloseTo(Plain.percentile90(values), within(scale));
            assertThat(all[2]).isCloseTo(Plain.std(values), within(scale));
            double[] weights = Plain.weights(ages);
            assertThat(all[3]).isCloseTo(Plain.weightedMean(values, weights), within(scale));
            assertThat(all[4]).isEqualTo(Plain.weightedPercentile90(values, weights));
            assertThat(oneByOne(bank, now)).isEqualTo(all);

            products.reduceAll(0, now, all);

            double[] discounted = new double[n];
            Arrays.setAll(discounted, i -> values[i] * weights[i]);
            assertThat(all[3]).isCloseTo(Plain.mean(discounted), within(scale));
            assertThat(all[4]).isCloseTo(Plain.percentile90(discounted), within(scale));
            assertThat(oneByOne(products, now)).isEqualTo(all);
        }
    }

    private static double[] oneByOne(ReservoirBank bank, long now) {
        return Arrays.stream(Reduction.values())
                .mapToDouble(r -> bank.reduce(0, r, now))
                .toArray();
    }
}
