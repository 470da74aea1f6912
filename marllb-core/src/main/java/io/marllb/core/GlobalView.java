package io.marllb.core;

/**
 * The true state of all servers, for the all-seeing reference policies; only the simulator offers it ({@link Need#GLOBAL}).
 *
 * <p>A rule that declares {@link Need#GLOBAL} is given a view of this type in {@link FlowRule#poolChanged} and {@link FlowRule#choose}.
 */
public interface GlobalView extends View {

    /**
     * Flows in the system at a server, of all balancers: running, in I/O and waiting.
     *
     * @param server index in {@code [0, n)}
     * @return count, {@code >= 0}
     */
    int inSystem(int server);

    /**
     * Capacity at this moment: cores times current speed.
     *
     * @param server index in {@code [0, n)}
     * @return capacity, {@code >= 0}; 0 while the server is down
     */
    double capacity(int server);

    /**
     * Work that is left at a server, over all its flows, in CPU time at speed 1.
     *
     * @param server index in {@code [0, n)}
     * @return nanoseconds, {@code >= 0}
     */
    double remainingWork(int server);
}
