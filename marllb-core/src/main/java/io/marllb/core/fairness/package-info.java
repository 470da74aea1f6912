/**
 * How evenly servers are loaded, as one number that rewards and reports use: {@link io.marllb.core.fairness.Fairness} by name, and the
 * paper's smoothed product {@link io.marllb.core.fairness.SmoothedProduct}.
 *
 * <p>More is always better. Pass the loads of active servers only: a drained server's zero is no unfairness.
 */
package io.marllb.core.fairness;
