package io.marllb.core.rl;

import java.util.List;
import java.util.OptionalLong;

/**
 * An environment in which all agents act at once, shaped as PettingZoo's parallel API.
 *
 * <p>Order of calls: {@code reset} with a seed, then {@code step} until no agent is left, then {@code reset} without one, and so on.
 * <em>Guarantees</em>: the same seed and actions give the same bits; a seed is given once and later resets continue its stream; every
 * observation is in its space; every action of the space is accepted, any other refused with a message and without a change; reading
 * {@link #state} or {@link #render} changes nothing. <em>Assumptions</em>: one thread at a time. {@link EnvChecker} proves the guarantees.
 *
 * <p>The forms with {@code into} allocate nothing in environments that care; the others return a new result each time.
 */
public interface ParallelEnv extends AutoCloseable {

    /**
     * What it is called in messages and results.
     *
     * @return a short name, constant
     */
    String name();

    /**
     * Every agent that can ever act.
     *
     * @return an immutable list, constant, entry i has index i
     */
    List<AgentId> possibleAgents();

    /**
     * The agents that act in the next step.
     *
     * @return an immutable list; empty before the first reset and after the end
     */
    List<AgentId> agents();

    /**
     * What an agent sees.
     *
     * @param agent one of {@link #possibleAgents()}
     * @return constant
     */
    Box observationSpace(AgentId agent);

    /**
     * What an agent may do.
     *
     * @param agent one of {@link #possibleAgents()}
     * @return constant
     */
    Space actionSpace(AgentId agent);

    /**
     * What {@link #state} gives.
     *
     * @return constant
     */
    Box stateSpace();

    /**
     * The full state of the environment, for centralised training only: agents never see it when they act.
     *
     * @param into overwritten, {@code [stateSpace size]}
     * @throws IllegalStateException before the first reset
     */
    void state(float[] into);

    /**
     * The full state of the environment, for centralised training only.
     *
     * @return a new array, {@code [stateSpace size]}
     * @throws IllegalStateException before the first reset
     */
    default float[] state() {
        float[] s = new float[stateSpace().size()];
        state(s);
        return s;
    }

    /**
     * Starts a new episode, also in the middle of one.
     *
     * @param seed a seed restarts all randomness from it; empty continues the stream that the last seed began
     * @param into overwritten: first observations, rewards 0, no flag
     * @throws IllegalStateException if no seed was ever given, or after {@link #close}
     */
    void reset(OptionalLong seed, StepResult into);

    /**
     * Lets every live agent act.
     *
     * @param actions {@code [possible agents][action size]}, read only; rows of agents that left are ignored and may be null
     * @param into overwritten: observations after the step, rewards for it, flags
     * @throws IllegalArgumentException if an action is not in its space; nothing has changed then
     * @throws IllegalStateException before the first reset, after the end of the episode, or after {@link #close}
     */
    void step(float[][] actions, StepResult into);

    /**
     * Starts a new episode from a seed.
     *
     * @param seed any value
     * @return a new result
     */
    default StepResult reset(long seed) {
        StepResult r = StepResult.of(this);
        reset(OptionalLong.of(seed), r);
        return r;
    }

    /**
     * Starts a new episode and continues the stream that the last seed began.
     *
     * @return a new result
     */
    default StepResult reset() {
        StepResult r = StepResult.of(this);
        reset(OptionalLong.empty(), r);
        return r;
    }

    /**
     * Lets every live agent act.
     *
     * @param actions {@code [possible agents][action size]}
     * @return a new result
     */
    default StepResult step(float[][] actions) {
        StepResult r = StepResult.of(this);
        step(actions, r);
        return r;
    }

    /**
     * Whether the environment draws nothing at all: every seed gives the same episode.
     *
     * @return false unless it says so
     */
    default boolean deterministic() {
        return false;
    }

    /**
     * A picture of the present moment for a terminal.
     *
     * @return lines of text; empty if there is nothing to show
     */
    default String render() {
        return "";
    }

    /**
     * The environment inside all wrappers.
     *
     * @return this, unless it is a wrapper
     */
    default ParallelEnv unwrapped() {
        return this;
    }

    /**
     * The same environment in its single-agent form; both share one state.
     *
     * @return a view of this
     * @throws IllegalArgumentException if there is more than one possible agent
     */
    default Env single() {
        return SingleAgent.of(this);
    }

    /** Releases what it holds; a second call does nothing. */
    @Override
    void close();
}
