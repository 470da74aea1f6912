package io.marllb.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class WordsTest {

    @Test
    void belowCoversExactlyTheRange() {
        for (int bound : new int[] {1, 2, 3, 7, 1000, 65_537, Integer.MAX_VALUE}) {
            assertThat(Words.below(0, bound)).isZero();
            assertThat(Words.below(-1L, bound)).as("the largest word").isEqualTo(bound - 1);
        }
    }

    @Test
    void belowReadsTheUpperHalfOnly() {
        assertThat(Words.below(0x8000_0000_0000_0000L, 10)).isEqualTo(5);
        assertThat(Words.below(0x8000_0000_ffff_ffffL, 10)).isEqualTo(5);
        assertThat(Words.below(0x0000_0000_ffff_ffffL, Integer.MAX_VALUE)).isZero();
    }

    @Test
    void belowIsUniform() {
        RandomGenerator random = Streams.of(1).stream("words");
        long[] counts = new long[7];
        double[] probabilities = new double[7];
        Arrays.fill(probabilities, 1.0 / 7);

        for (int i = 0; i < 1_000_000; i++) {
            counts[Words.below(random.nextLong(), 7)]++;
        }

        Fit.assertFits(counts, probabilities);
    }

    @Test
    void unitIsNeverOne() {
        assertThat(Words.unit(0)).isZero();
        assertThat(Words.unit(-1L)).isEqualTo(1 - 0x1.0p-53).isLessThan(1);
        assertThat(Words.unit(Long.MIN_VALUE)).isEqualTo(0.5);
    }

    @Test
    void unitIsUniform() {
        RandomGenerator random = Streams.of(2).stream("words");
        long[] counts = new long[100];
        double[] probabilities = new double[100];
        Arrays.fill(probabilities, 0.01);

        for (int i = 0; i < 1_000_000; i++) {
            counts[(int) (Words.unit(random.nextLong()) * 100)]++;
        }

        Fit.assertFits(counts, probabilities);
    }
}
