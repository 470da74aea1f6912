/**
 * Environments over the simulated cluster, on the contracts of {@code io.marllb.core.rl}: {@link io.marllb.env.LoadBalanceEnv} (one agent),
 * {@link io.marllb.env.ParallelLoadBalanceEnv} (an agent per balancer) and {@link io.marllb.env.PerFlowEnv} (a decision per flow).
 * {@link io.marllb.env.Environments} makes every environment that ships, by name.
 *
 * <p>See the sub-packages for scenarios, traffic, traces, the event engine and the reference environments. Nothing here learns.
 */
package io.marllb.env;
