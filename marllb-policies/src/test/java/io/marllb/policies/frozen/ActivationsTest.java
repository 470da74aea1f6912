package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ActivationsTest {

    @Test
    void tanhIsWithinAFewUnitsOfTheExactValue() {
        double worst = 0;
        for (float x = -12; x <= 12; x += 0.0007f) {
            float y = Activations.tanh(x);
            worst = Math.max(worst, Math.abs(y - StrictMath.tanh(x)));
            assertThat(Math.abs(y)).isLessThanOrEqualTo(1f);
        }

        assertThat(worst).isLessThan(4e-7);
    }

    @Test
    void sigmoidIsWithinAFewUnitsOfTheExactValue() {
        double worst = 0;
        for (float x = -30; x <= 30; x += 0.0013f) {
            float y = Activations.sigmoid(x);
            worst = Math.max(worst, Math.abs(y - 1 / (1 + StrictMath.exp(-x))));
            assertThat(y).isBetween(0f, 1f);
        }

        assertThat(worst).isLessThan(3e-7);
    }

    @Test
    void infinitySaturatesAndNanStays() {
        assertThat(Activations.tanh(Float.POSITIVE_INFINITY)).isCloseTo(1f, within(1e-6f));
        assertThat(Activations.tanh(Float.NEGATIVE_INFINITY)).isCloseTo(-1f, within(1e-6f));
        assertThat(Activations.tanh(Float.NaN)).isNaN();
        assertThat(Activations.sigmoid(Float.NaN)).isNaN();
    }

    @Test
    void rangesAreTheFunctionOfEachElement() {
        float[] a = {-3, -0.5f, 0, 0.5f, 3};
        float[] b = a.clone();
        float[] c = {-1, 0, 2, Float.NaN};

        Activations.tanh(a, 1, 4);
        Activations.sigmoid(b, 0, 5);
        Activations.relu(c, 0, 4);

        assertThat(a).containsExactly(-3, Activations.tanh(-0.5f), 0, Activations.tanh(0.5f), 3);
        assertThat(b[4]).isEqualTo(Activations.sigmoid(3));
        assertThat(c).containsExactly(0, 0, 2, Float.NaN);
    }
}
