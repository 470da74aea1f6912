package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * Aquarius: {@code w <- alpha softmax(-f / temperature) + (1 - alpha) w}, f the mean flow duration of the reservoir.
 *
 * <p>The published form takes f in seconds as it is, so flows of a few milliseconds hardly move the weights; {@code temperature} scales it.
 * A server without samples counts as an average one.
 */
final class AquariusWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "aquarius",
            "smoothed softmax of minus the mean flow duration",
            "Yao et al., Aquarius, 2021; SimLB",
            AquariusWeights::new,
            Parameter.number("alpha", "0.5", 0.001, 1, "share of the new value"),
            Parameter.duration("temperature", "1s", "duration that makes a factor e; 1s as published"));

    private final double alpha;
    private final double temperature; // seconds
    private final double[] duration; // [n], seconds

    AquariusWeights(Arguments arguments, PolicySetup setup) {
        alpha = arguments.number("alpha");
        temperature = arguments.nanos("temperature") * 1e-9;
        duration = new double[setup.servers()];
    }

    @Override
    public void start(View view, double[] weights) {
        Arrays.fill(weights, 1.0 / weights.length);
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        double mean = FlowDurations.read(observation, Reduction.MEAN, duration);
        if (Double.isNaN(mean)) {
            return;
        }
        double least = Double.POSITIVE_INFINITY;
        for (double f : duration) {
            least = Math.min(least, f);
        }
        double sum = 0;
        for (int j = 0; j < weights.length; j++) {
            duration[j] = StrictMath.exp((least - duration[j]) / temperature);
            sum += duration[j];
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] = Math.max(FlowDurations.LEAST_WEIGHT, alpha * duration[j] / sum + (1 - alpha) * weights[j]);
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END, Need.FLOW_AGE, Need.RESERVOIRS);
    }
}
