package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.PolicySetup;

/** Global shortest queue: the fewest flows in the system, of all balancers. Optimal for identical exponential servers (Winston 1977). */
final class GsqRule extends ScanRule {

    static final Half<FlowRule> HALF = new Half<>(
            "gsq",
            "argmin of all balancers' flows at a server",
            "join the shortest queue: Winston, J. Appl. Prob. 14(1), 1977",
            GsqRule::new);

    GsqRule(Arguments arguments, PolicySetup setup) {}

    @Override
    double key(GlobalView view, int server) {
        return view.inSystem(server);
    }
}
