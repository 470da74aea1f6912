package io.marllb.core.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SpaceTest {

    private static final float INF = Float.POSITIVE_INFINITY;

    @Test
    void boxContainsItsBoundsAndNothingBeyond() {
        Box box = Box.of(new float[] {-1f, 0f}, new float[] {1f, INF});

        assertThat(box.contains(new float[] {-1f, 0f})).isTrue();
        assertThat(box.contains(new float[] {1f, 1e30f})).isTrue();
        assertThat(box.contains(new float[] {Math.nextUp(1f), 0f})).isFalse();
        assertThat(box.contains(new float[] {0f, Math.nextDown(0f)})).isFalse();
        assertThat(box.contains(new float[] {Float.NaN, 0f})).isFalse();
        assertThat(box.contains(new float[] {0f, INF})).isFalse();
        assertThat(box.contains(new float[] {0f})).isFalse();
    }

    @Test
    void violationsNameIndexRuleAndValue() {
        assertThat(Box.of(0f, 1f, 3).violation(new float[] {0f, 2f, 5f}))
                .contains("entry 1 must be finite and in [0.0, 1.0], but was 2.0");
        assertThat(MultiDiscrete.of(3, 2).violation(new float[] {2f, 2f}))
                .contains("entry 1 must be an integer in [0, 1], but was 2.0");
        assertThat(new Discrete(3).violation(new float[] {0f, 0f})).contains("has 2 entries, but Discrete(3) takes 1");
        assertThat(new Discrete(3).violation(new float[] {2f})).isEmpty();
    }

    @Test
    void discreteSpacesTakeIntegersOnly() {
        assertThat(new Discrete(3).contains(new float[] {1f})).isTrue();
        for (float wrong : new float[] {-1f, 0.5f, 3f, Float.NaN, INF}) {
            assertThat(new Discrete(3).contains(new float[] {wrong}))
                    .as("%s", wrong)
                    .isFalse();
            assertThat(MultiDiscrete.of(9, 3).contains(new float[] {0f, wrong}))
                    .as("%s", wrong)
                    .isFalse();
        }
    }

    @Test
    void samplesAreElementsWhateverTheBounds() {
        List<Space> spaces = List.of(
                new Discrete(1),
                new Discrete(7),
                MultiDiscrete.uniform(5, 6),
                Box.of(-2f, 2f, 3),
                Box.of(-INF, INF, 2),
                Box.of(new float[] {-INF, 1f, 5f}, new float[] {3f, INF, 5f}),
                Box.of(-Float.MAX_VALUE, Float.MAX_VALUE, 1));
        RandomGenerator random = Streams.of(1).stream("test");

        for (Space space : spaces) {
            for (int k = 0; k < 1_000; k++) {
                float[] x = space.sample(random);
                assertThat(space.contains(x))
                        .as("%s: %s", space, space.violation(x))
                        .isTrue();
            }
        }
    }

    @Test
    void discreteSamplesAreUniform() {
        // chi-square with 6 degrees of freedom: the 1 - 1e-6 quantile is 38.3 (scipy.stats.chi2.ppf); 70,000 draws
        int[] counts = new int[7];
        RandomGenerator random = Streams.of(2).stream("test");
        for (int k = 0; k < 70_000; k++) {
            counts[(int) new Discrete(7).sample(random)[0]]++;
        }

        double chiSquare = 0;
        for (int c : counts) {
            chiSquare += (c - 10_000.0) * (c - 10_000.0) / 10_000.0;
        }
        assertThat(chiSquare).isLessThan(38.3);
    }

    @Test
    void boxSamplesHaveTheMomentsOfTheirLaws() {
        // 100,000 draws each; tolerances are 5 standard errors: significance about 6e-7 per moment
        Box box = Box.of(new float[] {-2f, 1f, -INF, -INF}, new float[] {4f, INF, 3f, INF});
        RunningMoments m = new RunningMoments(4);
        RandomGenerator random = Streams.of(3).stream("test");
        for (int k = 0; k < 100_000; k++) {
            m.add(box.sample(random));
        }

        double root = Math.sqrt(100_000);
        assertThat(m.mean(0)).isCloseTo(1, org.assertj.core.data.Offset.offset(5 * Math.sqrt(3) / root));
        assertThat(m.mean(1)).isCloseTo(2, org.assertj.core.data.Offset.offset(5 / root));
        assertThat(m.mean(2)).isCloseTo(2, org.assertj.core.data.Offset.offset(5 / root));
        assertThat(m.mean(3)).isCloseTo(0, org.assertj.core.data.Offset.offset(5 / root));
        assertThat(m.variance(3)).isCloseTo(1, org.assertj.core.data.Offset.offset(5 * Math.sqrt(2) / root));
    }

    @Test
    void spacesAreValues() {
        assertThat(Box.of(0f, 1f, 2)).isEqualTo(Box.of(new float[] {0f, 0f}, new float[] {1f, 1f}));
        assertThat(Box.of(0f, 1f, 4)).isNotEqualTo(Box.of(0f, 1f, 2, 2));
        assertThat(MultiDiscrete.uniform(2, 3))
                .isEqualTo(MultiDiscrete.of(3, 3))
                .hasSameHashCodeAs(MultiDiscrete.of(3, 3));
        assertThat(Box.of(0f, 1f, 2, 3)).hasToString("Box(0.0, 1.0, [2, 3])");
        assertThat(Box.of(0f, 1f, 2, 3).size()).isEqualTo(6);
    }

    @Test
    void constructorsRefuseWhatMakesNoSpace() {
        assertThatThrownBy(() -> new Discrete(0)).hasMessageContaining("n must be in [1, 16777216], but was 0");
        assertThatThrownBy(() -> MultiDiscrete.of(2, 0)).hasMessageContaining("counts[1]");
        assertThatThrownBy(MultiDiscrete::of).hasMessageContaining("at least one");
        assertThatThrownBy(() -> Box.of(1f, 0f, 1))
                .hasMessageContaining("low[0] must be <= high[0], but were 1.0 and 0.0");
        assertThatThrownBy(() -> Box.of(Float.NaN, 0f, 1)).hasMessageContaining("low[0]");
        assertThatThrownBy(() -> Box.of(0f, 1f, 2, 0)).hasMessageContaining("[2, 0]");
        assertThatThrownBy(() -> Box.of(new float[3], new float[3], 2)).hasMessageContaining("does not hold 3");
    }
}
