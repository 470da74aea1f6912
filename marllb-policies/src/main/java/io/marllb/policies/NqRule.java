package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;

/**
 * Never queue: any idle server first, else shortest expected delay. A server is idle when this balancer has no flow there; whatever other
 * balancers sent is not seen. All idle servers tie, fast or slow.
 */
final class NqRule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "nq",
            "an idle server if there is one, else argmin (q + bias) / w^exponent",
            "Weinrib and Shenker, Greed is not enough, INFOCOM 1988; IPVS nq",
            NqRule::new,
            Delay.EXPONENT,
            Delay.BIAS,
            TIES);

    private final Delay delay;

    NqRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        delay = new Delay(arguments, setup);
    }

    @Override
    void refresh(View view) {
        delay.refresh(view);
    }

    @Override
    double key(int server, int inFlight) {
        return inFlight == 0 ? 0 : delay.of(server, inFlight);
    }
}
