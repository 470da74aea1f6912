package io.marllb.core.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WeightActionsTest {

    @Test
    void levelsAreTheTableEntries() {
        double[] weights = new double[3];
        WeightActions.LEVELS.decode(new float[] {0, 3, 5}, weights);
        assertThat(weights).containsExactly(1.0, 1.6, 2.0);
        WeightActions.ORIGINAL.decode(new float[] {2, 1, 0}, weights);
        assertThat(weights).containsExactly(2.0, 1.5, 1.0);
        assertThat(WeightActions.LEVELS.space(3)).isEqualTo(MultiDiscrete.of(6, 6, 6));
        assertThat(WeightActions.CONTINUOUS.space(2)).isEqualTo(Box.of(0.1f, 10f, 2));
    }

    @Test
    void textsAreReadBack() {
        for (WeightActions a : new WeightActions[] {
            WeightActions.LEVELS,
            WeightActions.ORIGINAL,
            WeightActions.CONTINUOUS,
            WeightActions.parse("0.5/1/4"),
            WeightActions.parse("0.25..4"),
            WeightActions.BOOST,
            WeightActions.parse("boost-1.5")
        }) {
            assertThat(WeightActions.parse(a.text())).isEqualTo(a);
        }
    }

    @Test
    void aBoostIsOneChoiceOfAServerOrNone() {
        double[] weights = new double[3];
        WeightActions.BOOST.decode(new float[] {0}, weights);
        assertThat(weights).containsExactly(1, 1, 1);
        WeightActions.BOOST.decode(new float[] {3}, weights);
        assertThat(weights).containsExactly(1, 1, 2);
        assertThat(WeightActions.BOOST.space(3)).isEqualTo(new Discrete(4));
        assertThat(WeightActions.BOOST.text()).isEqualTo("boost-2");
        assertThatThrownBy(() -> WeightActions.parse("boost-1")).hasMessageContaining("finite and > 1");
    }

    @Test
    void wrongTextsTeach() {
        assertThatThrownBy(() -> WeightActions.parse("level")).hasMessageContaining("did you mean 'levels'?");
        assertThatThrownBy(() -> WeightActions.parse("2/1")).hasMessageContaining("increasing, but were [2.0, 1.0]");
        assertThatThrownBy(() -> WeightActions.parse("0..1")).hasMessageContaining("0 < low < high");
        assertThatThrownBy(() -> WeightActions.parse("1/NaN")).hasMessageContaining("finite");
        assertThatThrownBy(() -> ServerFeature.named("fct_mean")).hasMessageContaining("did you mean 'fct-mean'?");
    }

    @Test
    void indicesPickFeaturesOfEveryServer() {
        assertThat(ServerFeature.indices(2, ServerFeature.IN_FLIGHT, ServerFeature.ACTIVE))
                .containsExactly(0, 11, 12, 23);
        int i = 0;
        for (ServerFeature f : ServerFeature.values()) {
            assertThat(f.index()).isEqualTo(i++);
        }
        assertThat(ServerFeature.space(2).shape()).containsExactly(2, 12);
    }
}
