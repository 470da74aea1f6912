/**
 * Samples of a running system and what is read from them.
 *
 * <p>{@link io.marllb.sampling.ReservoirBank} holds the recency-biased reservoirs of a balancer in one array, for hot paths. One
 * {@link io.marllb.sampling.Reservoir} at a time: {@link io.marllb.sampling.RecencyReservoir} (recent past),
 * {@link io.marllb.sampling.AlgorithmR} (whole stream), {@link io.marllb.sampling.SlidingWindow} (last so many seconds), or several by name
 * in a {@link io.marllb.sampling.MultiMetricReservoir}. {@link io.marllb.sampling.DecayedMean} and
 * {@link io.marllb.sampling.DecayedRate} need O(1) memory.
 *
 * <p>Randomness always comes in as words or as a seeded generator; an empty reservoir has no statistics (NaN), not zeros.
 */
package io.marllb.sampling;
