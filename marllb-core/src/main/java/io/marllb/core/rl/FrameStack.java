package io.marllb.core.rl;

import java.util.List;
import java.util.OptionalLong;

/** Shows each agent its last k observations, oldest first; after a reset the first one k times. */
public final class FrameStack extends Wrapper {

    private final int frames;
    private final StepResult frame;
    private final float[][] stacks; // [agents][frames * features]

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     * @param frames k, {@code >= 1}
     */
    public FrameStack(ParallelEnv inner, int frames) {
        super(inner);
        if (frames < 1) {
            throw new IllegalArgumentException("frames must be >= 1, but was " + frames);
        }
        this.frames = frames;
        this.frame = StepResult.of(inner);
        this.stacks = new float[inner.possibleAgents().size()][];
        for (AgentId a : inner.possibleAgents()) {
            stacks[a.index()] = new float[frames * inner.observationSpace(a).size()];
        }
    }

    @Override
    public Box observationSpace(AgentId agent) {
        Box one = inner().observationSpace(agent);
        int size = one.size();
        float[] low = new float[frames * size];
        float[] high = new float[frames * size];
        for (int i = 0; i < low.length; i++) {
            low[i] = one.low(i % size);
            high[i] = one.high(i % size);
        }
        int[] inside = one.shape();
        int[] shape = new int[inside.length + 1];
        shape[0] = frames;
        System.arraycopy(inside, 0, shape, 1, inside.length);
        return Box.of(low, high, shape);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, frame);
        for (int a = 0; a < stacks.length; a++) {
            float[] o = frame.observation(a);
            for (int k = 0; k < frames; k++) {
                System.arraycopy(o, 0, stacks[a], k * o.length, o.length);
            }
        }
        write(inner().agents(), into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        List<AgentId> live = inner().agents();
        inner().step(actions, frame);
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            float[] o = frame.observation(a);
            System.arraycopy(stacks[a], o.length, stacks[a], 0, stacks[a].length - o.length);
            System.arraycopy(o, 0, stacks[a], stacks[a].length - o.length, o.length);
        }
        write(live, into);
    }

    private void write(List<AgentId> live, StepResult into) {
        into.clear();
        into.copyOutcome(frame);
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            System.arraycopy(stacks[a], 0, into.observation(a), 0, stacks[a].length);
        }
    }
}
