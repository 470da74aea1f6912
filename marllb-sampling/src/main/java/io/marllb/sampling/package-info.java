/**
 * Samples of a running system and what is read from them: {@link io.marllb.sampling.ReservoirBank} holds the recency-biased reservoirs of
 * a balancer.
 *
 * <p>Randomness always comes in as words or as a seeded generator; an empty reservoir has no statistics (NaN), not zeros.
 */
package io.marllb.sampling;
