package io.marllb.agents.train;

import java.util.Map;

/**
 * What the greedy actors got. Immutable.
 *
 * @param episodes how many were played
 * @param meanReward mean of the undiscounted returns, each the mean over agents
 * @param stdReward standard deviation of them, of the population
 * @param meanLength mean number of steps
 * @param more means of what an {@link EpisodeProbe} read, by key; sorted
 */
public record Evaluation(
        int episodes, double meanReward, double stdReward, double meanLength, Map<String, Double> more) {}
