package io.marllb.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AxisTest {

    private static List<String> labels(Axis axis, int wanted) {
        return axis.ticks(wanted).stream().map(axis::format).toList();
    }

    @Test
    void linearAxesEndAtRoundValues() {
        Axis axis = Axis.linear("").from(0).fitted(0, 47, 5);

        assertThat(axis.max()).isEqualTo(50);
        assertThat(labels(axis, 5)).containsExactly("0", "10", "20", "30", "40", "50");
    }

    @Test
    void logarithmicAxesHaveTicksBetweenDecadesWhereThereIsRoom() {
        Axis axis = Axis.log("").fitted(11, 900, 9);

        assertThat(axis.min()).isEqualTo(10);
        assertThat(axis.max()).isCloseTo(1000, within(1e-9));
        assertThat(labels(axis, 9)).containsExactly("10", "20", "50", "100", "200", "500", "1000");
        assertThat(labels(axis, 3)).containsExactly("10", "100", "1000");
    }

    @Test
    void manyDecadesAreThinnedOut() {
        Axis axis = Axis.log("").fitted(1e-3, 1e5, 4);

        assertThat(labels(axis, 4)).containsExactly("0.001", "0.1", "10", "1000", "100k");
    }

    @Test
    void sharesArePercentages() {
        assertThat(labels(Axis.share("").fitted(0, 1, 5), 5))
                .containsExactly("0 %", "20 %", "40 %", "60 %", "80 %", "100 %");
    }

    @Test
    void noDataAndEqualDataStillMakeAnAxis() {
        assertThat(Axis.linear("")
                        .fitted(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 5)
                        .max())
                .isGreaterThan(0);
        Axis equal = Axis.linear("").fitted(7, 7, 5);
        assertThat(equal.min()).isLessThan(7);
        assertThat(equal.max()).isGreaterThan(7);
        Axis log = Axis.log("").fitted(10, 10, 5);
        assertThat(log.max()).isGreaterThan(log.min());
    }

    @Test
    void positionsRunFromZeroToOne() {
        Axis log = Axis.log("").fitted(1, 100, 5);

        assertThat(log.position(10)).isCloseTo(0.5, within(1e-12));
        assertThat(log.shows(0)).isFalse();
        assertThat(log.shows(Double.NaN)).isFalse();
        assertThat(Axis.linear("").shows(0)).isTrue();
    }
}
