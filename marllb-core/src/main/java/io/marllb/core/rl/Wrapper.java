package io.marllb.core.rl;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * An environment around another: forwards everything, and subclasses change what they are about. Written once for the parallel form; an
 * {@link Env} is wrapped through {@link Env#with}. Actions pass inwards untouched by default, results outwards.
 */
public class Wrapper implements ParallelEnv {

    private final ParallelEnv inner;

    /**
     * Wraps an environment, which from now on is used through the wrapper only.
     *
     * @param inner the environment
     */
    protected Wrapper(ParallelEnv inner) {
        this.inner = Objects.requireNonNull(inner, "inner");
    }

    /**
     * The wrapped environment.
     *
     * @return what the constructor was given
     */
    protected final ParallelEnv inner() {
        return inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public List<AgentId> possibleAgents() {
        return inner.possibleAgents();
    }

    @Override
    public List<AgentId> agents() {
        return inner.agents();
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return inner.observationSpace(agent);
    }

    @Override
    public Space actionSpace(AgentId agent) {
        return inner.actionSpace(agent);
    }

    @Override
    public Box stateSpace() {
        return inner.stateSpace();
    }

    @Override
    public void state(float[] into) {
        inner.state(into);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner.reset(seed, into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        inner.step(actions, into);
    }

    @Override
    public boolean deterministic() {
        return inner.deterministic();
    }

    @Override
    public String render() {
        return inner.render();
    }

    @Override
    public ParallelEnv unwrapped() {
        return inner.unwrapped();
    }

    @Override
    public void close() {
        inner.close();
    }

    /** Refuses actions that are not in this wrapper's own action spaces, before anything is done with them. */
    final void checkActions(float[][] actions) {
        List<AgentId> live = agents();
        if (live.isEmpty()) {
            return; // the inner environment knows why, and says it
        }
        if (actions == null || actions.length != possibleAgents().size()) {
            throw new IllegalArgumentException(name() + ": actions must have one row per agent, "
                    + possibleAgents().size() + ", but " + (actions == null ? "was null" : "has " + actions.length));
        }
        for (int i = 0; i < live.size(); i++) {
            AgentId a = live.get(i);
            float[] action = actions[a.index()];
            Space space = actionSpace(a);
            if (action == null || !space.contains(action)) {
                throw new IllegalArgumentException(name() + ": action of " + a.name() + ": "
                        + (action == null ? "was null" : space.violation(action).orElseThrow())
                        + "; the action space is " + space);
            }
        }
    }
}
