package io.marllb.policies.host;

/**
 * Which servers take part, as a balancer was told and as health checks found. Owned by the back end, which calls {@link PolicyHost#poolChanged}
 * after every change. Every method is O(1) and allocates nothing.
 */
public interface Membership {

    /**
     * Number of server slots; constant.
     *
     * @return n, {@code >= 1}
     */
    int slots();

    /**
     * Whether a server takes part: neither drained, nor removed, nor dead.
     *
     * @param server index in {@code [0, n)}
     * @return true if new flows may go there
     */
    boolean active(int server);

    /**
     * How far the slow start of a server has come.
     *
     * @param server index in {@code [0, n)}
     * @param now current time, nanoseconds
     * @return factor of its weight, in (0, 1]
     */
    double ramp(int server, long now);

    /**
     * Configured weight; constant while a server holds its slot.
     *
     * @param server index in {@code [0, n)}
     * @return weight, finite, {@code > 0}
     */
    double staticWeight(int server);
}
