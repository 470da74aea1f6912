package io.marllb.core.rl;

import java.util.List;
import java.util.OptionalLong;

/** An {@link Env} seen as a {@link ParallelEnv} with one agent. */
final class OneAgent implements ParallelEnv {

    private static final List<AgentId> AGENT = AgentId.list("agent", 1);

    private final Env env;
    private final float[] lastObservation;
    private boolean started;
    private boolean live;

    OneAgent(Env env) {
        this.env = env;
        this.lastObservation = new float[env.observationSpace().size()];
    }

    Env env() {
        return env;
    }

    @Override
    public String name() {
        return env.name();
    }

    @Override
    public List<AgentId> possibleAgents() {
        return AGENT;
    }

    @Override
    public List<AgentId> agents() {
        return live ? AGENT : List.of();
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return env.observationSpace();
    }

    @Override
    public Space actionSpace(AgentId agent) {
        return env.actionSpace();
    }

    @Override
    public Box stateSpace() {
        return env.observationSpace();
    }

    @Override
    public void state(float[] into) {
        if (!started) {
            throw new IllegalStateException(env.name() + ": no state before the first reset; call reset(seed)");
        }
        System.arraycopy(lastObservation, 0, into, 0, lastObservation.length);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        env.reset(seed, into);
        started = true;
        remember(into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        if (actions.length != 1) {
            throw new IllegalArgumentException(
                    env.name() + ": actions must have one row, its only agent's, but has " + actions.length);
        }
        env.step(actions[0], into);
        remember(into);
    }

    private void remember(StepResult result) {
        System.arraycopy(result.observation(), 0, lastObservation, 0, lastObservation.length);
        live = !result.ended(0);
    }

    @Override
    public boolean deterministic() {
        return env.deterministic();
    }

    @Override
    public String render() {
        return env.render();
    }

    @Override
    public Env single() {
        return env;
    }

    @Override
    public void close() {
        live = false;
        env.close();
    }
}
