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
 * <p>Every interval counts as much as it had flow-seconds A in flight, so that a server is judged by what it does under load: {@code w =
 * (sum D A + k) / (sum B A + k / r)} with D completions and B busy seconds of an interval, sums decayed with time constant {@code memory},
 * r the same quotient over all active servers, and k the pool's mean of A per completion times {@code prior}. A server starts as an average
 * one and needs about {@code prior} completions to be believed.
 */
final class RateWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "rate",
            "completions per second with own flows in flight, decayed, shrunk towards the pool",
            "own; measured in docs/policies.md",
            RateWeights::new,
            Parameter.duration("memory", "20s", "time constant of the decay"),
            Parameter.number("prior", "3", 0.001, 1e6, "completions that the pooled rate counts for"));

    private final double memory; // nanoseconds
    private final double prior;
    private final double[] done; // [n], decayed sums of D A
    private final double[] busy; // [n], decayed sums of B A
    private final double[] completions; // [n], decayed sums of D
    private final long[] lastCompleted;
    private final long[] lastBusy;
    private final double[] lastInFlight;
    private long lastNow;
    private boolean begun;

    RateWeights(Arguments arguments, PolicySetup setup) {
        int n = setup.servers();
        memory = arguments.nanos("memory");
        prior = arguments.number("prior");
        done = new double[n];
        busy = new double[n];
        completions = new double[n];
        lastCompleted = new long[n];
        lastBusy = new long[n];
        lastInFlight = new double[n];
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        double kept = begun ? StrictMath.exp((lastNow - observation.now()) / memory) : 0;
        begun = true;
        lastNow = observation.now();
        double allDone = 0;
        double allBusy = 0;
        double allCompletions = 0;
        for (int j = 0; j < weights.length; j++) {
            add(observation, j, kept);
            if (observation.active(j)) {
                allDone += done[j];
                allBusy += busy[j];
                allCompletions += completions[j];
            }
        }
        double pooled = allDone / allBusy;
        if (!(pooled > 0 && pooled < Double.POSITIVE_INFINITY)) {
            return; // nothing completed yet
        }
        double k = prior * allDone / allCompletions;
        for (int j = 0; j < weights.length; j++) {
            weights[j] = (done[j] + k) / (busy[j] + k / pooled);
        }
    }

    private void add(Observation observation, int server, double kept) {
        double area = (observation.inFlightNanos(server) - lastInFlight[server]) * 1e-9;
        double completed = observation.completed(server) - lastCompleted[server];
        double seconds = (observation.busyNanos(server) - lastBusy[server]) * 1e-9;
        done[server] = done[server] * kept + completed * area;
        busy[server] = busy[server] * kept + seconds * area;
        completions[server] = completions[server] * kept + completed;
        lastCompleted[server] = observation.completed(server);
        lastBusy[server] = observation.busyNanos(server);
        lastInFlight[server] = observation.inFlightNanos(server);
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
