package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;
import java.util.Map;

/** A policy that was parsed and checked, ready to be built for any number of balancers. Immutable and thread-safe. */
public final class PolicySpec {

    private final PolicyInfo info;
    private final Half<FlowRule> rule;
    private final Map<String, String> ruleArguments;
    private final Half<WeightPolicy> weights;
    private final Map<String, String> weightArguments;

    PolicySpec(
            PolicyInfo info,
            Half<FlowRule> rule,
            Map<String, String> ruleArguments,
            Half<WeightPolicy> weights,
            Map<String, String> weightArguments) {
        this.info = info;
        this.rule = rule;
        this.ruleArguments = Map.copyOf(ruleArguments);
        this.weights = weights;
        this.weightArguments = Map.copyOf(weightArguments);
    }

    /**
     * The policy as it was written, with its parameters.
     *
     * @return text that {@link PolicyRegistry#parse} accepts
     */
    public String name() {
        return info.name();
    }

    /**
     * What the host must offer, with the parameters as they were written.
     *
     * @return a new set
     */
    public EnumSet<Need> needs() {
        EnumSet<Need> needs = EnumSet.noneOf(Need.class);
        needs.addAll(info.needs());
        return needs;
    }

    /**
     * Whether it sees what no real balancer can see.
     *
     * @return true if it needs {@link Need#GLOBAL}
     */
    public boolean oracle() {
        return info.oracle();
    }

    /**
     * Name, pair, source, needs, and the parameters with the values that hold here.
     *
     * @return the description
     */
    public PolicyInfo info() {
        return info;
    }

    /**
     * Builds the policy for one balancer, with fresh state.
     *
     * @param setup the place it is built for
     * @return a new rule and a new weight policy, for one thread
     * @throws IllegalArgumentException if a parameter does not fit the place, such as a table that is smaller than the pool
     */
    public Policy build(PolicySetup setup) {
        try {
            return new Policy(name(), rule.build(ruleArguments, setup), weights.build(weightArguments, setup));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("policy '" + name() + "': " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
