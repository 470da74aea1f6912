package io.marllb.bench.training;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.Algorithm;
import io.marllb.agents.train.Settings;
import io.marllb.agents.train.TrainOptions;
import java.util.Map;
import java.util.Objects;

/**
 * What is learnt, by what, with every setting resolved. Immutable.
 *
 * @param algorithm the learner
 * @param preset where its settings began
 * @param problem the environment
 * @param settings everything, with what was set on top of the preset
 * @param seed root of all streams
 */
public record TrainingPlan(Algorithm algorithm, String preset, TrainingProblem problem, Settings settings, long seed) {

    /** Checks that nothing is missing. */
    public TrainingPlan {
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(preset, "preset");
        Objects.requireNonNull(problem, "problem");
        Objects.requireNonNull(settings, "settings");
    }

    /**
     * Learning to balance load.
     *
     * @param algorithm the learner
     * @param preset of {@link Algorithm#PRESETS}
     * @param scenario a named scenario, a file, or {@code curriculum}
     * @param changes settings by name on top of the preset
     * @param seed root of all streams
     * @return the plan
     * @throws IllegalArgumentException if a name or value is wrong, with every problem of the settings
     */
    public static TrainingPlan scenario(
            Algorithm algorithm, String preset, String scenario, Map<String, String> changes, long seed) {
        LoadBalanceSettings balancing = LoadBalanceSettings.of(algorithm, preset);
        Settings settings = Settings.of(
                        algorithm.config(preset), algorithm.options(preset, balancing.horizon()), balancing)
                .with(changes);
        TrainingProblem problem =
                TrainingProblem.scenario(scenario, settings.get(LoadBalanceSettings.class), algorithm.single());
        return new TrainingPlan(algorithm, preset, problem, settings, seed);
    }

    /**
     * Learning in any environment of the registry.
     *
     * @param algorithm the learner
     * @param preset of {@link Algorithm#PRESETS}
     * @param environment id or alias
     * @param parameters of the environment
     * @param changes settings by name on top of the preset
     * @param seed root of all streams
     * @return the plan
     * @throws IllegalArgumentException if a name or value is wrong, with every problem of the settings
     */
    public static TrainingPlan environment(
            Algorithm algorithm,
            String preset,
            String environment,
            Map<String, String> parameters,
            Map<String, String> changes,
            long seed) {
        TrainingProblem problem = TrainingProblem.environment(environment, parameters);
        Settings settings = ReferencePresets.of(algorithm, preset, problem).with(changes);
        return new TrainingPlan(algorithm, preset, problem, settings, seed);
    }

    /**
     * What the learner may know of the problem: of states only if values are mixed by them, since they cost memory and space in checkpoints.
     *
     * @return the setup
     */
    public LearnerSetup setup() {
        LearnerSetup all = problem.setup(seed);
        return algorithm.valueBased() ? all : all.withoutState();
    }

    /**
     * How much is played and when.
     *
     * @return of the settings
     */
    public TrainOptions options() {
        return settings.get(TrainOptions.class);
    }
}
