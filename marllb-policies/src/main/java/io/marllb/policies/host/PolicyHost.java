package io.marllb.policies.host;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.Words;
import io.marllb.sampling.ReservoirBank;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * One balancer as its policy sees it: the counters, the reservoirs, the weights in force, and the rule that reads them.
 *
 * <p>It is the view that the rule gets and the observation and the reports that a weight policy gets; the back end tells it what happens. Whoever
 * decides weights hands them to {@link #setWeights}, which replaces invalid ones. Call {@code setWeights} or {@link #poolChanged} once before the
 * first flow. Not thread-safe; only construction and the first report of a server allocate. A back end that can see more, such as
 * the simulator for its oracles, extends this class, and so shows its rule a richer view.
 */
public class PolicyHost implements View, Observation, Reports {

    private static final int RESERVOIR_SLOTS = 128; // per server and metric, as the original's shared memory
    private static final int REDUCTIONS = Reduction.values().length;

    // One server's counters lie together, so that a flow touches one cache line.
    private static final int CHANGED_AT = 0;
    private static final int BUSY = 1;
    private static final int STARTED = 2;
    private static final int COMPLETED = 3;
    private static final int IN_FLIGHT_NANOS = 4;
    private static final int REJECTED = 5;
    private static final int ABORTED = 6;
    private static final int STRIDE = 8;

    private final Membership members;
    private final IntPredicate active;
    private final Words words;
    private final RandomGenerator reservoirWords;
    private FlowRule rule;

    private final int[] inFlight;
    private final boolean[] eligible;
    private final double[] decided; // what the policy said
    private final double[] effective; // times the ramp
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
    private long invalidDecisions;

    /**
     * A host without flows, whose servers have weight 0 until weights are set.
     *
     * @param rule picks servers
     * @param members which servers take part, borrowed for the host's whole life
     * @param ruleStream the rule's own random words
     * @param reservoirStream picks the samples that stay
     * @param observed whether to keep reservoirs
     * @param peers number of balancers that tell each other their counts; 0 if they do not
     */
    public PolicyHost(
            FlowRule rule,
            Membership members,
            RandomGenerator ruleStream,
            RandomGenerator reservoirStream,
            boolean observed,
            int peers) {
        this.rule = Objects.requireNonNull(rule, "rule");
        this.members = Objects.requireNonNull(members, "members");
        active = members::active;
        words = ruleStream::nextLong;
        reservoirWords = reservoirStream;
        int n = members.slots();
        inFlight = new int[n];
        eligible = new boolean[n];
        decided = new double[n];
        effective = new double[n];
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

    /**
     * Puts weights and a bias in force. Invalid weights are replaced by equal ones and the rule's own bias, an invalid bias by the rule's own; either
     * is counted.
     *
     * @param weights {@code [n]}, copied
     * @param newBias the b of {@code argmin (q + b) / w}; NaN leaves the rule's own
     * @param at current time
     */
    public final void setWeights(double[] weights, double newBias, long at) {
        System.arraycopy(weights, 0, decided, 0, decided.length);
        bias = newBias;
        if (!WeightCheck.weights(decided, active)) {
            invalidDecisions++;
            Arrays.fill(decided, 1.0);
            bias = Double.NaN;
        } else if (!WeightCheck.bias(newBias)) {
            invalidDecisions++;
            bias = Double.NaN;
        }
        poolChanged(at);
    }

    /**
     * The weights that were decided last and hold, before slow start.
     *
     * @param out {@code [n]}, overwritten
     */
    public final void copyWeights(double[] out) {
        System.arraycopy(decided, 0, out, 0, decided.length);
    }

    /**
     * Eligibility or ramps may have changed. While no active server has a weight, all active ones count with their ramp alone.
     *
     * @param at current time
     */
    public final void poolChanged(long at) {
        now = at;
        boolean any = false;
        for (int j = 0; j < effective.length; j++) {
            effective[j] = decided[j] * members.ramp(j, at);
            eligible[j] = members.active(j) && effective[j] > 0;
            any |= eligible[j];
        }
        for (int j = 0; j < effective.length && !any; j++) { // all that the policy gave a weight are gone
            effective[j] = members.ramp(j, at);
            eligible[j] = members.active(j);
        }
        rule.poolChanged(this);
    }

    /**
     * Another rule places flows from now on. It knows nothing of the past but what the counters tell; {@link #setWeights} or {@link #poolChanged}
     * must follow.
     *
     * @param next the rule
     */
    public final void use(FlowRule next) {
        rule = Objects.requireNonNull(next, "next");
    }

    /**
     * Another server holds a slot: its counters begin at 0, its samples are forgotten. Flows of the one before must not be told any more.
     *
     * @param server index in {@code [0, n)}
     * @param at current time
     */
    public final void renew(int server, long at) {
        inFlight[server] = 0;
        Arrays.fill(counters, server * STRIDE, (server + 1) * STRIDE, 0);
        counters[server * STRIDE + CHANGED_AT] = at;
        reports[server] = null;
        if (durations != null) {
            completionTimes.clear(server);
            durations.clear(server);
            cachedAt[0][server] = -1;
            cachedAt[1][server] = -1;
        }
    }

    /**
     * Picks a server for a new flow; changes no counter.
     *
     * @param flow the new flow, borrowed
     * @return an eligible server in {@code [0, n)}, or -1 when none is eligible
     */
    public final int choose(Flow flow) {
        now = flow.now();
        return rule.choose(flow, this, words);
    }

    /**
     * A flow was opened at the server that {@link #choose} picked.
     *
     * @param server index in {@code [0, n)}
     * @param at time of the flow's first packet
     */
    public final void opened(int server, long at) {
        count(server, at);
        inFlight[server]++;
        counters[server * STRIDE + STARTED]++;
        rule.started(server, at);
    }

    /**
     * An open flow showed a sign of life.
     *
     * @param server index in {@code [0, n)}
     * @param age nanoseconds since the flow's first packet
     * @param at current time
     */
    public final void sampled(int server, long age, long at) {
        if (durations != null) {
            durations.add(server, age * 1e-9, at, reservoirWords.nextLong());
        }
        rule.sampled(server, age, at);
    }

    /**
     * A flow ended.
     *
     * @param server index in {@code [0, n)}
     * @param fct flow completion time, nanoseconds
     * @param outcome how it ended
     * @param at current time
     */
    public final void closed(int server, long fct, Outcome outcome, long at) {
        count(server, at);
        inFlight[server]--;
        if (outcome == Outcome.COMPLETED) {
            counters[server * STRIDE + COMPLETED]++;
            if (durations != null) {
                double seconds = fct * 1e-9;
                completionTimes.add(server, seconds, at, reservoirWords.nextLong());
                durations.add(server, seconds, at, reservoirWords.nextLong());
            }
        } else {
            counters[server * STRIDE + (outcome == Outcome.REJECTED ? REJECTED : ABORTED)]++;
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

    /**
     * A message arrived: kept where a weight policy may ask for it, and passed on to the rule.
     *
     * @param signal the message, borrowed
     * @param at current time
     */
    public final void receive(Signal signal, long at) {
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

    /**
     * Brings the time integrals up to date.
     *
     * @param at current time
     * @return this, to be read before anything else happens
     */
    public final Observation observe(long at) {
        now = at;
        if (countedAt != at) {
            for (int j = 0; j < inFlight.length; j++) {
                count(j, at);
            }
            countedAt = at;
        }
        return this;
    }

    /**
     * Weights or biases that were invalid, and were replaced.
     *
     * @return count since the start
     */
    public final long invalidDecisions() {
        return invalidDecisions;
    }

    @Override
    public final int n() {
        return inFlight.length;
    }

    @Override
    public final long now() {
        return now;
    }

    @Override
    public final boolean eligible(int server) {
        return eligible[server];
    }

    @Override
    public final boolean active(int server) {
        return members.active(server);
    }

    @Override
    public final int inFlight(int server) {
        return inFlight[server];
    }

    @Override
    public final long peersInFlight(int server) {
        return peersInFlight[server];
    }

    @Override
    public final double weight(int server) {
        return effective[server];
    }

    @Override
    public final double staticWeight(int server) {
        return members.staticWeight(server);
    }

    @Override
    public final double bias() {
        return bias;
    }

    @Override
    public final long started(int server) {
        return counters[server * STRIDE + STARTED];
    }

    @Override
    public final long completed(int server) {
        return counters[server * STRIDE + COMPLETED];
    }

    /**
     * Flows that a server refused.
     *
     * @param server index in {@code [0, n)}
     * @return cumulative count
     */
    public final long rejected(int server) {
        return counters[server * STRIDE + REJECTED];
    }

    /**
     * Flows that were reset or lost after a server had accepted them.
     *
     * @param server index in {@code [0, n)}
     * @return cumulative count
     */
    public final long aborted(int server) {
        return counters[server * STRIDE + ABORTED];
    }

    @Override
    public final long busyNanos(int server) {
        return counters[server * STRIDE + BUSY];
    }

    @Override
    public final double inFlightNanos(int server) {
        return counters[server * STRIDE + IN_FLIGHT_NANOS];
    }

    @Override
    public final double flowCompletionTime(int server, Reduction reduction) {
        return statistic(0, completionTimes, server, reduction);
    }

    @Override
    public final double flowDuration(int server, Reduction reduction) {
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
    public final Signal latest(int server) {
        return reports[server];
    }
}
