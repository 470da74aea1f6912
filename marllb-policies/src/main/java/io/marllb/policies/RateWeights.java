package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.sampling.ServiceRates;
import java.util.EnumSet;

/** A passive estimate of service rates as weights: {@link ServiceRates}. */
final class RateWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "rate",
            "completions per second with own flows in flight, decayed, shrunk towards the pool",
            "own; measured in docs/policies.md",
            RateWeights::new,
            Parameter.duration("memory", "20s", "time constant of the decay"),
            Parameter.number("prior", "3", 0.001, 1e6, "completions that the pooled rate counts for"));

    private final ServiceRates rates;

    RateWeights(Arguments arguments, PolicySetup setup) {
        rates = new ServiceRates(setup.servers(), arguments.nanos("memory"), arguments.number("prior"));
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        rates.observe(observation);
        if (!rates.known()) {
            return; // nothing completed yet
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] = rates.rate(j);
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
