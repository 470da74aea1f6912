package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SquashedNormalTest {

    @ParameterizedTest
    @CsvSource({"0, 1", "0.7, 0.3", "-1.5, 1.2", "2, 0.05"})
    void densityOfTheActionIntegratesToOne(double mean, double std) {
        double sum = 0;
        double width = 1e-5;
        for (double a = -1 + width / 2; a < 1; a += width) {
            double u = 0.5 * Math.log((1 + a) / (1 - a));
            sum += width * Math.exp(SquashedNormal.logDensity(u, (u - mean) / std, Math.log(std)));
        }

        assertThat(sum).isCloseTo(1, within(1e-4));
    }

    @Test
    void isThePlainFormulaWhereThatHolds() {
        for (double u = -5; u <= 5; u += 0.25) {
            double noise = 0.3 * u;
            double plain = -0.5 * noise * noise
                    - Math.log(0.5 * Math.sqrt(2 * Math.PI))
                    - Math.log(1 - Math.tanh(u) * Math.tanh(u));

            assertThat(SquashedNormal.logDensity(u, noise, Math.log(0.5))).isCloseTo(plain, within(1e-9));
        }
    }

    @Test
    void isFiniteWhereTheTanhIsOne() {
        for (double u : new double[] {-1000, -50, 50, 1000}) {
            // log (1 - tanh² u) is 2 log 2 - 2 |u| there
            double expected = -Math.log(Math.sqrt(2 * Math.PI)) - 2 * Math.log(2) + 2 * Math.abs(u);

            assertThat(SquashedNormal.logDensity(u, 0, 0)).isCloseTo(expected, within(1e-9));
        }
    }

    @Test
    void logStdStaysWithinItsBounds() {
        assertThat(SquashedNormal.clamp(-100)).isEqualTo(-20);
        assertThat(SquashedNormal.clamp(1.5)).isEqualTo(1.5);
        assertThat(SquashedNormal.clamp(3)).isEqualTo(2);
    }
}
