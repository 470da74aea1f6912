package io.marllb.agents;

/** Where numbers about learning go, by the names that Stable-Baselines3 uses, such as {@code train/critic_loss}. */
@FunctionalInterface
public interface Metrics {

    /**
     * Notes a number; tables show the mean of what was noted since the last one.
     *
     * @param key {@code group/name}
     * @param value any number
     */
    void record(String key, double value);
}
