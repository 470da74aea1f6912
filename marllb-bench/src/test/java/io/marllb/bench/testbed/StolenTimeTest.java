package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class StolenTimeTest {

    @Test
    void isAShareOfAllProcessorTime() {
        long[] before = StolenTime.parse("cpu  100 0 50 800 10 0 5 35 0 0");
        long[] after = StolenTime.parse("cpu  130 0 60 840 10 0 5 55 17 0");

        assertThat(StolenTime.share(before, after)).isEqualTo(20 / 100.0, within(1e-12));
    }

    @Test
    void isNothingWhereNoTimeHasPassed() {
        long[] now = StolenTime.parse("cpu  100 0 50 800 10 0 5 35 0 0");

        assertThat(StolenTime.share(now, now)).isZero();
    }

    @Test
    void isToldByThisKernel() throws IOException {
        assertThat(StolenTime.begin().share()).isBetween(0.0, 1.0);
    }

    @Test
    void refusesOtherCounts() {
        assertThatThrownBy(() -> StolenTime.parse("intr 1 2 3 4 5 6 7 8"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cpu and eight numbers");
    }
}
