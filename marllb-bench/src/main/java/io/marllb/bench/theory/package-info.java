/**
 * What queueing theory knows exactly, and the suite that holds the simulator to it.
 *
 * <p>{@link io.marllb.bench.theory.Queueing} has the closed forms, {@link io.marllb.bench.theory.TwoServerChain} solves two exponential servers
 * under any dispatch rule and finds the optimal one, {@link io.marllb.bench.theory.TheorySuite} runs the simulator against all of it. Time is
 * measured in mean service times at speed 1 throughout, except where a scenario is built.
 */
package io.marllb.bench.theory;
