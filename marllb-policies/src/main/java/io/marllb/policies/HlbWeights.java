package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * HLB: a Kalman filter per server on its relative flow duration {@code z = f / mean f}; {@code w = softmax(-x)}.
 *
 * <p>Each interval: {@code v += system^2; g = v / (v + sensor^2); x += g (z - x); v *= 1 - g}, from mean 0.5 and standard deviation 10. A
 * server without samples only grows less certain. SimLB divides by the weight twice in its rule; here the SED rule divides once.
 */
final class HlbWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "hlb",
            "softmax of minus the Kalman-filtered relative flow duration",
            "Yao et al., HLB, 2022; SimLB",
            HlbWeights::new,
            Parameter.number("system", "0.01", 0, 10, "standard deviation of the state's step"),
            Parameter.number("sensor", "0.4", 0.0001, 10, "standard deviation of a measurement"));

    private static final double START_MEAN = 0.5;
    private static final double START_DEVIATION = 10;

    private final double systemVariance;
    private final double sensorVariance;
    private final double[] mean; // [n]
    private final double[] variance; // [n]
    private final double[] duration; // [n]

    HlbWeights(Arguments arguments, PolicySetup setup) {
        systemVariance = arguments.number("system") * arguments.number("system");
        sensorVariance = arguments.number("sensor") * arguments.number("sensor");
        mean = new double[setup.servers()];
        Arrays.fill(mean, START_MEAN);
        variance = new double[setup.servers()];
        Arrays.fill(variance, START_DEVIATION * START_DEVIATION);
        duration = new double[setup.servers()];
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        double average = FlowDurations.read(observation, Reduction.MEAN, duration);
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < weights.length; j++) {
            variance[j] += systemVariance;
            boolean measured =
                    average > 0 && observation.active(j) && !Double.isNaN(observation.flowDuration(j, Reduction.MEAN));
            if (measured) {
                double gain = variance[j] / (variance[j] + sensorVariance);
                mean[j] += gain * (duration[j] / average - mean[j]);
                variance[j] *= 1 - gain;
            }
            least = Math.min(least, mean[j]);
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] = Math.max(FlowDurations.LEAST_WEIGHT, StrictMath.exp(least - mean[j]));
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END, Need.FLOW_AGE, Need.RESERVOIRS);
    }
}
