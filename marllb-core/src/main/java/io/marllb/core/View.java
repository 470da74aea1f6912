package io.marllb.core;

/**
 * What one balancer sees of the pool at this moment: its own counters and the weights in force.
 *
 * <p>The host owns health, drain and slow start. A balancer has one view for its whole life, so a rule may keep the reference that
 * {@link FlowRule#poolChanged} gave it. The number of servers is fixed: servers that will be added later are there from the start and not
 * eligible. Not thread-safe; read only from the balancer's thread. Every method is O(1) and allocates nothing.
 */
public interface View {

    /**
     * Number of server slots.
     *
     * @return n, {@code >= 1}
     */
    int n();

    /**
     * Whether new flows may go to a server: its effective weight is positive and it is neither drained, nor removed, nor dead.
     *
     * @param server index in {@code [0, n)}
     * @return true if new flows may go there
     */
    boolean eligible(int server);

    /**
     * Flows of this balancer that are open at a server (RIF), the choice in progress not counted.
     *
     * @param server index in {@code [0, n)}
     * @return count, {@code >= 0}
     */
    int inFlight(int server);

    /**
     * Effective weight: what the weight policy decided times the slow-start ramp.
     *
     * @param server index in {@code [0, n)}
     * @return weight, finite, {@code >= 0}
     */
    double weight(int server);

    /**
     * Configured weight: cores times configured speed where the pool's capacities are known, else 1. Events never change it.
     *
     * @param server index in {@code [0, n)}
     * @return weight, finite, {@code > 0}
     */
    double staticWeight(int server);

    /**
     * The bias b that rules of the form {@code argmin (q + b) / w} add to a count, where the weight policy sets one ({@link
     * WeightPolicy#bias}). It changes only with the weights, so {@link FlowRule#poolChanged} always follows.
     *
     * @return finite and {@code >= 0}; NaN, the default, leaves the rule its own
     */
    default double bias() {
        return Double.NaN;
    }
}
