package io.marllb.env.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rl.Env;
import io.marllb.core.rl.EnvChecker;
import io.marllb.core.rl.EnvReport;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ReferenceEnvsTest {

    private static final double EXACT_TO_SINGLE = 1e-5; // of values up to 10: a few units in the last place of a float

    private static List<double[]> golden(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(ReferenceEnvsTest.class.getResourceAsStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(l -> !l.startsWith("#"))
                    .map(l -> Arrays.stream(l.split(",", -1))
                            .mapToDouble(Double::parseDouble)
                            .toArray())
                    .toList();
        }
    }

    @Test
    void everyReferenceEnvironmentKeepsTheContract() {
        List<Supplier<ParallelEnv>> all = List.of(
                TwoStepGame::new,
                () -> MatrixGame.climbing(1),
                () -> MatrixGame.penalty(-25, 25),
                () -> MatrixGame.of(List.of(List.of(List.of(1), List.of(2)), List.of(List.of(3), List.of(4))), 2),
                () -> new Pendulum().parallel(),
                () -> Pendulum.velocityHidden(50).parallel(),
                () -> new CartPole().parallel(),
                () -> CartPole.velocityHidden(7).parallel());
        for (Supplier<ParallelEnv> env : all) {
            EnvReport report = EnvChecker.check(env);
            assertThat(report.violations()).as(report.toString()).isEmpty();
            assertThat(report.notExamined()).as(report.toString()).isEmpty();
        }
    }

    @Test
    void pendulumFollowsGymnasium() throws IOException {
        Pendulum env = new Pendulum();
        env.reset(1);
        env.place(2.5, -0.7);

        StepResult r = null;
        for (double[] row : golden("pendulum-v1.csv")) {
            r = env.step((float) row[0]);
            for (int i = 0; i < 3; i++) {
                assertThat((double) r.observation()[i]).isCloseTo(row[1 + i], within(EXACT_TO_SINGLE));
            }
            assertThat(r.reward()).isCloseTo(row[4], within(EXACT_TO_SINGLE));
            assertThat(r.terminated()).isFalse();
        }
        assertThat(r.truncated()).isTrue();
    }

    @Test
    void cartPoleFollowsGymnasiumUntilItFalls() throws IOException {
        CartPole env = new CartPole();
        env.reset(1);
        env.place(0.01, -0.02, 0.03, -0.04);

        StepResult r = null;
        for (double[] row : golden("cartpole-v1.csv")) {
            r = env.step((float) row[0]);
            for (int i = 0; i < 4; i++) {
                assertThat((double) r.observation()[i]).isCloseTo(row[1 + i], within(EXACT_TO_SINGLE));
            }
            assertThat(r.reward()).isEqualTo(row[5]);
            assertThat(r.terminated()).isEqualTo(row[6] == 1);
        }
        assertThat(r.terminated()).isTrue();
        assertThat(r.truncated()).isFalse();
    }

    @Test
    void cartPoleIsTruncatedAfterFiveHundredStepsWhenBalanced() {
        CartPole env = new CartPole();
        StepResult r = env.reset(1);
        int steps = 0;
        while (!r.ended(0)) {
            float[] o = r.observation();
            r = env.step(o[2] + 0.3f * o[3] + 0.02f * o[0] + 0.05f * o[1] > 0 ? 1f : 0f);
            steps++;
        }

        assertThat(steps).isEqualTo(500);
        assertThat(r.truncated()).isTrue();
        assertThat(r.terminated()).isFalse();
    }

    @Test
    void hiddenFormsShowPositionsOnlyAndKeepTheFullState() {
        Env pendulum = Pendulum.velocityHidden(5);
        StepResult hidden = pendulum.reset(3);
        StepResult full = new Pendulum(5).reset(3);

        assertThat(hidden.observation()).containsExactly(full.observation()[0], full.observation()[1]);
        assertThat(pendulum.parallel().state()).containsExactly(full.observation());

        StepResult cart = CartPole.velocityHidden(5).reset(3);
        StepResult fullCart = new CartPole(5).reset(3);
        assertThat(cart.observation()).containsExactly(fullCart.observation()[0], fullCart.observation()[2]);
    }

    @Test
    void twoStepGamePaysAsPublished() {
        double[][] gameB = {{0, 1}, {1, 8}};
        TwoStepGame env = new TwoStepGame();
        for (int game = 0; game < 2; game++) {
            for (int a = 0; a < 2; a++) {
                for (int b = 0; b < 2; b++) {
                    assertThat(env.reset(1).observation(1)).containsExactly(1, 0, 0);
                    StepResult first = env.step(new float[][] {{game}, {b}});
                    assertThat(first.reward(0)).isZero();
                    assertThat(first.observation(0)).containsExactly(0, 1 - game, game);

                    StepResult second = env.step(new float[][] {{a}, {b}});

                    assertThat(second.reward(0))
                            .isEqualTo(game == 0 ? 7 : gameB[a][b])
                            .isEqualTo(second.reward(1));
                    assertThat(second.terminated(0)).isTrue();
                    assertThat(second.truncated(0)).isFalse();
                }
            }
        }
    }

    @Test
    void matrixGamesPayTheJointAction() {
        MatrixGame climbing = MatrixGame.climbing(1);
        climbing.reset(1);
        assertThat(climbing.step(new float[][] {{1}, {0}}).reward(1)).isEqualTo(-30);
        assertThat(climbing.optimum()).isEqualTo(11);
        MatrixGame penalty = MatrixGame.penalty(-50, 1);
        assertThat(penalty.payoff(0, 0)).isEqualTo(-50);
        assertThat(penalty.payoff(0, 2)).isEqualTo(10);
        assertThat(penalty.payoff(1, 1)).isEqualTo(2);
        MatrixGame three = MatrixGame.of(
                List.of(List.of(List.of(0, 1, 2), List.of(3, 4, 5)), List.of(List.of(6, 7, 8), List.of(9, 10, 11))), 1);
        assertThat(three.possibleAgents()).hasSize(3);
        assertThat(three.payoff(1, 0, 2)).isEqualTo(8);
        three.reset(1);
        assertThat(three.step(new float[][] {{1}, {1}, {0}}).reward(2)).isEqualTo(9);
    }

    @Test
    void oneRoundTerminatesAndManyAreTruncated() {
        MatrixGame once = MatrixGame.climbing(1);
        once.reset(1);
        StepResult r = once.step(new float[][] {{0}, {0}});
        assertThat(r.terminated(0)).isTrue();
        assertThat(r.truncated(0)).isFalse();

        MatrixGame often = MatrixGame.climbing(25);
        r = often.reset(1);
        double sum = 0;
        int rounds = 0;
        while (!r.ended(0)) {
            r = often.step(new float[][] {{1}, {1}});
            sum += r.reward(0);
            rounds++;
        }
        assertThat(rounds).isEqualTo(25);
        assertThat(sum).isEqualTo(175);
        assertThat(r.terminated(0)).isFalse();
    }

    @Test
    void rendersSayWhatThereIs() {
        Env pendulum = new Pendulum();
        pendulum.reset(1);
        assertThat(pendulum.render()).contains("step 0, angle");
        Env cart = new CartPole();
        cart.reset(1);
        assertThat(cart.render()).contains("step 0, x").contains("#");
        assertThatThrownBy(() -> new Pendulum(0)).hasMessage("horizon must be >= 1, but was 0");
    }
}
