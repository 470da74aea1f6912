package io.marllb.dataplane.proxy;

import io.marllb.core.FlowRule;
import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.Rule;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.RuleNumbers;
import java.util.Map;

/**
 * Which rule places connections. A record names one of five, with its numbers. A policy whose rule is another one, such as peak-ewma, brings that
 * rule itself, and records then decide its weights only. Not thread-safe.
 */
public final class Rules {

    private static final String FALLBACK = "sed";

    private static final Map<String, Rule> IN_RECORDS = Map.of(
            "weighted-random", Rule.WEIGHTED_RANDOM,
            "two-choices", Rule.TWO_CHOICES,
            "sed", Rule.SED,
            "least-flows", Rule.LEAST_FLOWS,
            "maglev", Rule.MAGLEV);

    /** Of the table of a rule that a record names. */
    private static final int MAGLEV_SLOTS = 65_537;

    private final PolicySetup setup;
    private PolicySpec own; // null where records name the rule
    private RuleNumbers ownNumbers;
    private String current = "";

    /**
     * Rules for a place, as records name them.
     *
     * @param slots server slots
     * @param balancers how many balancers share the servers
     * @param intervalNanos control interval
     * @param seed of what a rule may draw for itself
     */
    public Rules(int slots, int balancers, long intervalNanos, long seed) {
        setup = new PolicySetup(slots, balancers, 0, intervalNanos, seed, Outbox.NONE);
    }

    /**
     * From now on records come from this policy, whose controller is in this process.
     *
     * @param policy the policy
     */
    public void follow(PolicySpec policy) {
        ownNumbers = policy.rule(setup.balancers());
        boolean named = IN_RECORDS.containsKey(ownNumbers.name())
                && (ownNumbers.slots() == 0 || ownNumbers.slots() == MAGLEV_SLOTS);
        own = named ? null : policy;
    }

    /**
     * A new rule for when no controller is there; the next record gets a new one too.
     *
     * @return SED with a bias of 1
     */
    public FlowRule fallback() {
        current = "";
        return build(FALLBACK);
    }

    /**
     * The rule that a record asks for.
     *
     * @param wanted the record
     * @return a new rule; null if the one in use will do
     * @throws IllegalArgumentException if there is no rule with these numbers
     */
    public FlowRule of(MsgIn wanted) {
        String text = own == null ? text(wanted) : own.name();
        if (text.equals(current)) {
            return null;
        }
        FlowRule rule = own == null ? build(text) : own.build(setup).rule();
        current = text;
        return rule;
    }

    /**
     * The bias that goes with the weights of a record.
     *
     * @param wanted the record
     * @return NaN for the rule's own
     */
    public double bias(MsgIn wanted) {
        if (own != null) {
            boolean its = wanted.biasScale == ownNumbers.biasScale() && wanted.biasOffset == ownNumbers.biasOffset();
            return its ? Double.NaN : wanted.biasOffset / wanted.biasScale;
        }
        return travels(wanted) ? wanted.biasOffset : Double.NaN;
    }

    private FlowRule build(String rule) {
        return PolicyRegistry.parse(rule + "+equal").build(setup).rule();
    }

    private static String text(MsgIn wanted) {
        return switch (wanted.rule) {
            case WEIGHTED_RANDOM -> "weighted-random";
            case TWO_CHOICES -> "two-choices:choices=" + wanted.choices + bias(wanted, travels(wanted));
            case SED -> "sed" + ties(wanted) + bias(wanted, travels(wanted));
            case LEAST_FLOWS -> "least-flows" + ties(wanted);
            case MAGLEV -> "maglev";
        };
    }

    /** A whole bias changes with the weights, and needs no new rule each time; a fraction keeps its exact ties only inside of the rule. */
    private static boolean travels(MsgIn wanted) {
        return wanted.biasScale == 1;
    }

    private static String bias(MsgIn wanted, boolean travels) {
        return travels ? "" : ":bias=" + wanted.biasOffset + "/" + wanted.biasScale;
    }

    private static String ties(MsgIn wanted) {
        return wanted.vppTies ? ":ties=vpp" : "";
    }
}
