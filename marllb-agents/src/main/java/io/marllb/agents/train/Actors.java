package io.marllb.agents.train;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import java.util.List;

/**
 * Who chooses the actions of all agents in one environment while they are trained, wherever they run. Every implementation chooses the same:
 * what {@link ExploringActor} says.
 *
 * <p>Order of calls: {@link #sync}, then for each episode {@link #begin}, and per step {@link #act} and {@link #acted}; {@link #sync} again between
 * two steps when parameters have changed. One thread at a time.
 */
public interface Actors extends AutoCloseable {

    /** Makes actors for one environment. */
    @FunctionalInterface
    interface Factory {

        /** Actors in this process. */
        Factory LOCAL = LocalActors::new;

        /**
         * Makes actors.
         *
         * @param networks {@code [agents]}, those who share parameters are the same object; whoever owns them loads new parameters before
         *     {@link Actors#sync}
         * @param heads how outputs become an action
         * @param setup sizes
         * @return new actors
         */
        Actors create(List<FrozenNetwork> networks, Heads heads, LearnerSetup setup);
    }

    /** The networks have new parameters; they hold from the next step on. Recurrent states stay. */
    void sync();

    /**
     * An episode begins.
     *
     * @param seed of everything that the agents draw in it
     * @param episode grows while it is played; holds the first observations
     */
    void begin(long seed, Episode episode);

    /**
     * Chooses.
     *
     * @param step index; the episode holds the observations before it
     * @param epsilon how much to explore, as {@link Heads#sample} takes it; 1 for uniform
     * @param actions overwritten, {@code [agents][actionSize]}
     */
    void act(int step, double epsilon, float[][] actions);

    /**
     * A step is over: the episode holds its actions, rewards and the observations behind it. If {@link Episode#ended}, what actors elsewhere recorded
     * themselves replaces what was recorded here.
     *
     * @param step index
     */
    void acted(int step);

    /**
     * The recurrent state of an agent.
     *
     * @param agent index
     * @return {@code [stateSize]}, the array itself
     * @throws IllegalStateException if actors elsewhere keep it
     */
    float[] state(int agent);

    /** Releases what it holds; a second call does nothing. */
    @Override
    void close();
}
