package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backward targets against the forward view: a mixture of n-step returns. */
class LambdaTargetsTest {

    private static final int TIME = 6;
    private static final int OUTPUTS = 2;
    private static final double DISCOUNT = 0.9;
    private static final int[] LENGTHS = {6, 4, 1, 3};
    private static final boolean[] TERMINATES = {false, true, true, false};

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.6, 1})
    void theyAreTheForwardView(double lambda) {
        RandomGenerator random = Streams.of(1).stream("test");
        int batch = LENGTHS.length;
        float[] rewards = new float[TIME * batch * OUTPUTS];
        float[] next = new float[rewards.length];
        float[] mask = new float[TIME * batch];
        float[] terminated = new float[TIME * batch];
        for (int k = 0; k < rewards.length; k++) {
            rewards[k] = random.nextFloat();
            next[k] = 10 * random.nextFloat();
        }
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < LENGTHS[b]; t++) {
                mask[t * batch + b] = 1;
            }
            terminated[(LENGTHS[b] - 1) * batch + b] = TERMINATES[b] ? 1 : 0;
        }
        float[] targets = new float[rewards.length];

        LambdaTargets.backwards(rewards, terminated, mask, next, TIME, batch, OUTPUTS, DISCOUNT, lambda, targets);

        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < TIME; t++) {
                for (int o = 0; o < OUTPUTS; o++) {
                    double expected = t < LENGTHS[b] ? forward(rewards, next, b, t, o, lambda) : 0;
                    assertThat((double) targets[(t * batch + b) * OUTPUTS + o]).isCloseTo(expected, within(1e-5));
                }
            }
        }
    }

    private static double forward(float[] rewards, float[] next, int b, int t, int o, double lambda) {
        int steps = LENGTHS[b] - t;
        double mixture = 0;
        for (int n = 1; n <= steps; n++) {
            double weight = n < steps ? (1 - lambda) * Math.pow(lambda, n - 1) : Math.pow(lambda, n - 1);
            double sum = 0;
            for (int k = 0; k < n; k++) {
                sum += Math.pow(DISCOUNT, k) * rewards[((t + k) * LENGTHS.length + b) * OUTPUTS + o];
            }
            boolean ends = n == steps && TERMINATES[b];
            double last = next[((t + n - 1) * LENGTHS.length + b) * OUTPUTS + o];
            mixture += weight * (ends ? sum : sum + Math.pow(DISCOUNT, n) * last);
        }
        return mixture;
    }

    @Test
    void aTruncatedStepBootstrapsAndATerminatedOneDoesNot() {
        float[] targets = new float[2];

        LambdaTargets.backwards(
                new float[] {1, 1},
                new float[] {0, 1},
                new float[] {1, 1},
                new float[] {5, 5},
                1,
                2,
                1,
                0.5,
                0.6,
                targets);

        assertThat(targets).containsExactly(3.5f, 1f);
    }
}
