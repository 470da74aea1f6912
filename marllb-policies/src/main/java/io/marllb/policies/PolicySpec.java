package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import java.util.EnumSet;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/** A policy that was parsed and checked, ready to be built for any number of balancers. Immutable and thread-safe. */
public final class PolicySpec {

    private final PolicyInfo info;
    private final IntPredicate serves;
    private final IntFunction<RuleNumbers> rule;
    private final Function<PolicySetup, Policy> constructor;

    PolicySpec(
            PolicyInfo info,
            IntPredicate serves,
            IntFunction<RuleNumbers> rule,
            Function<PolicySetup, Policy> constructor) {
        this.info = info;
        this.serves = serves;
        this.rule = rule;
        this.constructor = constructor;
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
     * Whether it can be built for so many servers.
     *
     * @param servers n, {@code >= 1}
     * @return true for every heuristic; trained agents have bounds
     */
    public boolean serves(int servers) {
        return serves.test(servers);
    }

    /**
     * The rule half in numbers, for hosts that implement rules themselves.
     *
     * @param balancers m, {@code >= 1}, for parameters such as {@code bias=1/m}
     * @return name and numbers of the rule
     */
    public RuleNumbers rule(int balancers) {
        return rule.apply(balancers);
    }

    /**
     * Builds the policy for one balancer, with fresh state.
     *
     * @param setup the place it is built for
     * @return a new rule and a new weight policy, for one thread
     * @throws IllegalArgumentException if a parameter does not fit the place, such as a table that is smaller than the pool, or a
     *     trained agent was made for another number of servers
     */
    public Policy build(PolicySetup setup) {
        try {
            return constructor.apply(setup);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("policy '" + name() + "': " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
