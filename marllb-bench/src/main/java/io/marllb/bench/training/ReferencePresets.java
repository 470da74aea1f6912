package io.marllb.bench.training;

import io.marllb.agents.problems.SacProblem;
import io.marllb.agents.problems.SacProblems;
import io.marllb.agents.train.Algorithm;
import io.marllb.agents.train.Settings;
import io.marllb.agents.train.TrainOptions;
import java.util.Map;

/**
 * Settings for environments whose observations have no order of servers: the default preset's network per server does not fit there, and the known
 * answers have numbers of their own.
 */
final class ReferencePresets {

    private static final int STEPS = 50; // between updates, and as many updates: one per step, as SAC's authors

    private ReferencePresets() {}

    static Settings of(Algorithm algorithm, String preset, TrainingProblem problem) {
        if (!preset.equals("default")) {
            Settings settings = Settings.of(algorithm.config(preset), algorithm.options(preset, problem.horizon()));
            // only the codecs of load balancing append the last action
            return algorithm.valueBased() ? settings.with(Map.of("last-action", "false")) : settings;
        }
        if (algorithm.valueBased()) {
            return Settings.of(algorithm.config(preset), TrainOptions.episodes(1, 4))
                    .with(Map.of(
                            "network",
                            "recurrent",
                            "before",
                            "64",
                            "gru",
                            "64",
                            "after",
                            "64",
                            "window",
                            "0",
                            "burn-in",
                            "0"));
        }
        for (SacProblem known : SacProblems.ALL) {
            if (known.environment().equals(problem.name()) && known.solvable()) {
                int updates = STEPS / known.stepsPerUpdate();
                return Settings.of(known.config(), TrainOptions.steps(STEPS, updates));
            }
        }
        return Settings.of(algorithm.config(preset), TrainOptions.steps(STEPS, STEPS))
                .with(Map.of(
                        "network",
                        "recurrent",
                        "before",
                        "64",
                        "gru",
                        "64",
                        "actor-after",
                        "64",
                        "critic-after",
                        "64",
                        "discount",
                        "0.99"));
    }
}
