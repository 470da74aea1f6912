package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.PolicySetup;

/** Shortest remaining time: the least work left over the capacity of this moment. All idle servers tie; capacity 0 comes last. */
final class OracleSrtRule extends ScanRule {

    static final Half<FlowRule> HALF = new Half<>(
            "oracle-srt",
            "argmin remaining work / (cores x current speed)",
            "SimLB srt; least work left",
            OracleSrtRule::new);

    OracleSrtRule(Arguments arguments, PolicySetup setup) {}

    @Override
    double key(GlobalView view, int server) {
        double capacity = view.capacity(server);
        return capacity > 0 ? view.remainingWork(server) / capacity : Double.MAX_VALUE;
    }
}
