/**
 * Puts together what a training needs: {@link io.marllb.bench.training.TrainingProblem} an environment and what a learner may know of it, {@link
 * io.marllb.bench.training.TrainingPlan} an algorithm with all its settings, {@link io.marllb.bench.training.TrainingRun} the folder in which it runs.
 * The loop itself is in {@code agents.train}.
 */
package io.marllb.bench.training;
