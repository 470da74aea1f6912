package io.marllb.core.rl;

import java.util.Objects;
import java.util.OptionalLong;

/** Shows each agent only some entries of its observation, such as positions without velocities. {@link #state} still has everything. */
public final class SelectFeatures extends Wrapper {

    private final int[] indices;
    private final StepResult full;

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     * @param indices which entries, in the order to show them, the same for every agent; at least one
     */
    public SelectFeatures(ParallelEnv inner, int... indices) {
        super(inner);
        if (indices.length == 0) {
            throw new IllegalArgumentException("indices must name at least one feature");
        }
        for (AgentId a : inner.possibleAgents()) {
            for (int i : indices) {
                Objects.checkIndex(i, inner.observationSpace(a).size());
            }
        }
        this.indices = indices.clone();
        this.full = StepResult.of(inner);
    }

    @Override
    public Box observationSpace(AgentId agent) {
        Box all = inner().observationSpace(agent);
        float[] low = new float[indices.length];
        float[] high = new float[indices.length];
        for (int k = 0; k < indices.length; k++) {
            low[k] = all.low(indices[k]);
            high[k] = all.high(indices[k]);
        }
        return Box.of(low, high);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, full);
        select(into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        inner().step(actions, full);
        select(into);
    }

    private void select(StepResult into) {
        into.copyOutcome(full);
        for (int a = 0; a < into.agents(); a++) {
            float[] from = full.observation(a);
            float[] to = into.observation(a);
            for (int k = 0; k < indices.length; k++) {
                to[k] = from[indices[k]];
            }
        }
    }
}
