package io.marllb.core.rl;

import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * An environment with one agent, shaped as Gymnasium's. The guarantees are those of {@link ParallelEnv}, of which it is a special case:
 * {@link #parallel()} and {@link ParallelEnv#single()} turn one form into the other, and wrappers are written once, for the parallel form.
 */
public interface Env extends AutoCloseable {

    /**
     * What it is called in messages and results.
     *
     * @return a short name, constant
     */
    String name();

    /**
     * What the agent sees.
     *
     * @return constant
     */
    Box observationSpace();

    /**
     * What the agent may do.
     *
     * @return constant
     */
    Space actionSpace();

    /**
     * Starts a new episode, also in the middle of one.
     *
     * @param seed a seed restarts all randomness from it; empty continues the stream that the last seed began
     * @param into overwritten: first observation, reward 0, no flag
     * @throws IllegalStateException if no seed was ever given, or after {@link #close}
     */
    void reset(OptionalLong seed, StepResult into);

    /**
     * Lets the agent act.
     *
     * @param action {@code [action size]}, read only
     * @param into overwritten: observation after the step, reward for it, flags
     * @throws IllegalArgumentException if the action is not in its space; nothing has changed then
     * @throws IllegalStateException before the first reset, after the end of the episode, or after {@link #close}
     */
    void step(float[] action, StepResult into);

    /**
     * Starts a new episode from a seed.
     *
     * @param seed any value
     * @return a new result
     */
    default StepResult reset(long seed) {
        StepResult r = StepResult.single(observationSpace().size());
        reset(OptionalLong.of(seed), r);
        return r;
    }

    /**
     * Starts a new episode and continues the stream that the last seed began.
     *
     * @return a new result
     */
    default StepResult reset() {
        StepResult r = StepResult.single(observationSpace().size());
        reset(OptionalLong.empty(), r);
        return r;
    }

    /**
     * Lets the agent act.
     *
     * @param action {@code [action size]}
     * @return a new result
     */
    default StepResult step(float... action) {
        StepResult r = StepResult.single(observationSpace().size());
        step(action, r);
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
     * The same environment in its parallel form; both share one state. Its {@link ParallelEnv#state} is the last observation.
     *
     * @return a view of this
     */
    default ParallelEnv parallel() {
        return new OneAgent(this);
    }

    /**
     * This environment inside a wrapper: {@code env.with(e -> new TimeLimit(e, 200))}.
     *
     * @param wrapper adds the wrapper to the parallel form
     * @return the wrapped environment
     */
    default Env with(UnaryOperator<ParallelEnv> wrapper) {
        return wrapper.apply(parallel()).single();
    }

    /** Releases what it holds; a second call does nothing. */
    @Override
    void close();
}
