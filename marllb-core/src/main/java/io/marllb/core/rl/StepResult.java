package io.marllb.core.rl;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a reset or a step gives every agent: observation, reward, the two flags, and what else there is to know.
 *
 * <p>A reusable buffer that belongs to whoever created it: {@code step(actions, into)} overwrites all of it and keeps no reference. Rows
 * are addressed by {@link AgentId#index()}; the row of an agent that had left before the step is all zeros. {@code terminated} means the
 * task itself ended (nothing follows, do not bootstrap), {@code truncated} that it was cut off (bootstrap from this observation). The forms
 * without an index read agent 0, for environments with a single agent. Not thread-safe.
 */
public final class StepResult {

    /** Key of {@link #info} under {@link VectorEnv.Autoreset#SAME_STEP}: the last result of the episode that just ended, a StepResult. */
    public static final String FINAL_RESULT = "final_result";

    /** Key of {@link #info} where {@link RecordEpisodeStatistics} leaves an {@link RecordEpisodeStatistics.Episode}. */
    public static final String EPISODE = "episode";

    private final float[][] observations; // [agents][observation size of the agent]
    private final double[] rewards; // [agents]
    private final boolean[] terminated; // [agents]
    private final boolean[] truncated; // [agents]
    private final Map<String, Object> info = new LinkedHashMap<>();

    private StepResult(int agents) {
        this.observations = new float[agents][];
        this.rewards = new double[agents];
        this.terminated = new boolean[agents];
        this.truncated = new boolean[agents];
    }

    /**
     * An empty result in the shape of an environment.
     *
     * @param env gives the agents and their observation spaces
     * @return a new buffer
     */
    public static StepResult of(ParallelEnv env) {
        StepResult r = new StepResult(env.possibleAgents().size());
        for (AgentId a : env.possibleAgents()) {
            r.observations[a.index()] = new float[env.observationSpace(a).size()];
        }
        return r;
    }

    /**
     * An empty result for one agent.
     *
     * @param observationSize number of floats of an observation, {@code >= 1}
     * @return a new buffer
     */
    public static StepResult single(int observationSize) {
        StepResult r = new StepResult(1);
        r.observations[0] = new float[observationSize];
        return r;
    }

    /**
     * Number of agents, those that left included.
     *
     * @return {@code >= 1}
     */
    public int agents() {
        return rewards.length;
    }

    /**
     * The observation of an agent, the array itself: environments and wrappers write it, others read it.
     *
     * @param agent index
     * @return {@code [observation size]}, borrowed
     */
    public float[] observation(int agent) {
        return observations[agent];
    }

    /**
     * The observation of the only agent.
     *
     * @return {@code [observation size]}, borrowed
     */
    public float[] observation() {
        return observations[0];
    }

    /**
     * The reward of an agent for the step just taken; 0 after a reset.
     *
     * @param agent index
     * @return finite
     */
    public double reward(int agent) {
        return rewards[agent];
    }

    /**
     * The reward of the only agent.
     *
     * @return finite
     */
    public double reward() {
        return rewards[0];
    }

    /**
     * Whether the task ended for an agent.
     *
     * @param agent index
     * @return true if nothing follows
     */
    public boolean terminated(int agent) {
        return terminated[agent];
    }

    /**
     * Whether the task ended for the only agent.
     *
     * @return true if nothing follows
     */
    public boolean terminated() {
        return terminated[0];
    }

    /**
     * Whether the episode was cut off for an agent.
     *
     * @param agent index
     * @return true if something would have followed
     */
    public boolean truncated(int agent) {
        return truncated[agent];
    }

    /**
     * Whether the episode was cut off for the only agent.
     *
     * @return true if something would have followed
     */
    public boolean truncated() {
        return truncated[0];
    }

    /**
     * Whether an agent's episode is over, either way.
     *
     * @param agent index
     * @return true if terminated or truncated
     */
    public boolean ended(int agent) {
        return terminated[agent] || truncated[agent];
    }

    /**
     * What else there is to know, by name, in the order it was put. Mutable; empty for most steps.
     *
     * @return the map itself
     */
    public Map<String, Object> info() {
        return info;
    }

    /**
     * Writes reward and flags of an agent.
     *
     * @param agent index
     * @param reward finite
     * @param isTerminated whether the task ended
     * @param isTruncated whether it was cut off
     */
    public void set(int agent, double reward, boolean isTerminated, boolean isTruncated) {
        rewards[agent] = reward;
        terminated[agent] = isTerminated;
        truncated[agent] = isTruncated;
    }

    /** Zeroes everything and forgets {@link #info}; environments start with it, so that nothing stale is left. */
    public void clear() {
        for (float[] o : observations) {
            Arrays.fill(o, 0f);
        }
        Arrays.fill(rewards, 0);
        Arrays.fill(terminated, false);
        Arrays.fill(truncated, false);
        if (!info.isEmpty()) {
            info.clear();
        }
    }

    /**
     * Overwrites this with another of the same shape.
     *
     * @param other source, not kept
     */
    public void copyFrom(StepResult other) {
        if (other.agents() != agents()) {
            throw new IllegalArgumentException("a result of " + other.agents() + " agents does not fit into one of "
                    + agents() + "; create it with StepResult.of(env)");
        }
        for (int a = 0; a < rewards.length; a++) {
            System.arraycopy(other.observations[a], 0, observations[a], 0, observations[a].length);
        }
        copyOutcome(other);
    }

    /** Takes over all but the observations, whose shape a wrapper may have changed. */
    void copyOutcome(StepResult other) {
        System.arraycopy(other.rewards, 0, rewards, 0, rewards.length);
        System.arraycopy(other.terminated, 0, terminated, 0, rewards.length);
        System.arraycopy(other.truncated, 0, truncated, 0, rewards.length);
        info.clear();
        info.putAll(other.info);
    }

    /**
     * A result of its own with the same content.
     *
     * @return a new buffer; the values of {@link #info} are shared
     */
    public StepResult copy() {
        StepResult r = new StepResult(agents());
        for (int a = 0; a < rewards.length; a++) {
            r.observations[a] = observations[a].clone();
        }
        r.copyOutcome(this);
        return r;
    }

    @Override
    public String toString() {
        return "StepResult(observations=" + Arrays.deepToString(observations) + ", rewards=" + Arrays.toString(rewards)
                + ", terminated=" + Arrays.toString(terminated) + ", truncated=" + Arrays.toString(truncated)
                + ", info=" + info + ")";
    }
}
