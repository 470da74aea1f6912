/**
 * Problems whose answers are known: what is learnt, with which numbers, how long that may take and what counts as solved.
 * {@link io.marllb.agents.problems.SacProblems#ALL} for soft actor-critic, {@link io.marllb.agents.problems.GameProblem#ALL} for value learners,
 * {@link io.marllb.agents.problems.TwoServers} for dispatching. Slow tests and {@code marllb bench learners} run the same ones. Environments are made by
 * the caller.
 */
package io.marllb.agents.problems;
