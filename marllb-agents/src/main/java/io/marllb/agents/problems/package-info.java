/**
 * Problems whose answers are known, for soft actor-critic: what is learnt, with which numbers, how many steps that may take and what counts as
 * solved. {@link io.marllb.agents.problems.SacProblems#ALL} lists them; slow tests and {@code marllb bench learners} run the same ones. Environments
 * are made by the caller.
 */
package io.marllb.agents.problems;
