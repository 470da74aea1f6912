package io.marllb.policies;

import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import java.util.Arrays;

/** Weight 1 for every server. */
final class EqualWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>("equal", "1 for every server", "-", EqualWeights::new);

    EqualWeights(Arguments arguments, PolicySetup setup) {}

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        Arrays.fill(weights, 1);
    }

    @Override
    public boolean isStatic() {
        return true;
    }
}
