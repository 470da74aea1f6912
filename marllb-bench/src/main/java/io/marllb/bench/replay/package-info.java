/**
 * Experiments: one scenario, several policies, several seeds, the same traffic for all.
 *
 * <p>{@link io.marllb.bench.replay.ReplayExperiment} runs them on a few threads and gives a {@link io.marllb.bench.replay.ReplayResult}, which
 * depends on neither the number of threads nor the order in which runs end. Judging and showing results is the business of
 * {@code io.marllb.bench.report}.
 */
package io.marllb.bench.replay;
