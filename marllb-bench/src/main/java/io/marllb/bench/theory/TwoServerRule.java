package io.marllb.bench.theory;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.EnumSet;

/** A two-server dispatch rule as a balancer's own; with one balancer its counts are the true ones. */
final class TwoServerRule implements FlowRule {

    private final DispatchRule rule;

    TwoServerRule(DispatchRule rule) {
        this.rule = rule;
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        double share = rule.shareOfFirst(view.inFlight(0), view.inFlight(1));
        if (share == 0 || share == 1) {
            return share == 1 ? 0 : 1;
        }
        return (words.next() >>> 11) * 0x1.0p-53 < share ? 0 : 1;
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
