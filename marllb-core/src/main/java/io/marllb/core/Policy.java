package io.marllb.core;

import java.util.EnumSet;
import java.util.Objects;

/**
 * Every policy is this pair, built for one balancer.
 *
 * @param name what users call it, with its parameters, such as {@code sed:bias=1/m}
 * @param rule the fast path
 * @param weights the slow loop
 */
public record Policy(String name, FlowRule rule, WeightPolicy weights) {

    /** Checks that nothing is missing. */
    public Policy {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(weights, "weights");
    }

    /**
     * The union of what both halves need.
     *
     * @return a new set
     */
    public EnumSet<Need> needs() {
        EnumSet<Need> all = rule.needs();
        all.addAll(weights.needs());
        return all;
    }
}
