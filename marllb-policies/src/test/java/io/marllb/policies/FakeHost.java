package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** One balancer whose every number the test sets by hand. Weights start as the policy says; {@link #weights} overrides them. */
final class FakeHost implements GlobalView, Flow, Words, Observation, Reports {

    /** Significance of the chi-square tests below. */
    static final double[] CHI_SQUARE_1E6 = {Double.NaN, 23.93, 27.63, 30.66, 33.38, 35.89, 38.26, 40.52
    }; // by degrees of freedom

    final int n;
    final FlowRule rule;
    final Policy policy;
    final int[] inFlight;
    final double[] weight;
    final double[] staticWeight;
    final boolean[] up;
    final int[] inSystem;
    final double[] capacity;
    final double[] remaining;
    final long[] started;
    final long[] completed;
    final long[] busyNanos;
    final double[] inFlightNanos;
    final double[] duration;
    final Signal[] reports;
    final List<Integer> probes = new ArrayList<>();
    double bias = Double.NaN;
    long now;
    long hash;
    private final SplittableRandom random = new SplittableRandom(20_261_121);

    FakeHost(String text, int balancers, double... staticWeights) {
        n = staticWeights.length;
        staticWeight = staticWeights.clone();
        inFlight = new int[n];
        weight = new double[n];
        up = new boolean[n];
        Arrays.fill(up, true);
        inSystem = new int[n];
        capacity = staticWeights.clone();
        remaining = new double[n];
        started = new long[n];
        completed = new long[n];
        busyNanos = new long[n];
        inFlightNanos = new double[n];
        duration = new double[n];
        Arrays.fill(duration, Double.NaN);
        reports = new Signal[n];
        policy = PolicyRegistry.parse(text).build(new PolicySetup(n, balancers, 0, 250_000_000L, 1, probes::add));
        rule = policy.rule();
        policy.weights().start(this, weight);
        rule.poolChanged(this);
    }

    static FakeHost of(String text, double... staticWeights) {
        return new FakeHost(text, 1, staticWeights);
    }

    FakeHost counts(int... counts) {
        for (int j = 0; j < n; j++) {
            inFlight[j] = counts[j];
            rule.started(j, now);
        }
        rule.poolChanged(this);
        return this;
    }

    FakeHost weights(double... weights) {
        System.arraycopy(weights, 0, weight, 0, n);
        rule.poolChanged(this);
        return this;
    }

    FakeHost bias(double newBias) {
        bias = newBias;
        rule.poolChanged(this);
        return this;
    }

    FakeHost up(boolean... isUp) {
        System.arraycopy(isUp, 0, up, 0, n);
        rule.poolChanged(this);
        return this;
    }

    /** Chooses without opening the flow. */
    int choose() {
        hash = random.nextLong();
        return rule.choose(this, this, this);
    }

    /** Chooses and opens the flow. */
    int open() {
        int server = choose();
        start(server);
        return server;
    }

    void start(int server) {
        inFlight[server]++;
        rule.started(server, now);
    }

    void end(int server, long fct) {
        inFlight[server]--;
        rule.ended(server, fct, Outcome.COMPLETED, now);
    }

    double[] decide() {
        policy.weights().decide(this, this, weight);
        rule.poolChanged(this);
        return weight.clone();
    }

    /** How often each server is chosen, nothing opened. */
    long[] histogram(int choices) {
        long[] counts = new long[n];
        for (int i = 0; i < choices; i++) {
            counts[choose()]++;
        }
        return counts;
    }

    static double chiSquare(long[] observed, double... shares) {
        long total = Arrays.stream(observed).sum();
        double sum = 0;
        for (int j = 0; j < observed.length; j++) {
            double expected = shares[j] * total;
            sum += expected == 0
                    ? (observed[j] == 0 ? 0 : Double.POSITIVE_INFINITY)
                    : Math.pow(observed[j] - expected, 2) / expected;
        }
        return sum;
    }

    static Signal signal(Signal.Kind kind, int server, int inFlight) {
        Signal signal = new Signal();
        signal.kind = kind;
        signal.server = server;
        signal.inFlight = inFlight;
        return signal;
    }

    @Override
    public int n() {
        return n;
    }

    @Override
    public boolean eligible(int server) {
        return up[server] && weight[server] > 0;
    }

    @Override
    public boolean active(int server) {
        return up[server];
    }

    @Override
    public int inFlight(int server) {
        return inFlight[server];
    }

    @Override
    public double weight(int server) {
        return weight[server];
    }

    @Override
    public double staticWeight(int server) {
        return staticWeight[server];
    }

    @Override
    public double bias() {
        return bias;
    }

    @Override
    public int inSystem(int server) {
        return inSystem[server];
    }

    @Override
    public double capacity(int server) {
        return capacity[server];
    }

    @Override
    public double remainingWork(int server) {
        return remaining[server];
    }

    @Override
    public long hash() {
        return hash;
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public long next() {
        return random.nextLong();
    }

    @Override
    public long started(int server) {
        return started[server];
    }

    @Override
    public long completed(int server) {
        return completed[server];
    }

    @Override
    public long busyNanos(int server) {
        return busyNanos[server];
    }

    @Override
    public double inFlightNanos(int server) {
        return inFlightNanos[server];
    }

    @Override
    public double flowCompletionTime(int server, Reduction reduction) {
        return duration[server];
    }

    @Override
    public double flowDuration(int server, Reduction reduction) {
        return duration[server];
    }

    @Override
    public Signal latest(int server) {
        return reports[server];
    }
}
