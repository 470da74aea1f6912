package io.marllb.core.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Fit;
import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AliasTableTest {

    @Test
    void exactProbabilitiesAreTheWeightsOverTheirSum() {
        RandomGenerator random = Streams.of(1).stream("weights");
        for (int round = 0; round < 400; round++) {
            int n = 1 + random.nextInt(round % 20 == 0 ? 600 : 40);
            double[] weights = new double[n];
            for (int i = 0; i < n; i++) {
                double e = Exponential.sample(random);
                weights[i] = switch (round % 4) {
                    case 0 -> e;
                    case 1 -> Math.exp(10 * e); // some weights dwarf the others
                    case 2 -> Math.floor(e); // many zeros
                    default -> 1;
                };
            }
            weights[random.nextInt(n)] += 1;
            double sum = Arrays.stream(weights).sum();
            AliasTable table = new AliasTable(n);

            table.build(weights);

            for (int i = 0; i < n; i++) {
                assertThat(table.probability(i)).as("index %d", i).isCloseTo(weights[i] / sum, within(1e-8));
                if (weights[i] == 0) {
                    assertThat(table.probability(i)).isZero();
                }
            }
        }
    }

    @Test
    void drawsFollowTheWeights() {
        double[] weights = {1, 0, 2, 3, 0.5, 0, 7.5, 2};
        AliasTable table = new AliasTable(weights.length);
        table.build(weights);
        RandomGenerator random = Streams.of(1).stream("words");
        long[] counts = new long[8];

        for (int i = 0; i < 2_000_000; i++) {
            counts[table.draw(random.nextLong())]++;
        }

        assertThat(counts[1] + counts[5]).as("draws of weight 0").isZero();
        Fit.assertFits(
                new long[] {counts[0], counts[2], counts[3], counts[4], counts[6], counts[7]},
                new double[] {1 / 16.0, 2 / 16.0, 3 / 16.0, 0.5 / 16, 7.5 / 16, 2 / 16.0});
    }

    @Test
    void zerosAreNeverDrawnWhateverTheWord() {
        for (int n = 2; n < 40; n++) {
            double[] weights = new double[n];
            weights[n / 2] = 0.1;
            weights[n - 1] = 0.3;
            AliasTable table = new AliasTable(n);
            table.build(weights);
            for (long upper = 0; upper < 1000; upper++) {
                long cell = (upper * (0xffff_ffffL / 999)) << 32;

                assertThat(table.draw(cell)).isIn(n / 2, n - 1);
                assertThat(table.draw(cell | 0xffff_ffffL)).isIn(n / 2, n - 1);
            }
        }
    }

    @Test
    void singleWeightIsAlwaysDrawn() {
        AliasTable table = new AliasTable(1);
        table.build(new double[] {1e-300});

        assertThat(table.draw(0)).isZero();
        assertThat(table.draw(-1)).isZero();
        assertThat(table.probability(0)).isEqualTo(1);
    }

    @Test
    void noCandidateUntilBuiltAndWhenAllAreZero() {
        AliasTable table = new AliasTable(3);

        assertThat(table.draw(12345)).isEqualTo(-1);
        table.build(new double[] {1, 1, 1});
        assertThat(table.draw(12345)).isNotNegative();
        table.build(new double[3]);
        assertThat(table.draw(12345)).isEqualTo(-1);
        assertThat(table.probability(1)).isZero();
    }

    /** Sums like 10 x 0.1 leave rounding errors that strand cells on either side of 1. */
    @Test
    void roundingLeftoversKeepTheirMass() {
        for (int n = 1; n <= 300; n++) {
            for (double w : new double[] {0.1, 1 / 3.0, 1e-17, 0.7}) {
                double[] weights = new double[n];
                Arrays.fill(weights, w);
                weights[0] = w * (1 + 0x1.0p-52);
                AliasTable table = new AliasTable(n);

                table.build(weights);

                for (int i = 0; i < n; i++) {
                    assertThat(table.probability(i)).isCloseTo(1.0 / n, within(1e-9));
                }
            }
        }
    }

    @Test
    void weightsNearTheEndsOfTheRangeNeitherOverflowNorVanish() {
        AliasTable table = new AliasTable(4);

        table.build(new double[] {1e308, 1e308, 0, 0.5e308});
        assertThat(table.probability(0)).isCloseTo(0.4, within(1e-9));
        assertThat(table.probability(2)).isZero();
        assertThat(table.probability(3)).isCloseTo(0.2, within(1e-9));

        table.build(new double[] {Double.MIN_VALUE, 3 * Double.MIN_VALUE, 0, 0});
        assertThat(table.probability(0)).isCloseTo(0.25, within(1e-9));
        assertThat(table.probability(1)).isCloseTo(0.75, within(1e-9));
    }

    @Test
    void rebuildForgetsTheFormerWeights() {
        AliasTable reused = new AliasTable(5);
        reused.build(new double[] {5, 0, 0, 1, 9});
        AliasTable fresh = new AliasTable(5);
        double[] weights = {1, 2, 0, 4, 3};

        reused.build(weights);
        fresh.build(weights);

        RandomGenerator random = Streams.of(9).stream("words");
        for (int i = 0; i < 10_000; i++) {
            long word = random.nextLong();
            assertThat(reused.draw(word)).isEqualTo(fresh.draw(word));
        }
    }

    @Test
    void namesWrongWeights() {
        AliasTable table = new AliasTable(2);

        assertThatThrownBy(() -> table.build(new double[] {1, Double.NaN}))
                .hasMessage("weights[1] must be finite and >= 0, but was NaN");
        assertThatThrownBy(() -> table.build(new double[] {-1, 1}))
                .hasMessage("weights[0] must be finite and >= 0, but was -1.0");
        assertThatThrownBy(() -> table.build(new double[3])).hasMessage("weights has 3 entries, but the table has 2");
        assertThatThrownBy(() -> new AliasTable(0)).hasMessage("size must be >= 1, but was 0");
    }

    @Test
    void refusedWeightsLeaveTheTableAsItWas() {
        AliasTable table = new AliasTable(2);
        table.build(new double[] {1, 0});

        assertThatThrownBy(() -> table.build(new double[] {0, Double.NaN}))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(table.draw(-1)).isZero();
    }
}
