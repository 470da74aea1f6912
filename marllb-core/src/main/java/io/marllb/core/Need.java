package io.marllb.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a rule or a weight policy must be given beyond in-flight counts and weights.
 *
 * <p>A host offers a set of needs; a policy that needs more is refused at start. The first four are passive: every back end has them.
 */
public enum Need {
    /** {@link Flow#hash()} is a real 5-tuple hash. */
    FLOW_HASH,
    /** {@link FlowRule#ended} is called; under direct server return from FIN, RST and timeout. */
    FLOW_END,
    /** {@link FlowRule#sampled} is called with flow ages during a flow's life. */
    FLOW_AGE,
    /** {@link Observation} has reservoir statistics. */
    RESERVOIRS,
    /** A server tells one balancer that it went idle. */
    IDLE,
    /** The rule may ask servers through its {@link Outbox}; answers come as signals. */
    PROBE,
    /** Every server reports to every balancer, each report interval. */
    REPORT,
    /** Balancers send each other their own in-flight counts, each interval, delayed. */
    PEERS,
    /** The true state of all servers ({@link GlobalView}); the simulator only. Marked "oracle" in every table. */
    GLOBAL;

    /** The needs that every back end can meet. */
    public static final Set<Need> PASSIVE =
            Collections.unmodifiableSet(EnumSet.of(FLOW_HASH, FLOW_END, FLOW_AGE, RESERVOIRS));
}
