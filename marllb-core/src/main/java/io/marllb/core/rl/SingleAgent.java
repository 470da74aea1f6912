package io.marllb.core.rl;

import java.util.OptionalLong;

/** A {@link ParallelEnv} with one possible agent, seen as an {@link Env}. */
final class SingleAgent implements Env {

    private final ParallelEnv env;
    private final AgentId agent;
    private final float[][] actions = new float[1][];

    private SingleAgent(ParallelEnv env) {
        this.env = env;
        this.agent = env.possibleAgents().get(0);
    }

    static Env of(ParallelEnv env) {
        if (env.possibleAgents().size() != 1) {
            throw new IllegalArgumentException(env.name() + " has "
                    + env.possibleAgents().size() + " agents and no single-agent form; use ParallelEnv");
        }
        return new SingleAgent(env);
    }

    @Override
    public String name() {
        return env.name();
    }

    @Override
    public Box observationSpace() {
        return env.observationSpace(agent);
    }

    @Override
    public Space actionSpace() {
        return env.actionSpace(agent);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        env.reset(seed, into);
    }

    @Override
    public void step(float[] action, StepResult into) {
        actions[0] = action;
        env.step(actions, into);
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
    public ParallelEnv parallel() {
        return env;
    }

    @Override
    public void close() {
        env.close();
    }
}
