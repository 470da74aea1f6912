package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatisticTest {

    private static SlidingWindow of(double... values) {
        SlidingWindow window = new SlidingWindow(1_000_000, values.length);
        for (int i = 0; i < values.length; i++) {
            window.add(values[i], i);
        }
        return window;
    }

    /** By hand for 0, 0, 0, 4: mean 1, σ² = 3, m3 = (3 * -1 + 27) / 4 = 6, m4 = (3 + 81) / 4 = 21. */
    @Test
    void shapesAgreeWithNumbersByHand() {
        SlidingWindow window = of(0, 0, 0, 4);

        assertThat(window.statistic(Statistic.SKEWNESS, 4)).isCloseTo(6 / Math.pow(3, 1.5), within(1e-14));
        assertThat(window.statistic(Statistic.KURTOSIS, 4)).isCloseTo(21.0 / 9 - 3, within(1e-14));
        assertThat(window.statistic(Statistic.CV, 4)).isCloseTo(Math.sqrt(3), within(1e-14));
    }

    /** Exponential values: skewness 2, excess kurtosis 6, cv 1. */
    @Test
    void shapesOfExponentialSamplesApproachTheirLaw() {
        RandomGenerator random = Streams.of(1).stream("values");
        double[] values = new double[400_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = Exponential.sample(random);
        }
        SlidingWindow window = of(values);

        assertThat(window.statistic(Statistic.CV, values.length)).isCloseTo(1, within(0.01));
        assertThat(window.statistic(Statistic.SKEWNESS, values.length)).isCloseTo(2, within(0.1));
        assertThat(window.statistic(Statistic.KURTOSIS, values.length)).isCloseTo(6, within(1.0));
    }

    @ParameterizedTest
    @EnumSource(Statistic.class)
    void nothingHeldHasNoStatistic(Statistic statistic) {
        assertThat(new SlidingWindow(10, 3).statistic(statistic, 0)).isNaN();
    }

    @Test
    void equalValuesHaveNoShape() {
        for (double v : new double[] {0, 0.1, 1e9}) {
            SlidingWindow window = of(v, v, v);

            assertThat(window.statistic(Statistic.SKEWNESS, 3)).isNaN();
            assertThat(window.statistic(Statistic.KURTOSIS, 3)).isNaN();
        }
        assertThat(of(0, 0).statistic(Statistic.CV, 2)).isNaN();
        assertThat(of(-1, 1).statistic(Statistic.CV, 2)).isNaN();
    }

    @Test
    void namesAreKnownAndSlipsAreErrors() {
        assertThat(Statistic.named("discounted-p90")).isSameAs(Statistic.DISCOUNTED_P90);
        assertThatThrownBy(() -> Statistic.named("skewnes"))
                .hasMessage("unknown statistic 'skewnes'; did you mean 'skewness'?");
        for (Statistic s : Statistic.values()) {
            assertThat(Statistic.named(s.id())).isSameAs(s);
        }
    }
}
