package io.marllb.env.engine;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.WeightPolicy;
import io.marllb.core.Words;
import io.marllb.sampling.ReservoirBank;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * One balancer: its counters, its reservoirs, its policy. It is the view and the observation that the policy reads, and knows its own flows only;
 * the methods of {@link GlobalView} reach into the servers and are for the oracles.
 */
final class Balancer implements GlobalView, Observation, Reports {

    private static final int RESERVOIR_SLOTS = 128; // per server and metric, as the original's shared memory
    private static final int REDUCTIONS = Reduction.values().length;

    // One server's counters lie together, so that a flow touches one cache line.
    private static final int CHANGED_AT = 0;
    private static final int BUSY = 1;
    private static final int STARTED = 2;
    private static final int COMPLETED = 3;
    private static final int IN_FLIGHT_NANOS = 4;
    private static final int STRIDE = 8;

    private final Pool pool;
    private final Server[] servers;
    private final FlowRule rule;
    private final WeightPolicy policy;
    private final Words words;
    private final RandomGenerator reservoirWords;

    private final int[] inFlight;
    private final boolean[] eligible;
    private final double[] decided; // what the policy said
    private final double[] effective; // times the ramp
    private final double[] scratch;
    private final long[] counters; // [server * STRIDE + what]

    private final ReservoirBank completionTimes; // null unless observed
    private final ReservoirBank durations;
    private final double[] reduced = new double[REDUCTIONS];
    private final double[][] cache; // [metric][server * REDUCTIONS + reduction]
    private final long[][] cachedAt; // [metric][server]
    private final Signal[] reports;
    private final int[][] heard; // [m][n], what each balancer last said; empty unless the policy needs PEERS
    private final long[] peersInFlight; // [n], their sum

    private double bias = Double.NaN; // NaN leaves the rule's own
    private long now;
    private long countedAt = -1; // all servers' integrals reach up to here
    long invalidDecisions;

    Balancer(
            Policy policy,
            Pool pool,
            Server[] servers,
            RandomGenerator ruleStream,
            RandomGenerator reservoirStream,
            boolean observed,
            int peers) {
        this.pool = pool;
        this.servers = servers;
        rule = policy.rule();
        this.policy = policy.weights();
        words = ruleStream::nextLong;
        reservoirWords = reservoirStream;
        int n = pool.slots();
        inFlight = new int[n];
        eligible = new boolean[n];
        decided = new double[n];
        effective = new double[n];
        scratch = new double[n];
        counters = new long[n * STRIDE];
        completionTimes = observed ? new ReservoirBank(n, RESERVOIR_SLOTS) : null;
        durations = observed ? new ReservoirBank(n, RESERVOIR_SLOTS) : null;
        cache = new double[2][observed ? n * REDUCTIONS : 0];
        cachedAt = new long[2][observed ? n : 0];
        for (long[] metric : cachedAt) {
            Arrays.fill(metric, -1);
        }
        reports = new Signal[n];
        heard = new int[peers][n];
        peersInFlight = new long[n];
    }

    void start(long at) {
        now = at;
        policy.start(this, decided);
        bias = validate(decided, policy.bias());
        poolChanged(at);
    }

    /** Eligibility or ramps may have changed. */
    void poolChanged(long at) {
        now = at;
        boolean any = false;
        for (int j = 0; j < effective.length; j++) {
            effective[j] = decided[j] * pool.ramp(j, at);
            eligible[j] = pool.active(j) && effective[j] > 0;
            any |= eligible[j];
        }
        for (int j = 0; j < effective.length && !any; j++) { // all that the policy gave a weight are gone
            effective[j] = pool.ramp(j, at);
            eligible[j] = pool.active(j);
        }
        rule.poolChanged(this);
    }

    int choose(Flow flow) {
        now = flow.now();
        return rule.choose(flow, this, words);
    }

    void opened(int server, long at) {
        count(server, at);
        inFlight[server]++;
        counters[server * STRIDE + STARTED]++;
        rule.started(server, at);
    }

    void sampled(int server, long age, long at) {
        if (durations != null) {
            durations.add(server, age * 1e-9, at, reservoirWords.nextLong());
        }
        rule.sampled(server, age, at);
    }

    void closed(int server, long fct, Outcome outcome, long at) {
        count(server, at);
        inFlight[server]--;
        if (outcome == Outcome.COMPLETED) {
            counters[server * STRIDE + COMPLETED]++;
            if (durations != null) {
                double seconds = fct * 1e-9;
                completionTimes.add(server, seconds, at, reservoirWords.nextLong());
                durations.add(server, seconds, at, reservoirWords.nextLong());
            }
        }
        rule.ended(server, fct, outcome, at);
    }

    private void count(int server, long at) {
        int base = server * STRIDE;
        long dt = at - counters[base + CHANGED_AT];
        int q = inFlight[server];
        counters[base + CHANGED_AT] = at;
        counters[base + BUSY] += q > 0 ? dt : 0;
        counters[base + IN_FLIGHT_NANOS] += q * dt;
    }

    void receive(Signal signal, long at) {
        if (signal.kind == Signal.Kind.REPORT) {
            Signal kept = reports[signal.server];
            if (kept == null) {
                kept = new Signal();
                reports[signal.server] = kept;
            }
            if (signal.sentAt >= kept.sentAt) { // a late one does not replace a newer one
                copy(signal, kept);
            }
        }
        if (signal.kind == Signal.Kind.PEERS && heard.length > 0) {
            int[] of = heard[signal.balancer];
            peersInFlight[signal.server] += signal.inFlight - of[signal.server];
            of[signal.server] = signal.inFlight;
        }
        rule.signal(signal, at);
    }

    private static void copy(Signal from, Signal to) {
        to.kind = from.kind;
        to.server = from.server;
        to.balancer = from.balancer;
        to.sentAt = from.sentAt;
        to.inFlight = from.inFlight;
        to.latency = from.latency;
        to.service = from.service;
        to.utilisation = from.utilisation;
    }

    /** The end of a control interval. */
    void decide(long at) {
        now = at;
        if (policy.isStatic()) {
            return;
        }
        countAll(at);
        System.arraycopy(decided, 0, scratch, 0, scratch.length);
        policy.decide(this, this, scratch);
        setWeights(scratch, policy.bias(), at);
    }

    /** New weights and a bias (NaN for the rule's own) from the policy or from an agent outside. */
    void setWeights(double[] weights, double newBias, long at) {
        System.arraycopy(weights, 0, decided, 0, decided.length);
        bias = validate(decided, newBias);
        poolChanged(at);
    }

    /** Brings the time integrals up to date, for an observer outside. */
    Observation observe(long at) {
        now = at;
        countAll(at);
        return this;
    }

    private void countAll(long at) {
        if (countedAt != at) {
            for (int j = 0; j < inFlight.length; j++) {
                count(j, at);
            }
            countedAt = at;
        }
    }

    /** Replaces invalid weights by equal ones; the bias that holds with them, NaN for the rule's own. */
    private double validate(double[] weights, double newBias) {
        double sum = 0;
        boolean anyActive = false;
        for (int j = 0; j < weights.length; j++) {
            if (pool.active(j)) {
                anyActive = true;
                sum += weights[j];
            }
            if (!(weights[j] >= 0 && weights[j] < Double.POSITIVE_INFINITY)) {
                sum = Double.NaN;
            }
        }
        if (anyActive && !(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
            invalidDecisions++;
            Arrays.fill(weights, 1.0);
            return Double.NaN;
        }
        if (newBias < 0 || newBias == Double.POSITIVE_INFINITY) {
            invalidDecisions++;
            return Double.NaN;
        }
        return newBias;
    }

    @Override
    public int n() {
        return inFlight.length;
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public boolean eligible(int server) {
        return eligible[server];
    }

    @Override
    public boolean active(int server) {
        return pool.active(server);
    }

    @Override
    public int inFlight(int server) {
        return inFlight[server];
    }

    @Override
    public long peersInFlight(int server) {
        return peersInFlight[server];
    }

    @Override
    public double weight(int server) {
        return effective[server];
    }

    @Override
    public double staticWeight(int server) {
        return pool.staticWeight[server];
    }

    @Override
    public double bias() {
        return bias;
    }

    @Override
    public int inSystem(int server) {
        return servers[server].inSystem();
    }

    @Override
    public double capacity(int server) {
        return servers[server].capacity();
    }

    @Override
    public double remainingWork(int server) {
        return servers[server].remainingWork(now);
    }

    @Override
    public long started(int server) {
        return counters[server * STRIDE + STARTED];
    }

    @Override
    public long completed(int server) {
        return counters[server * STRIDE + COMPLETED];
    }

    @Override
    public long busyNanos(int server) {
        return counters[server * STRIDE + BUSY];
    }

    @Override
    public double inFlightNanos(int server) {
        return counters[server * STRIDE + IN_FLIGHT_NANOS];
    }

    @Override
    public double flowCompletionTime(int server, Reduction reduction) {
        return statistic(0, completionTimes, server, reduction);
    }

    @Override
    public double flowDuration(int server, Reduction reduction) {
        return statistic(1, durations, server, reduction);
    }

    private double statistic(int metric, ReservoirBank bank, int server, Reduction reduction) {
        if (bank == null) {
            throw new IllegalStateException("reservoirs are off in this run; the policy must declare RESERVOIRS");
        }
        if (cachedAt[metric][server] != now) {
            bank.reduceAll(server, now, reduced);
            System.arraycopy(reduced, 0, cache[metric], server * REDUCTIONS, REDUCTIONS);
            cachedAt[metric][server] = now;
        }
        return cache[metric][server * REDUCTIONS + place(reduction)];
    }

    /** Where {@link ReservoirBank#reduceAll} writes it. */
    private static int place(Reduction reduction) {
        return switch (reduction) {
            case MEAN -> 0;
            case P90 -> 1;
            case STD -> 2;
            case DISCOUNTED_MEAN -> 3;
            case DISCOUNTED_P90 -> 4;
        };
    }

    @Override
    public Signal latest(int server) {
        return reports[server];
    }
}
