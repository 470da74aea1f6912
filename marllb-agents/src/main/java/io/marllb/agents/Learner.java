package io.marllb.agents;

import io.marllb.agents.replay.Episode;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;

/**
 * An algorithm that learns from episodes. It never acts: whoever plays copies the actors' parameters, runs them as a
 * {@link io.marllb.policies.frozen.FrozenNetwork} and picks actions by {@link #heads}.
 *
 * <p>All randomness comes from streams of the setup's seed, one per update and purpose, so that counters suffice to continue. One thread.
 */
public interface Learner {

    /**
     * The shape of the network that acts.
     *
     * @return the same for all agents
     */
    NetworkSpec actor();

    /**
     * How its outputs become an action.
     *
     * @return the heads
     */
    Heads heads();

    /**
     * How many different actors there are.
     *
     * @return 1 if all agents share one, else one per agent
     */
    int actors();

    /**
     * Copies an actor's parameters.
     *
     * @param actor index in {@code [0, actors)}
     * @param into overwritten, {@code [actor().parameters()]}
     */
    void copyActor(int actor, float[] into);

    /**
     * How much to explore.
     *
     * @param steps environment steps so far, all environments together
     * @return ε in [0, 1]; ignored where actions are drawn from a distribution; 1 always means uniform
     */
    double epsilon(long steps);

    /**
     * Takes an episode into the data; what it grows by later belongs to it too.
     *
     * @param episode of the setup's sizes
     */
    void add(Episode episode);

    /**
     * Whether there is enough data to learn from.
     *
     * @return false while {@link #update} must not be called
     */
    boolean ready();

    /**
     * One update of everything, as the algorithm defines it.
     *
     * @param metrics where losses go
     * @throws DivergenceException if a loss or a gradient is no longer finite; parameters are as before the update
     */
    void update(Metrics metrics);

    /**
     * Updates made so far.
     *
     * @return count
     */
    long updates();

    /**
     * Everything that is needed to continue with the same bits: parameters, targets, optimisers, counters and data.
     *
     * @param into filled
     */
    void save(Tensors into);

    /**
     * Continues from {@link #save}.
     *
     * @param from of a learner with the same setup and configuration
     * @throws IllegalArgumentException if something is missing or of another shape
     */
    void load(Tensors from);
}
