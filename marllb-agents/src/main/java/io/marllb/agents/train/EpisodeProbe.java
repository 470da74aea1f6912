package io.marllb.agents.train;

import io.marllb.agents.Metrics;
import io.marllb.core.rl.StepResult;

/** Reads from the last step of an episode what its environment measured beside rewards. Called from one thread at a time. */
@FunctionalInterface
public interface EpisodeProbe {

    /** Reads nothing. */
    EpisodeProbe NONE = (last, into) -> {};

    /**
     * Reads.
     *
     * @param last the last result of an episode, borrowed
     * @param into numbers by key, such as {@code lb/mean_s}
     */
    void read(StepResult last, Metrics into);
}
