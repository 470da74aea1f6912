package io.marllb.core.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MinimumTreeProperties {

    /** Keys from a small set, so that ties, departures and returns are common. */
    private static double key(RandomGenerator random) {
        int k = random.nextInt(6);
        return k == 5 ? Double.POSITIVE_INFINITY : k / 3.0;
    }

    private static void assertAgrees(MinimumTree tree, double[] keys, RandomGenerator random) {
        double min = Arrays.stream(keys).min().getAsDouble();
        assertThat(tree.minimum()).isEqualTo(min);
        if (Double.isInfinite(min)) {
            assertThat(tree.first()).isEqualTo(-1);
            assertThat(tree.draw(random::nextLong)).isEqualTo(-1);
            assertThat(tree.ties()).isZero();
            return;
        }
        int[] tied = new int[keys.length];
        int ties = 0;
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] == min) {
                tied[ties++] = i;
            }
        }
        assertThat(tree.ties()).isEqualTo(ties);
        assertThat(tree.first()).isEqualTo(tied[0]);
        long word = random.nextLong();
        assertThat(tree.draw(() -> word)).isEqualTo(tied[Words.below(word, ties)]);
    }

    @Property(seed = "1", tries = 300)
    void agreesWithAScanAfterEveryUpdate(@ForAll @IntRange(min = 1, max = 700) int size, @ForAll long seed) {
        RandomGenerator random = Streams.of(seed).stream("keys");
        MinimumTree tree = new MinimumTree(size);
        double[] keys = new double[size];
        Arrays.fill(keys, Double.POSITIVE_INFINITY);

        for (int update = 0; update < 200; update++) {
            int i = random.nextInt(size);
            keys[i] = key(random);
            tree.set(i, keys[i]);

            assertAgrees(tree, keys, random);
        }
    }

    @Property(seed = "1", tries = 300)
    void rebuildAfterPutsIsTheSameAsSets(@ForAll @IntRange(min = 1, max = 5000) int size, @ForAll long seed) {
        RandomGenerator random = Streams.of(seed).stream("keys");
        MinimumTree tree = new MinimumTree(size);
        double[] keys = new double[size];
        for (int i = 0; i < size; i++) {
            keys[i] = random.nextInt(4) == 0 ? key(random) : 7;
            tree.put(i, keys[i]);
        }

        tree.rebuild();

        assertAgrees(tree, keys, random);
        int i = random.nextInt(size);
        keys[i] = Double.POSITIVE_INFINITY;
        tree.set(i, keys[i]);
        assertAgrees(tree, keys, random);
    }
}
