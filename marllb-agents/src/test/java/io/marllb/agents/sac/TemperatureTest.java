package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.policies.frozen.Tensors;
import org.junit.jupiter.api.Test;

class TemperatureTest {

    @Test
    void risesWhileEntropyIsBelowTheTargetAndFallsWhileItIsAbove() {
        Temperature t = new Temperature(0.5, 0.01);

        t.update(-0.3);
        assertThat(t.alpha()).isCloseTo(0.5 * Math.exp(0.01), within(1e-7));
        for (int i = 0; i < 1000; i++) {
            t.update(0.3);
        }
        assertThat(t.alpha()).isLessThan(0.05);
    }

    @Test
    void lossAndDerivativeByTheLogarithmAreTheSame() {
        double h = 1e-6;
        double up = Math.exp(Math.log(0.7) + h) * 0.4;
        double down = Math.exp(Math.log(0.7) - h) * 0.4;

        assertThat(new Temperature(0.7, 0).update(0.4)).isCloseTo((up - down) / (2 * h), within(1e-9));
    }

    @Test
    void staysWithoutARate() {
        Temperature t = new Temperature(0.5, 0);
        t.update(10);

        assertThat(t.alpha()).isEqualTo(0.5);
    }

    @Test
    void goesOnWithTheSameBits() {
        Temperature t = new Temperature(0.5, 0.01);
        t.update(0.2);
        Tensors kept = new Tensors();
        t.save("t", kept);
        Temperature other = new Temperature(1, 0.01);
        other.load("t", kept);
        t.update(-0.1);
        other.update(-0.1);

        assertThat(other.alpha()).isEqualTo(t.alpha());
    }
}
