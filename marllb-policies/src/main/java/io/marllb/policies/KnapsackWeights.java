package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;

/**
 * KnapsackLB's idea: learn every server's latency as a function of its traffic, then split the traffic so that the mean latency is least.
 *
 * <p>The curve is {@code l(x) = 1 / (mu - x)}, exact for one-core processor sharing and for any server near saturation; it has the one
 * parameter {@code mu = x + 1 / l}, read off decayed counts: x the completions per second times m balancers, l the mean time by Little's
 * law. The best split of a total of X is {@code x_j = mu_j - sqrt(mu_j) (sum mu - X) / sum sqrt(mu)}, over the servers for which that is
 * positive. The others, too slow to be worth using, keep a trickle so that they are measured. If X exceeds the sum of mu, the split goes by mu.
 *
 * <p>Differs from the paper: curves are learned from passing traffic, and there is no polynomial and no integer programme, because degree-2
 * fits on 2 s windows went astray with one overloaded window (measured: 10 times WCMP's latency), while this curve needs one number, and
 * with it the programme has a closed form.
 */
final class KnapsackWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "knapsack",
            "the static split that is best under latency curves learned on the way",
            "Gandhi and Narayana, KnapsackLB, 2024; square-root split: Bell and Stidham, Management Science 29(7), 1983",
            KnapsackWeights::new,
            Parameter.duration("memory", "20s", "time constant of what a curve remembers"),
            Parameter.number("trickle", "0.02", 0.0001, 1, "least share of a server, relative to an equal share"));

    private final int balancers;
    private final double memory; // nanoseconds
    private final double trickle;
    private final double[] completed; // [n], decayed completions
    private final double[] flowSeconds; // [n], decayed integral of own flows in flight
    private final double[] mu; // [n], of all balancers' flows, per second
    private final boolean[] used; // [n], by the split
    private final long[] lastStarted;
    private final long[] lastCompleted;
    private final double[] lastFlowNanos;
    private final double[] inService; // [n], decayed seconds during which the server took part
    private double seconds; // decayed time
    private double started; // decayed, over all active servers
    private long lastNow;
    private boolean begun;

    KnapsackWeights(Arguments arguments, PolicySetup setup) {
        int n = setup.servers();
        balancers = setup.balancers();
        memory = arguments.nanos("memory");
        trickle = arguments.number("trickle");
        completed = new double[n];
        flowSeconds = new double[n];
        mu = new double[n];
        inService = new double[n];
        used = new boolean[n];
        lastStarted = new long[n];
        lastCompleted = new long[n];
        lastFlowNanos = new double[n];
    }

    @Override
    public void start(View view, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = view.staticWeight(j);
        }
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        boolean first = !begun;
        learn(observation);
        if (first) {
            return; // nothing to compare with yet
        }
        int known = 0;
        double sum = 0;
        for (int j = 0; j < mu.length; j++) {
            boolean measured = observation.active(j) && completed[j] > 0 && flowSeconds[j] > 0;
            used[j] = measured;
            mu[j] = measured ? balancers * completed[j] / inService[j] + completed[j] / flowSeconds[j] : 0;
            sum += mu[j];
            known += measured ? 1 : 0;
        }
        if (known == 0 || !(started > 0)) {
            return;
        }
        for (int j = 0; j < mu.length; j++) { // unknown servers count as average ones
            if (observation.active(j) && !used[j]) {
                mu[j] = sum / known;
                used[j] = true;
            }
        }
        split(balancers * started / seconds, weights);
    }

    private void learn(Observation observation) {
        double elapsed = begun ? observation.now() - lastNow : 0;
        double kept = StrictMath.exp(-elapsed / memory);
        seconds = seconds * kept + elapsed * 1e-9;
        lastNow = observation.now();
        started *= kept;
        for (int j = 0; j < mu.length; j++) {
            started += begun ? observation.started(j) - lastStarted[j] : 0; // counts from before have no known time
            if (begun && observation.active(j)) { // while it is out, nothing is learned and nothing forgotten
                inService[j] = inService[j] * kept + elapsed * 1e-9;
                completed[j] = completed[j] * kept + (observation.completed(j) - lastCompleted[j]);
                flowSeconds[j] = flowSeconds[j] * kept + (observation.inFlightNanos(j) - lastFlowNanos[j]) * 1e-9;
            }
            lastStarted[j] = observation.started(j);
            lastCompleted[j] = observation.completed(j);
            lastFlowNanos[j] = observation.inFlightNanos(j);
        }
        begun = true;
    }

    /** Writes each server's part of the total; leaves out the slowest as long as the formula gives them a negative one. */
    private void split(double total, double[] weights) {
        boolean settled = false;
        double spare = 0;
        double roots = 0;
        while (!settled) {
            spare = -total;
            roots = 0;
            for (int j = 0; j < mu.length; j++) {
                spare += used[j] ? mu[j] : 0;
                roots += used[j] ? Math.sqrt(mu[j]) : 0;
            }
            settled = true;
            for (int j = 0; j < mu.length && spare > 0; j++) {
                if (used[j] && Math.sqrt(mu[j]) <= spare / roots) {
                    used[j] = false;
                    settled = false;
                }
            }
        }
        double sum = 0;
        for (int j = 0; j < mu.length; j++) {
            weights[j] = !used[j] ? 0 : spare > 0 ? mu[j] - Math.sqrt(mu[j]) * spare / roots : mu[j];
            sum += weights[j];
        }
        for (int j = 0; j < mu.length; j++) {
            weights[j] = Math.max(weights[j], trickle * sum / mu.length);
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
