package io.marllb.rl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.env.reference.CartPole;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DqnTrainingTest {

    private static final int HORIZON = 200; // CartPole-v0's; a random policy lasts 22 steps
    private static final int FEW = 200; // half of them before the first update

    private static DqnConfig small(int steps) {
        return DqnConfig.defaults().withSteps(steps);
    }

    @Test
    void theSameSeedGivesTheSameParameters() {
        DqnTraining one = DqnTraining.run(() -> new CartPole(HORIZON), HORIZON, small(FEW), 5, r -> {});
        DqnTraining two = DqnTraining.run(() -> new CartPole(HORIZON), HORIZON, small(FEW), 5, r -> {});

        assertThat(one.parameters()).containsExactly(two.parameters());
    }

    @Test
    void theFlatParametersAreDl4jsNetwork() {
        DqnTraining training = DqnTraining.run(() -> new CartPole(HORIZON), HORIZON, small(FEW), 5, r -> {});
        RandomGenerator random = Streams.of(1).stream("test");

        for (int k = 0; k < 20; k++) {
            float[] x = new float[4];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            float[] ours = Forward.of(training, x);
            float[] theirs = training.values(x);
            assertThat(ours).hasSize(2);
            for (int a = 0; a < ours.length; a++) {
                assertThat(ours[a]).isCloseTo(theirs[a], within(1e-5f * Math.max(1, Math.abs(theirs[a]))));
            }
        }
    }

    @Test
    void everyWrongSettingIsNamed() {
        assertThatThrownBy(() -> new DqnConfig(0, 1, Double.NaN, 0, 0, 0, -1, -1, 0, 2, 0, 0))
                .hasMessageContaining("steps must be >= 1, but was 0")
                .hasMessageContaining("discount must be in [0, 1), but was 1")
                .hasMessageContaining("learningRate must be finite and > 0, but was NaN")
                .hasMessageContaining("finalEpsilon must be in [0, 1], but was 2");
    }

    /** Random play lasts 22 steps on average; 3,000 steps of learning reach far more than twice that with seed 1, the only one that was tried. */
    @Test
    @Tag("slow")
    void learnsBetterThanRandomOnCartPole() {
        DqnTraining training = DqnTraining.run(() -> new CartPole(HORIZON), HORIZON, small(3_000), 1, r -> {});

        assertThat(greedyReturn(training, 20)).isGreaterThan(50);
    }

    static double greedyReturn(DqnTraining training, int episodes) {
        double sum = 0;
        try (CartPole env = new CartPole(HORIZON)) {
            StepResult r = env.reset(99);
            for (int e = 0; e < episodes; e++) {
                while (!r.ended(0)) {
                    float[] q = training.values(r.observation());
                    r = env.step(q[1] > q[0] ? 1f : 0f);
                    sum += r.reward();
                }
                r = env.reset();
            }
        }
        return sum / episodes;
    }
}
