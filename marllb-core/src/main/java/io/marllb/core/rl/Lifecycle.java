package io.marllb.core.rl;

import io.marllb.core.rng.Streams;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * The bookkeeping every environment needs: the order of calls, the seed, and the check of actions. An environment holds one, calls it first
 * in each method, and can then trust what it was given. For environments in which all agents leave together. Not thread-safe.
 */
public final class Lifecycle {

    private enum Phase {
        NEW,
        RUNNING,
        ENDED,
        CLOSED
    }

    private final String name;
    private final List<AgentId> agents;
    private final List<Space> actionSpaces;
    private Phase phase = Phase.NEW;
    private RandomGenerator random;

    /**
     * Bookkeeping of a new environment.
     *
     * @param name the environment's name, first word of messages and name of its stream
     * @param agents who acts, entry i has index i
     * @param actionSpaces what each may do, same order
     */
    public Lifecycle(String name, List<AgentId> agents, List<? extends Space> actionSpaces) {
        this.name = Objects.requireNonNull(name, "name");
        this.agents = List.copyOf(agents);
        this.actionSpaces = List.copyOf(actionSpaces);
        if (agents.isEmpty() || agents.size() != actionSpaces.size()) {
            throw new IllegalArgumentException(
                    name + ": needs one action space per agent and at least one agent, but has " + agents.size()
                            + " agents and " + actionSpaces.size() + " action spaces");
        }
    }

    /**
     * Bookkeeping of an {@link Env}.
     *
     * @param name the environment's name
     * @param actionSpace what its agent may do
     * @return a new lifecycle
     */
    public static Lifecycle single(String name, Space actionSpace) {
        return new Lifecycle(name, AgentId.list("agent", 1), List.of(actionSpace));
    }

    /**
     * Begins an episode.
     *
     * @param seed as given to reset
     * @return the environment's only source of randomness until the next seed
     * @throws IllegalStateException if no seed was ever given, or after {@link #close}
     */
    public RandomGenerator reset(OptionalLong seed) {
        if (phase == Phase.CLOSED) {
            throw new IllegalStateException(name + " is closed; create a new one");
        }
        if (seed.isPresent()) {
            random = Streams.of(seed.getAsLong()).stream(name);
        } else if (random == null) {
            throw new IllegalStateException(
                    name + ": the first reset needs a seed, such as reset(1); later ones continue its stream");
        }
        phase = Phase.RUNNING;
        return random;
    }

    /**
     * Requires that a step is due and that every action is in its space.
     *
     * @param actions as given to step
     * @throws IllegalStateException before the first reset, after the end, or after {@link #close}
     * @throws IllegalArgumentException if the number of rows is wrong, or an action is not in its space
     */
    public void checkStep(float[][] actions) {
        checkRunning();
        if (actions == null || actions.length != agents.size()) {
            throw new IllegalArgumentException(name + ": actions must have one row per agent, " + agents.size()
                    + ", but " + (actions == null ? "was null" : "has " + actions.length));
        }
        for (int a = 0; a < actions.length; a++) {
            check(a, actions[a]);
        }
    }

    /**
     * {@link #checkStep(float[][])} for a single agent.
     *
     * @param action as given to step
     */
    public void checkStep(float[] action) {
        checkRunning();
        check(0, action);
    }

    private void checkRunning() {
        switch (phase) {
            case RUNNING -> {}
            case NEW -> throw new IllegalStateException(name + ": step before reset; call reset(seed) first");
            case ENDED ->
                throw new IllegalStateException(name + ": the episode has ended; call reset() before the next step");
            case CLOSED -> throw new IllegalStateException(name + " is closed; create a new one");
        }
    }

    private void check(int agent, float[] action) {
        Space space = actionSpaces.get(agent);
        if (action != null && space.contains(action)) {
            return;
        }
        Optional<String> violation = action == null ? Optional.of("was null") : space.violation(action);
        throw new IllegalArgumentException(name + ": action of "
                + agents.get(agent).name() + ": " + violation.orElseThrow() + "; the action space is " + space);
    }

    /** Ends the episode. */
    public void end() {
        phase = Phase.ENDED;
    }

    /**
     * The live agents.
     *
     * @return all of them while an episode runs, else none
     */
    public List<AgentId> agents() {
        return phase == Phase.RUNNING ? agents : List.of();
    }

    /**
     * Requires that there is a state to read.
     *
     * @throws IllegalStateException before the first reset, or after {@link #close}
     */
    public void checkStarted() {
        if (phase == Phase.NEW) {
            throw new IllegalStateException(name + ": no state before the first reset; call reset(seed)");
        }
        if (phase == Phase.CLOSED) {
            throw new IllegalStateException(name + " is closed; create a new one");
        }
    }

    /**
     * Whether the environment was closed.
     *
     * @return true after {@link #close}
     */
    public boolean closed() {
        return phase == Phase.CLOSED;
    }

    /** Nothing is allowed after this but another close. */
    public void close() {
        phase = Phase.CLOSED;
    }
}
