package io.marllb.core.fairness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SmoothedProductTest {

    @Test
    void mixesTheLastTwoMeasurementsAsInEquation18() {
        SmoothedProduct reward = new SmoothedProduct(2, SmoothedProduct.PAPER_GAMMA);

        assertThat(reward.next(new double[] {1, 2})).isEqualTo(0.5);
        // (0.1 * 1 + 0.9 * 4, 0.1 * 2 + 0.9 * 3) = (3.7, 2.9)
        assertThat(reward.next(new double[] {4, 3})).isCloseTo(2.9 / 3.7, within(1e-15));
        // the measurement before, (4, 3), and not the mix (3.7, 2.9): (0.4 + 0.9, 0.3 + 0.9) = (1.3, 1.2)
        assertThat(reward.next(new double[] {1, 1})).isCloseTo(1.2 / 1.3, within(1e-15));
    }

    @Test
    void resetStartsAnew() {
        SmoothedProduct reward = new SmoothedProduct(2, 0.9);
        reward.next(new double[] {1, 100});

        reward.reset();

        assertThat(reward.next(new double[] {1, 2})).isEqualTo(0.5);
    }

    @Test
    void serverThatTakesNoPartCountsNotAndReturnsAsNew() {
        SmoothedProduct reward = new SmoothedProduct(3, 0.9);
        reward.next(new double[] {1, 1, 50});

        assertThat(reward.next(new double[] {1, 1, Double.NaN})).isEqualTo(1);
        assertThat(reward.next(new double[] {1, 1, 2})).isEqualTo(0.25);
        assertThat(reward.next(new double[] {Double.NaN, Double.NaN, Double.NaN}))
                .isEqualTo(1);
    }

    @Test
    void refusedLoadsLeaveTheStateAsItWas() {
        SmoothedProduct reward = new SmoothedProduct(2, 0.9);
        reward.next(new double[] {1, 2});

        assertThatThrownBy(() -> reward.next(new double[] {4, -0.01}))
                .hasMessage("loads[1] must be finite and >= 0, but was -0.01");

        assertThat(reward.next(new double[] {4, 3})).isCloseTo(2.9 / 3.7, within(1e-15));
    }

    @Test
    void namesWrongArguments() {
        assertThatThrownBy(() -> new SmoothedProduct(0, Double.NaN))
                .hasMessage("SmoothedProduct: servers must be >= 1, but was 0; gamma must be in (0, 1], but was NaN");
        assertThatThrownBy(() -> new SmoothedProduct(2, 0.9).next(new double[3]))
                .hasMessage("loads has 3 entries, but there are 2 servers");
    }
}
