package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.qmix.MixerSpec.Kind;
import io.marllb.env.reference.MatrixGame;
import io.marllb.env.reference.Pendulum;
import java.util.List;
import org.junit.jupiter.api.Test;

class GameTrainingTest {

    private static final int EPISODES = 400;

    private static GameTraining learnt(List<?> payoff, Kind kind) {
        return learnt(payoff, kind, EPISODES);
    }

    private static GameTraining learnt(List<?> payoff, Kind kind, int episodes) {
        return new GameTraining(MatrixGame.of(payoff, 1), 1, kind, episodes, 3).run((k, v) -> {});
    }

    @Test
    void theTableOfQmixIsThePayoffInItsOwnUnitsAndOrder() {
        // monotonic, asymmetric, with a different number of actions per agent; agent 0 is the row
        GameTraining game = learnt(List.of(List.of(90, 95, 100), List.of(-100, -50, 20)), Kind.QMIX, 2_000);

        assertThat(game.actions()).containsExactly(2, 3);
        assertThat(game.greedyReturn()).isEqualTo(100);
        double[] expected = {90, 95, 100, -100, -50, 20};
        double[] table = game.jointValues();
        for (int k = 0; k < expected.length; k++) {
            assertThat(table[k]).isCloseTo(expected[k], within(2.0)); // 1 % of the range
        }
    }

    @Test
    void theTableOfVdnIsTheBestSum() {
        GameTraining game = learnt(List.of(List.of(0, 1), List.of(1, 8)), Kind.VDN);

        double[] expected = {-1.5, 2.5, 2.5, 6.5}; // least squares by hand: row means + column means - mean
        double[] table = game.jointValues();
        for (int k = 0; k < expected.length; k++) {
            assertThat(table[k]).isCloseTo(expected[k], within(0.1));
        }
        assertThat(game.greedyReturn()).isEqualTo(8);
    }

    @Test
    void independentLearnersHaveNoTable() {
        GameTraining game = learnt(List.of(List.of(0, 1), List.of(1, 8)), Kind.IQL);

        assertThat(game.jointValues()).isNull();
        assertThat(game.greedyReturn()).isEqualTo(8);
    }

    @Test
    void constantPayoffsAreNoTrouble() {
        for (double payoff : new double[] {0, 70}) {
            GameTraining game = learnt(List.of(List.of(payoff, payoff), List.of(payoff, payoff)), Kind.QMIX);

            for (double q : game.jointValues()) {
                assertThat(q).isCloseTo(payoff, within(0.1));
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        List<?> payoff = List.of(List.of(3, 1), List.of(0, 2));

        assertThat(learnt(payoff, Kind.QMIX).jointValues())
                .containsExactly(learnt(payoff, Kind.QMIX).jointValues());
    }

    @Test
    void onlyDiscreteActionsCanBeDealt() {
        assertThatThrownBy(() -> new GameTraining(new Pendulum().parallel(), 1, Kind.QMIX, 1, 1))
                .hasMessageContaining("must choose from a Discrete space");
        assertThatThrownBy(() -> new GameTraining(MatrixGame.climbing(1), 1, Kind.QMIX, 0, 1))
                .hasMessageContaining("episodes must be >= 1");
    }
}
