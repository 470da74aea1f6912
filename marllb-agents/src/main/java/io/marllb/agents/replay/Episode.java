package io.marllb.agents.replay;

import java.util.Arrays;

/**
 * One episode of all agents, from the first observation on; it grows while it is played, within memory allocated at the start. All agents end
 * together. Not thread-safe.
 */
public final class Episode {

    private final int inputs;
    private final int actionSize;
    private final int stateSize;
    private final int horizon;
    private final float[][] observations; // [agents][(horizon + 1) * inputs]
    private final float[][] actions; // [agents][horizon * actionSize]
    private final float[][] rewards; // [agents][horizon]
    private final float[] states; // [(horizon + 1) * stateSize]
    private int length;
    private boolean terminated;
    private boolean ended;

    /**
     * An empty episode.
     *
     * @param agents m
     * @param inputs length of an agent's observation
     * @param actionSize length of an agent's action
     * @param stateSize length of the state, 0 to keep none
     * @param horizon most steps
     */
    public Episode(int agents, int inputs, int actionSize, int stateSize, int horizon) {
        this.inputs = inputs;
        this.actionSize = actionSize;
        this.stateSize = stateSize;
        this.horizon = horizon;
        observations = new float[agents][(horizon + 1) * inputs];
        actions = new float[agents][horizon * actionSize];
        rewards = new float[agents][horizon];
        states = new float[(horizon + 1) * stateSize];
    }

    private Episode(Episode of) {
        inputs = of.inputs;
        actionSize = of.actionSize;
        stateSize = of.stateSize;
        horizon = of.length;
        int agents = of.agents();
        observations = new float[agents][];
        actions = new float[agents][];
        rewards = new float[agents][];
        for (int i = 0; i < agents; i++) {
            observations[i] = Arrays.copyOf(of.observations[i], (horizon + 1) * inputs);
            actions[i] = Arrays.copyOf(of.actions[i], horizon * actionSize);
            rewards[i] = Arrays.copyOf(of.rewards[i], horizon);
        }
        states = Arrays.copyOf(of.states, (horizon + 1) * stateSize);
        length = horizon;
        ended = true;
        terminated = of.terminated;
    }

    /** The same in no more memory than it needs. */
    Episode compact() {
        return horizon > length ? new Episode(this) : this;
    }

    /** An ended episode from what another one held; the arrays are taken over. Its horizon is its length. */
    static Episode restored(
            float[][] observations,
            float[][] actions,
            float[][] rewards,
            float[] states,
            int inputs,
            int actionSize,
            int stateSize,
            boolean terminated) {
        int length = rewards[0].length;
        Episode e = new Episode(rewards.length, inputs, actionSize, stateSize, length);
        for (int i = 0; i < rewards.length; i++) {
            e.observations[i] = observations[i];
            e.actions[i] = actions[i];
            e.rewards[i] = rewards[i];
        }
        System.arraycopy(states, 0, e.states, 0, states.length);
        e.length = length;
        e.ended = true;
        e.terminated = terminated;
        return e;
    }

    /**
     * Begins: what is known before the first step.
     *
     * @param first observations, {@code [agents][inputs]}
     * @param state the state, {@code [stateSize]}; ignored if none is kept
     */
    public void begin(float[][] first, float[] state) {
        if (length != 0 || ended) {
            throw new IllegalStateException("the episode has begun already");
        }
        write(first, state, 0);
    }

    /**
     * Adds a step.
     *
     * @param acted actions, {@code [agents][actionSize]}
     * @param rewarded rewards, {@code [agents]}
     * @param terminates whether the episode came to an end of its own: nothing follows, values are 0
     * @param truncates whether it was cut: it would have gone on, so values bootstrap
     * @param next observations after the step, {@code [agents][inputs]}
     * @param state the state after the step, {@code [stateSize]}
     * @throws IllegalStateException if it has ended
     */
    public void append(
            float[][] acted, double[] rewarded, boolean terminates, boolean truncates, float[][] next, float[] state) {
        if (ended || length == horizon) {
            throw new IllegalStateException("the episode has ended, or is longer than " + horizon + " steps");
        }
        for (int i = 0; i < actions.length; i++) {
            System.arraycopy(acted[i], 0, actions[i], length * actionSize, actionSize);
            rewards[i][length] = (float) rewarded[i];
        }
        length++;
        write(next, state, length);
        terminated = terminates;
        ended = terminates || truncates;
    }

    private void write(float[][] seen, float[] state, int row) {
        for (int i = 0; i < observations.length; i++) {
            System.arraycopy(seen[i], 0, observations[i], row * inputs, inputs);
        }
        if (stateSize > 0) {
            System.arraycopy(state, 0, states, row * stateSize, stateSize);
        }
    }

    /**
     * Number of agents.
     *
     * @return m
     */
    public int agents() {
        return observations.length;
    }

    /**
     * Length of an agent's observation.
     *
     * @return inputs
     */
    public int inputs() {
        return inputs;
    }

    /**
     * Length of an agent's action.
     *
     * @return entries
     */
    public int actionSize() {
        return actionSize;
    }

    /**
     * Length of the state.
     *
     * @return 0 if none is kept
     */
    public int stateSize() {
        return stateSize;
    }

    /**
     * Most steps.
     *
     * @return the horizon
     */
    public int horizon() {
        return horizon;
    }

    /**
     * Steps so far.
     *
     * @return in {@code [0, horizon]}
     */
    public int length() {
        return length;
    }

    /**
     * Whether the last recorded step was the last of the episode.
     *
     * @return true after an end of either kind
     */
    public boolean ended() {
        return ended;
    }

    /**
     * Whether values are 0 behind a step.
     *
     * @param step index in {@code [0, length)}
     * @return true for the last step of an episode that terminated
     */
    public boolean terminatedAt(int step) {
        return terminated && step == length - 1;
    }

    /**
     * What an agent saw.
     *
     * @param agent index
     * @return {@code [(horizon + 1) * inputs]}, row t before step t; the array itself
     */
    public float[] observations(int agent) {
        return observations[agent];
    }

    /**
     * What an agent did.
     *
     * @param agent index
     * @return {@code [horizon * actionSize]}, the array itself
     */
    public float[] actions(int agent) {
        return actions[agent];
    }

    /**
     * What an agent got.
     *
     * @param agent index
     * @return {@code [horizon]}, the array itself
     */
    public float[] rewards(int agent) {
        return rewards[agent];
    }

    /**
     * The states.
     *
     * @return {@code [(horizon + 1) * stateSize]}, row t before step t; the array itself
     */
    public float[] states() {
        return states;
    }

    /**
     * Sum of the rewards so far, the mean over agents.
     *
     * @return the undiscounted return
     */
    public double meanReturn() {
        double sum = 0;
        for (float[] r : rewards) {
            for (float x : Arrays.copyOf(r, length)) {
                sum += x;
            }
        }
        return sum / rewards.length;
    }
}
