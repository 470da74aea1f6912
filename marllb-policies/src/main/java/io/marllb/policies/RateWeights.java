package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;

/**
 * A passive estimate of service rates: completions over the time with own flows in flight, both decayed, shrunk towards the pool.
 *
 * <p>{@code w = (C + prior) / (B + prior / r)} with C completions and B busy seconds of a server, decayed with time constant
 * {@code memory}, and r the sum of C over the sum of B of the active servers: a server starts as an average one and needs about
 * {@code prior} completions to be believed.
 */
final class RateWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "rate",
            "completions per second with own flows in flight, decayed, shrunk towards the pool",
            "own; measured in the headroom study (docs/policies.md)",
            RateWeights::new,
            Parameter.duration("memory", "20s", "time constant of the decay"),
            Parameter.number("prior", "10", 0.001, 1e6, "completions that the pooled rate counts for"));

    private final double memory; // nanoseconds
    private final double prior;
    private final double[] done; // [n], decayed completions
    private final double[] busy; // [n], decayed busy seconds
    private final long[] lastCompleted;
    private final long[] lastBusy;
    private long lastNow;

    RateWeights(Arguments arguments, PolicySetup setup) {
        memory = arguments.nanos("memory");
        prior = arguments.number("prior");
        done = new double[setup.servers()];
        busy = new double[setup.servers()];
        lastCompleted = new long[setup.servers()];
        lastBusy = new long[setup.servers()];
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        double kept = StrictMath.exp((lastNow - observation.now()) / memory);
        lastNow = observation.now();
        double allDone = 0;
        double allBusy = 0;
        for (int j = 0; j < weights.length; j++) {
            done[j] = done[j] * kept + (observation.completed(j) - lastCompleted[j]);
            busy[j] = busy[j] * kept + (observation.busyNanos(j) - lastBusy[j]) * 1e-9;
            lastCompleted[j] = observation.completed(j);
            lastBusy[j] = observation.busyNanos(j);
            if (observation.active(j)) {
                allDone += done[j];
                allBusy += busy[j];
            }
        }
        double pooled = allDone / allBusy;
        if (!(pooled > 0 && pooled < Double.POSITIVE_INFINITY)) {
            return;
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] = (done[j] + prior) / (busy[j] + prior / pooled);
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
