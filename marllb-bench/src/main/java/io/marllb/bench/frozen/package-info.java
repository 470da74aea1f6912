/** What a decision of a trained agent costs: {@link io.marllb.bench.frozen.FrozenBenchmark}; results in {@code bench/results/frozen.json}. */
package io.marllb.bench.frozen;
