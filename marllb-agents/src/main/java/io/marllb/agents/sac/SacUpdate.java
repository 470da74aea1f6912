package io.marllb.agents.sac;

import io.marllb.agents.Metrics;
import io.marllb.agents.replay.SequenceBatch;
import java.util.random.RandomGenerator;

/** One learner's update; one form for discrete actions, one for continuous ones. */
interface SacUpdate {

    /**
     * Critics, actor, temperature, targets: one step each.
     *
     * @param drawn windows to learn from
     * @param random for actions that are drawn
     * @param number of this update, for messages
     * @param metrics where losses go
     * @param errors the absolute errors of the critics are added here, {@code [time * batch]}, the mean over agents
     */
    void update(SequenceBatch drawn, RandomGenerator random, long number, Metrics metrics, float[] errors);

    /** What it learns. */
    SacParameters parameters();
}
