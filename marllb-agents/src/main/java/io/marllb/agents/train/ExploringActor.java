package io.marllb.agents.train;

import io.marllb.core.rl.Space;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import java.util.random.RandomGenerator;

/**
 * One agent while it explores. What it does is a function of the parameters, the episode's seed, its index and what it saw in the episode so far, and
 * of nothing else: so it is the same in every process. Not thread-safe.
 */
public final class ExploringActor {

    private final FrozenNetwork.Runner runner;
    private final Heads heads;
    private final Space actionSpace;
    private final int agent;
    private final float[] inputs;
    private final float[] outputs;
    private final boolean memory;
    private Streams streams;

    /**
     * An actor before its first episode.
     *
     * @param network what it acts by; whoever owns it may load other parameters between two steps
     * @param heads how outputs become an action
     * @param actionSpace of the agent
     * @param agent index, {@code >= 0}
     * @param servers n; networks of a fixed size ignore it
     */
    public ExploringActor(FrozenNetwork network, Heads heads, Space actionSpace, int agent, int servers) {
        this.heads = heads;
        this.actionSpace = actionSpace;
        this.agent = agent;
        runner = network.runner(Math.max(1, servers));
        inputs = new float[network.spec().inputs(servers)];
        outputs = new float[network.spec().outputs(servers)];
        memory = runner.state().length > 0;
    }

    /**
     * An episode begins.
     *
     * @param seed the episode's, the same for all agents
     */
    public void begin(long seed) {
        streams = Streams.of(Streams.of(seed).seed("agent", agent));
        runner.reset();
    }

    /**
     * Chooses an action.
     *
     * @param observations {@code [steps][inputs]}, row {@code step} is what the agent sees
     * @param step index of the step in the episode; steps come one after another
     * @param epsilon ε of {@link Heads#sample}; 1 for uniform
     * @param action overwritten, {@code [actionSize]}
     */
    public void act(float[] observations, int step, double epsilon, float[] action) {
        boolean uniform = epsilon >= 1;
        if (!uniform || memory) {
            see(observations, step);
        }
        RandomGenerator random = streams.stream("step", step);
        if (uniform) {
            actionSpace.sample(random, action);
        } else {
            heads.sample(outputs, random, epsilon, action);
        }
    }

    /**
     * Catches up with an episode that another actor has played: afterwards the recurrent state is the same as the other's.
     *
     * @param observations {@code [steps][inputs]}
     * @param steps how many rows to look at from the first on
     */
    public void follow(float[] observations, int steps) {
        for (int t = 0; memory && t < steps; t++) {
            see(observations, t);
        }
    }

    private void see(float[] observations, int row) {
        System.arraycopy(observations, row * inputs.length, inputs, 0, inputs.length);
        runner.step(inputs, outputs);
    }

    /**
     * The recurrent state.
     *
     * @return {@code [stateSize]}, the array itself
     */
    public float[] state() {
        return runner.state();
    }
}
