package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;
import java.util.function.Function;

/** Policies with weights made for a test, beside a registered rule. */
public final class MadePolicy {

    private MadePolicy() {}

    public static PolicySpec of(String pair, Function<PolicySetup, WeightPolicy> weights) {
        PolicySpec registered = PolicyRegistry.parse(pair);
        PolicyInfo info = registered.info();
        return new PolicySpec(
                new PolicyInfo(
                        "made",
                        info.pair(),
                        info.summary(),
                        info.source(),
                        info.parameters(),
                        EnumSet.noneOf(Need.class)),
                servers -> true,
                registered::rule,
                setup -> new Policy("made", registered.build(setup).rule(), weights.apply(setup)));
    }
}
