package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;

/** The server with the fewest own flows in flight. Weights do not matter, and so neither does slow start: {@code sed+equal} minds both. */
final class LeastFlowsRule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "least-flows",
            "argmin q over all servers, whatever their weights",
            "local shortest queue, as in MARLLB (CIKM 2022)",
            LeastFlowsRule::new,
            TIES);

    LeastFlowsRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
    }

    @Override
    void refresh(View view) {}

    @Override
    double key(int server, int inFlight) {
        return inFlight;
    }
}
