package io.marllb.core.rl;

import java.util.List;
import java.util.OptionalLong;

/**
 * Tells each agent who it is: appends its index, one-hot over all possible agents, to its observation, as SuperSuit's {@code agent_indicator}
 * does. Agents that share one network need it wherever they must not act alike. {@link #state} stays as it is.
 */
public final class AgentIndicator extends Wrapper {

    private final StepResult plain;

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     */
    public AgentIndicator(ParallelEnv inner) {
        super(inner);
        this.plain = StepResult.of(inner);
    }

    /** {@inheritDoc} A flat vector, whatever the shape inside. */
    @Override
    public Box observationSpace(AgentId agent) {
        Box seen = inner().observationSpace(agent);
        int size = seen.size();
        float[] low = new float[size + plain.agents()];
        float[] high = new float[size + plain.agents()];
        for (int i = 0; i < size; i++) {
            low[i] = seen.low(i);
            high[i] = seen.high(i);
        }
        for (int i = size; i < high.length; i++) {
            high[i] = 1f; // an agent that left sees zeros
        }
        return Box.of(low, high);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, plain);
        write(inner().agents(), into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        List<AgentId> live = inner().agents();
        inner().step(actions, plain);
        write(live, into);
    }

    private void write(List<AgentId> live, StepResult into) {
        into.clear();
        into.copyOutcome(plain);
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            float[] seen = plain.observation(a);
            System.arraycopy(seen, 0, into.observation(a), 0, seen.length);
            into.observation(a)[seen.length + a] = 1f;
        }
    }
}
