package io.marllb.bench.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.Algorithm;
import io.marllb.agents.train.TrainOptions;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.policies.frozen.CodecSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingPlanTest {

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void everyPresetFitsThePaperCluster(Algorithm algorithm) {
        for (String preset : Algorithm.PRESETS) {
            TrainingPlan plan =
                    TrainingPlan.scenario(algorithm, preset, "paper-moderate-690", Map.of("horizon", "5"), 1);
            LearnerSetup setup = plan.problem().setup(1);

            assertThat(setup.agents()).isEqualTo(algorithm.single() ? 1 : 2);
            assertThat(setup.servers()).isEqualTo(7);
            assertThat(setup.servers() * setup.features() + setup.globals()).isEqualTo(setup.inputs());
            assertThat(plan.problem().codec().map(CodecSpec::text)).isPresent();
        }
    }

    @Test
    void thePublishedPresetsSeeAndDoWhatTheirSourcesDid() {
        LearnerSetup paper = setup(Algorithm.QMIX, "paper");
        LearnerSetup original = setup(Algorithm.SAC_GRU, "original");
        LearnerSetup seed = setup(Algorithm.SAC_GRU, "seed");

        assertThat(paper.inputs()).isEqualTo(6 * 7 + 6 * 7); // one-hot of the last action, K = 6
        assertThat(paper.actionSpace()).isEqualTo(MultiDiscrete.uniform(7, 6));
        assertThat(paper.horizon()).isEqualTo(240); // 60 s of 250 ms
        assertThat(original.inputs()).isEqualTo(6 * 7 + 7); // last weights
        assertThat(original.actionSpace()).isEqualTo(MultiDiscrete.uniform(7, 3));
        assertThat(seed.inputs()).isEqualTo(11 * 7);
        assertThat(seed.actionSpace()).isEqualTo(Box.of(-1f, 1f, 7));
        assertThat(Algorithm.SAC_GRU.options("paper", 240).updatesPerIteration())
                .isEqualTo(25);
        assertThat(Algorithm.SAC_GRU.options("original", 240).updatesPerIteration())
                .isEqualTo(5);
    }

    private static LearnerSetup setup(Algorithm algorithm, String preset) {
        return TrainingPlan.scenario(algorithm, preset, "paper-moderate-690", Map.of(), 1)
                .problem()
                .setup(1);
    }

    @Test
    void settingsReachTheEnvironmentAndTheLoop() {
        TrainingPlan plan = TrainingPlan.scenario(
                Algorithm.QMIX,
                "default",
                "quickstart",
                Map.of("horizon", "17", "updates-per-iteration", "3", "codec", "relative:levels=3"),
                9);

        assertThat(plan.problem().horizon()).isEqualTo(17);
        assertThat(plan.problem().setup(9).horizon()).isEqualTo(17);
        assertThat(plan.options().updatesPerIteration()).isEqualTo(3);
        assertThat(plan.problem().setup(9).actionSpace()).isEqualTo(MultiDiscrete.uniform(9, 3));
    }

    @Test
    void continuousActionsAreScaledAndSeveralAgentsAreToldWhoTheyAre() {
        TrainingProblem pendulum = TrainingProblem.environment("pendulum", Map.of());
        TrainingProblem game = TrainingProblem.environment("two-step", Map.of());

        try (ParallelEnv env = pendulum.make()) {
            assertThat(env.actionSpace(env.possibleAgents().get(0))).isEqualTo(Box.of(-1f, 1f, 1));
        }
        assertThat(pendulum.horizon()).isEqualTo(200);
        assertThat(game.setup(1).inputs()).isEqualTo(3 + 2);
        assertThat(game.horizon()).isEqualTo(2);
    }

    @Test
    void valuesOutsideOfLoadBalancingSeeNoLastAction() {
        for (String preset : Algorithm.PRESETS) {
            TrainingPlan plan = TrainingPlan.environment(Algorithm.QMIX, preset, "cart-pole", Map.of(), Map.of(), 1);

            assertThat(plan.settings().values()).as(preset).containsEntry("last-action", "false");
        }
    }

    @Test
    void onlyLearnersThatMixValuesKeepStates() {
        TrainingPlan sac = TrainingPlan.scenario(Algorithm.SAC_GRU, "default", "quickstart", Map.of(), 1);
        TrainingPlan qmix = TrainingPlan.scenario(Algorithm.QMIX, "default", "quickstart", Map.of(), 1);

        assertThat(sac.setup().stateSize()).isZero();
        assertThat(qmix.setup().stateSize()).isPositive();
    }

    @Test
    void knownProblemsBeginAtTheirNumbers() {
        TrainingPlan plan = TrainingPlan.environment(Algorithm.SAC_GRU, "default", "cart-pole", Map.of(), Map.of(), 1);

        assertThat(plan.settings().values()).containsEntry("gru", "0").containsEntry("network", "recurrent");
        assertThat(plan.settings().get(TrainOptions.class).stepsPerIteration()).isPositive();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> TrainingPlan.scenario(
                        Algorithm.QMIX, "default", "quickstart", Map.of("codec", "none", "batch", "0"), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("codec must not be none")
                .hasMessageContaining("batch");
    }
}
