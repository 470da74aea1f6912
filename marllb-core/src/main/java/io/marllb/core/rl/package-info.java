/**
 * Environments for learning agents: {@link io.marllb.core.rl.ParallelEnv} (many agents at once, shaped as in PettingZoo) and
 * {@link io.marllb.core.rl.Env} (one agent, shaped as in Gymnasium), their spaces, wrappers, and
 * {@link io.marllb.core.rl.VectorEnv}, which steps many on threads.
 *
 * <p>Everything an agent reads or writes is a flat array of 32-bit floats, the element type of the learners: observations, states, and
 * actions of every kind of space. Agents are addressed by index. Environments own no clock and no hidden seed.
 * {@link io.marllb.core.rl.EnvChecker} proves that an environment keeps the contract; an environment that leaves the bookkeeping to
 * {@link io.marllb.core.rl.Lifecycle} keeps most of it for free.
 */
package io.marllb.core.rl;
