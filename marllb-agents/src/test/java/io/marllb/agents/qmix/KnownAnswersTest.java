package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.problems.GameProblem;
import io.marllb.agents.problems.GameProblem.Outcome;
import io.marllb.agents.qmix.MixerSpec.Kind;
import io.marllb.core.rng.Streams;
import io.marllb.env.Environments;
import io.marllb.env.reference.MatrixGame;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Games whose answers are known, as {@link GameProblem} has them: two seeds each, to keep continuous integration short. {@code marllb bench learners}
 * runs the same ones with five.
 */
@Tag("slow")
class KnownAnswersTest {

    private static final int SEEDS = 2;
    private static final int TABLES = 3;
    private static final int EPISODES = 4_000;
    private static final double ROUNDING = 1e-4; // of payoffs around 100

    static Stream<GameProblem> promised() {
        return GameProblem.ALL.stream().filter(p -> !p.returns().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("promised")
    void returnsAndTablesAreThoseOfTheory(GameProblem problem) {
        for (int seed = 1; seed <= SEEDS; seed++) {
            Outcome o = problem.run(() -> Environments.make(problem.game()), seed);

            assertThat(o.holds()).as(o.toString()).isTrue();
        }
    }

    @Test
    void everyMonotonicTableHasACopy() {
        RandomGenerator random = Streams.of(8).stream("tables");
        for (int k = 0; k < TABLES; k++) {
            int rows = 2 + random.nextInt(4);
            int columns = 2 + random.nextInt(4);
            double[][] sorted = new double[rows][columns];
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    double x = 40 * random.nextGaussian();
                    x = i > 0 ? Math.max(x, sorted[i - 1][j]) : x;
                    sorted[i][j] = j > 0 ? Math.max(x, sorted[i][j - 1]) : x;
                    least = Math.min(least, sorted[i][j]);
                    most = Math.max(most, sorted[i][j]);
                }
            }
            List<List<Double>> payoff = new ArrayList<>();
            for (int i = 0; i < rows; i++) { // actions in another order than their worth
                payoff.add(new ArrayList<>());
                for (int j = 0; j < columns; j++) {
                    payoff.get(i).add(sorted[(i + 1) % rows][(columns + 1 - j) % columns]);
                }
            }
            GameTraining game =
                    new GameTraining(MatrixGame.of(payoff, 1), 1, Kind.QMIX, EPISODES, k).run((key, v) -> {});

            assertThat(game.greedyReturn()).isCloseTo(most, within(ROUNDING)); // rewards are floats
            double[] expected = payoff.stream()
                    .flatMap(List::stream)
                    .mapToDouble(Double::doubleValue)
                    .toArray();
            double[] found = game.jointValues();
            assertThat(found).hasSize(expected.length);
            for (int a = 0; a < expected.length; a++) {
                assertThat(found[a]).isCloseTo(expected[a], within(0.02 * (most - least)));
            }
        }
    }
}
