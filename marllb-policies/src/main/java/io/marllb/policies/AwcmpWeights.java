package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;

/**
 * Weights from polled load, as active WCMP has them in MARLLB: {@code w = c / (busy + 1)}, divided by the largest, c the configured weight
 * and busy the flows in the system that the server reported.
 *
 * <p>{@code form=probe} is SimLB's: {@code w = alpha (max busy - busy + 1) + (1 - alpha) w}; the "+ 1" is ours, since equal queues would
 * otherwise drive all weights to 0. A server that never reported counts as idle.
 */
final class AwcmpWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "awcmp",
            "configured weight / (reported busy + 1), over the largest",
            "MARLLB (CIKM 2022), active WCMP; SimLB active-wcmp",
            AwcmpWeights::new,
            Parameter.choice("form", "MARLLB's formula, or SimLB's", "busy", "probe"),
            Parameter.duration("every", "250ms", "how often weights are refreshed, at most once per control interval"),
            Parameter.number("alpha", "0.5", 0.001, 1, "share of the new value; form=probe only"));

    private final boolean probeForm;
    private final long every;
    private final double alpha;
    private long refreshedAt = Long.MIN_VALUE;

    AwcmpWeights(Arguments arguments, PolicySetup setup) {
        probeForm = arguments.is("form", "probe");
        every = arguments.nanos("every");
        alpha = arguments.number("alpha");
    }

    @Override
    public void start(View view, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = probeForm ? 1 : view.staticWeight(j);
        }
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        if (refreshedAt != Long.MIN_VALUE && observation.now() - refreshedAt < every) {
            return;
        }
        refreshedAt = observation.now();
        double most = 0;
        for (int j = 0; j < weights.length; j++) {
            most = Math.max(most, busy(reports, j));
        }
        double largest = 0;
        for (int j = 0; j < weights.length; j++) {
            double busy = busy(reports, j);
            weights[j] = probeForm
                    ? alpha * (most - busy + 1) + (1 - alpha) * weights[j]
                    : observation.staticWeight(j) / (busy + 1);
            largest = Math.max(largest, weights[j]);
        }
        for (int j = 0; j < weights.length && !probeForm; j++) {
            weights[j] /= largest;
        }
    }

    private static double busy(Reports reports, int server) {
        Signal report = reports.latest(server);
        return report == null ? 0 : report.inFlight;
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.REPORT);
    }
}
