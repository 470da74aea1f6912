/**
 * The loop between a {@link io.marllb.agents.Learner} and environments: {@link io.marllb.agents.train.Trainer} plays episodes with frozen copies of
 * the actors, lets the learner update meanwhile, evaluates, and tells {@link io.marllb.agents.train.TrainingLog}s. {@link
 * io.marllb.agents.train.Settings} reads options by name. Nothing here reads a clock or makes an environment: both are passed in.
 */
package io.marllb.agents.train;
