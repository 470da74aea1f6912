package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class HeadroomTest {

    @Test
    void laddersFromUnknownWeightsToTheAllSeeing() {
        Headroom ladder = Headroom.of(Ranking.of(MadeUp.result(
                        MadeUp.policy("lsq", false, 15, 15),
                        MadeUp.policy("sed", false, 12, 12),
                        MadeUp.policy("rate", false, 11, 11),
                        MadeUp.policy("oracle-sed", true, 10, 10))))
                .orElseThrow();

        assertThat(ladder.rungs())
                .extracting(Headroom.Rung::policy)
                .containsExactly("lsq", "sed", "rate", "oracle-sed");
        assertThat(ladder.rungs().get(2).ratio()).isCloseTo(1.1, within(1e-12));
        assertThat(ladder.closedShare().orElseThrow()).isCloseTo(0.8, within(1e-12));
        assertThat(ladder.sentence()).isEqualTo("rate goes 80 % of the way from lsq to oracle-sed.");
    }

    @Test
    void thereIsNoneWithoutAnAllSeeingPolicy() {
        assertThat(Headroom.of(Ranking.of(
                        MadeUp.result(MadeUp.policy("lsq", false, 15, 15), MadeUp.policy("sed", false, 12, 12)))))
                .isEmpty();
    }
}
