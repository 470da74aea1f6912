package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.PolicySetup;

/** Shortest expected delay on the true counts and the capacity of this moment. A server whose capacity is 0 comes last. */
final class OracleSedRule extends ScanRule {

    static final Half<FlowRule> HALF = new Half<>(
            "oracle-sed",
            "argmin (Q + 1) / (cores x current speed), Q over all balancers",
            "the all-seeing bar of the headroom ladder",
            OracleSedRule::new);

    OracleSedRule(Arguments arguments, PolicySetup setup) {}

    @Override
    double key(GlobalView view, int server) {
        return (view.inSystem(server) + 1) / view.capacity(server);
    }
}
