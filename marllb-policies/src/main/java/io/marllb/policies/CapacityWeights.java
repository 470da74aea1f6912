package io.marllb.policies;

import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;

/** The configured weights: cores times speed where capacities are known, else 1. */
final class CapacityWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "capacity", "the configured weight: cores times speed where known, else 1", "-", CapacityWeights::new);

    CapacityWeights(Arguments arguments, PolicySetup setup) {}

    @Override
    public void start(View view, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = view.staticWeight(j);
        }
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = observation.staticWeight(j);
        }
    }

    @Override
    public boolean isStatic() {
        return true;
    }
}
