package io.marllb.agents.train;

import java.io.IOException;
import java.util.Map;

/** Somewhere to write how training goes: a table, a file. One thread. */
public interface TrainingLog extends AutoCloseable {

    /**
     * Writes what was measured since the last row.
     *
     * @param steps environment steps so far
     * @param values by Stable-Baselines3's names, such as {@code rollout/ep_rew_mean}, sorted; keys may come later and be missing at times
     * @throws IOException if it cannot be written
     */
    void row(long steps, Map<String, Double> values) throws IOException;

    /**
     * Ends writing.
     *
     * @throws IOException if something is left that cannot be written
     */
    @Override
    void close() throws IOException;
}
