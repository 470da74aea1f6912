package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;

/** Shortest expected delay: {@code argmin (q + b) / w^e}. With {@code b = 0} every idle server has key 0 and all of them tie. */
final class SedRule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "sed",
            "argmin (q + bias) / w^exponent over all servers",
            "IPVS sed; MARLLB (CIKM 2022) 4.2",
            SedRule::new,
            Delay.EXPONENT,
            Delay.BIAS,
            TIES);

    private final Delay delay;

    SedRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        delay = new Delay(arguments, setup);
    }

    @Override
    void refresh(View view) {
        delay.refresh(view);
    }

    @Override
    double key(int server, int inFlight) {
        return delay.of(server, inFlight);
    }
}
