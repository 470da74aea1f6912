package io.marllb.core.rl;

import java.util.List;
import java.util.OptionalLong;

/** Truncates an episode after a number of steps: sets {@code truncated} for every live agent, leaves {@code terminated} alone. */
public final class TimeLimit extends Wrapper {

    private final int limit;
    private int steps;
    private boolean cutOff;

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     * @param limit most steps of an episode, {@code >= 1}
     */
    public TimeLimit(ParallelEnv inner, int limit) {
        super(inner);
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be >= 1, but was " + limit);
        }
        this.limit = limit;
    }

    @Override
    public List<AgentId> agents() {
        return cutOff ? List.of() : inner().agents();
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, into);
        steps = 0;
        cutOff = false;
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        if (cutOff) {
            throw new IllegalStateException(name() + ": the episode was truncated after " + limit
                    + " steps; call reset() before the next step");
        }
        List<AgentId> live = inner().agents();
        inner().step(actions, into);
        if (++steps >= limit) {
            cutOff = true;
            for (int i = 0; i < live.size(); i++) {
                int a = live.get(i).index();
                into.set(a, into.reward(a), into.terminated(a), true);
            }
        }
    }

    @Override
    public void close() {
        cutOff = false;
        super.close();
    }
}
