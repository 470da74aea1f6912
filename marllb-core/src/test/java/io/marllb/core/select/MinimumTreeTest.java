package io.marllb.core.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Fit;
import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class MinimumTreeTest {

    private static final Words NONE = () -> {
        throw new AssertionError("drew a word");
    };

    @Test
    void startsWithoutACandidateAndDrawsNoWordForIt() {
        for (int size : new int[] {1, 7, 8, 9, 64, 65, 4096}) {
            MinimumTree tree = new MinimumTree(size);

            assertThat(tree.draw(NONE)).isEqualTo(-1);
            assertThat(tree.first()).isEqualTo(-1);
            assertThat(tree.minimum()).isInfinite();
            assertThat(tree.ties()).isZero();
            assertThat(tree.size()).isEqualTo(size);
        }
    }

    @Test
    void singleMinimumNeedsNoWord() {
        MinimumTree tree = new MinimumTree(100);
        tree.set(77, 3);
        tree.set(5, 4);

        assertThat(tree.draw(NONE)).isEqualTo(77);
        assertThat(tree.ties()).isEqualTo(1);
        assertThat(tree.key(5)).isEqualTo(4);
    }

    @Test
    void drawsUniformlyAmongTies() {
        for (int size : new int[] {8, 64, 600, 4096}) {
            MinimumTree tree = new MinimumTree(size);
            RandomGenerator random = Streams.of(size).stream("keys");
            int[] tied = random.ints(0, size).distinct().limit(7).sorted().toArray();
            for (int i = 0; i < size; i++) {
                tree.set(i, 1 + random.nextInt(3));
            }
            for (int i : tied) {
                tree.set(i, 0.5);
            }
            long[] counts = new long[7];
            double[] probabilities = new double[7];
            Arrays.fill(probabilities, 1.0 / 7);

            for (int k = 0; k < 200_000; k++) {
                counts[Arrays.binarySearch(tied, tree.draw(random::nextLong))]++;
            }

            assertThat(tree.ties()).isEqualTo(7);
            assertThat(tree.first()).isEqualTo(tied[0]);
            Fit.assertFits(counts, probabilities);
        }
    }

    @Test
    void everyKeyMayTie() {
        MinimumTree tree = new MinimumTree(13);
        for (int i = 0; i < 13; i++) {
            tree.set(i, 0);
        }

        assertThat(tree.ties()).isEqualTo(13);
        for (long i = 0; i < 13; i++) {
            long word = (i * 0x1_0000_0000L / 13 + 1) << 32;
            assertThat(tree.draw(() -> word)).isEqualTo((int) i);
        }
    }

    @Test
    void candidatesMayLeaveAndReturn() {
        MinimumTree tree = new MinimumTree(9);
        tree.set(8, 1);
        tree.set(8, Double.POSITIVE_INFINITY);
        assertThat(tree.first()).isEqualTo(-1);

        tree.set(8, 2);

        assertThat(tree.first()).isEqualTo(8);
        assertThat(tree.minimum()).isEqualTo(2);
    }

    @Test
    void largestFiniteKeyIsStillACandidate() {
        MinimumTree tree = new MinimumTree(3);
        tree.set(1, Double.MAX_VALUE);

        assertThat(tree.first()).isEqualTo(1);
    }

    @Test
    void sizeMustBePositive() {
        assertThatThrownBy(() -> new MinimumTree(0)).hasMessage("size must be >= 1, but was 0");
    }
}
