package io.marllb.agents.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SumTreeTest {

    @Test
    void findsTheLeafInWhichAPointLies() {
        SumTree tree = new SumTree(5);
        double[] weights = {1, 0, 2.5, 0, 4};
        for (int k = 0; k < weights.length; k++) {
            tree.set(k, weights[k]);
        }

        assertThat(tree.total()).isEqualTo(7.5);
        assertThat(tree.find(0)).isZero();
        assertThat(tree.find(0.999)).isZero();
        assertThat(tree.find(1)).isEqualTo(2);
        assertThat(tree.find(3.25)).isEqualTo(2);
        assertThat(tree.offset()).isEqualTo(2.25);
        assertThat(tree.find(3.5)).isEqualTo(4);
        assertThat(tree.find(7.5)).as("a point that rounding put at the end").isEqualTo(4);
    }

    @Test
    void sumsAreThoseOfTheLeavesAfterManyChanges() {
        SumTree tree = new SumTree(3);
        for (int i = 0; i < 100_000; i++) {
            tree.set(i % 3, 1e9 / (i + 1));
        }
        tree.set(0, 0.1);
        tree.set(1, 0.2);
        tree.set(2, 0.3);

        assertThat(tree.total()).isEqualTo((0.1 + 0.2) + 0.3);
    }
}
