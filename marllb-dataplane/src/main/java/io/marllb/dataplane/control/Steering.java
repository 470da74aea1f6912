package io.marllb.dataplane.control;

import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import io.marllb.core.select.AliasTable;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.LiveObservation;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.RuleNumbers;
import io.marllb.policies.host.WeightCheck;
import java.util.Arrays;
import java.util.Set;

/**
 * One policy on one data plane, from its observations to the record that is published. Begins anew with another data plane or another policy. For one
 * thread.
 */
final class Steering {

    /** Rules whose key has a power of the weight. Others do without, or see to it themselves where a data plane runs the policy's own rule. */
    private static final Set<String> KEYED = Set.of("sed", "two-choices");

    final Pool pool;
    private final SegmentSpec spec;
    private final long intervalNanos;
    private final int balancer;
    private final LiveObservation[]
            observations; // two: a record that turns out to be bad must not spoil the last good one
    private final double[] weights; // [n], the policy's, checked and bounded
    private final double[] scratch; // [n]
    private final double[] effective; // [n], times the ramp
    private final StepLimit limit;
    private final AliasTable table;
    private final double[] drawn; // [n], what the alias table is built of
    private final MsgIn wanted;
    private LiveObservation newest; // the last good record; null before the first
    private PolicySpec named;
    private WeightPolicy policy;
    private RuleNumbers rule;
    private Rule published;
    private double bias = Double.NaN;
    private long answers;
    private boolean started;
    private long invalid;

    Steering(DataPlane dataPlane, Pool pool, PolicySpec policy, long intervalNanos, int balancer) {
        this.pool = pool;
        this.balancer = balancer;
        this.intervalNanos = intervalNanos;
        spec = dataPlane.spec();
        int n = spec.servers();
        observations = new LiveObservation[] {new LiveObservation(n), new LiveObservation(n)};
        weights = new double[n];
        scratch = new double[n];
        effective = new double[n];
        drawn = new double[n];
        limit = new StepLimit(n);
        table = new AliasTable(n);
        wanted = new MsgIn(n);
        use(dataPlane, policy);
    }

    /** From now on another policy; the weights in force stay until it has decided. */
    void use(DataPlane dataPlane, PolicySpec next) {
        named = next;
        rule = next.rule(balancers());
        published = dataPlane.rule(rule).orElseThrow();
        renew();
    }

    /** From now on this one, which has seen the same until now. */
    void adopt(PolicySpec next, WeightPolicy withMemory) {
        named = next;
        policy = withMemory;
    }

    /** The same policy, knowing nothing: what it had made of the past may be what breaks it. */
    void renew() {
        // Seed 0: weight policies that serve draw nothing; one that did would draw the same after every start.
        policy = named.build(new PolicySetup(spec.servers(), balancers(), balancer, intervalNanos, 0, Outbox.NONE))
                .weights();
    }

    private int balancers() {
        return (int) Math.min(Integer.MAX_VALUE, spec.balancers());
    }

    WeightPolicy policy() {
        return policy;
    }

    /** Where the next record goes: never the one that a policy may still be looking at. */
    MsgOut next() {
        return other().record;
    }

    /** A policy hangs while it looks at this: it is its own from now on. */
    void abandon(LiveObservation observation) {
        for (int i = 0; i < observations.length; i++) {
            if (observations[i] == observation) {
                observations[i] = new LiveObservation(weights.length);
            }
        }
    }

    private LiveObservation other() {
        return newest == observations[0] ? observations[1] : observations[0];
    }

    /** The record in {@link #next} is good. */
    void arrived() {
        newest = other();
    }

    /** The last good record; null before the first. */
    MsgOut record() {
        return newest == null ? null : newest.record;
    }

    /** The last good observation as it was decided upon; null before the first. */
    LiveObservation newest() {
        return newest;
    }

    /** Who takes part was decided by {@link #record}: the observation is complete. */
    LiveObservation observation() {
        newest.set(pool.active(), pool.staticWeights(), weights, bias);
        if (!started) {
            started = true;
            policy.start(newest, weights);
            take(weights, policy.bias(), GuardConfig.DEFAULTS.withMaxWeightChange(Double.POSITIVE_INFINITY));
            newest.set(pool.active(), pool.staticWeights(), weights, bias);
        }
        return newest;
    }

    /** The weights in force, to be overwritten by a decision. */
    double[] question() {
        System.arraycopy(weights, 0, scratch, 0, weights.length);
        return scratch;
    }

    /**
     * Takes a decision over: invalid weights become equal ones, valid ones are bounded.
     *
     * @return false if it was invalid
     */
    boolean take(double[] decided, double newBias, GuardConfig guard) {
        // The second look: what is not a number must not wait for a server that is away.
        boolean valid = WeightCheck.weights(decided, j -> pool.active()[j]) && WeightCheck.weights(decided, j -> true);
        boolean validBias = WeightCheck.bias(newBias);
        invalid += valid && validBias ? 0 : 1;
        if (valid) {
            if (decided != weights) {
                System.arraycopy(decided, 0, weights, 0, weights.length);
            }
            limit.apply(weights, pool.active(), guard.maxWeightChange());
        } else {
            Arrays.fill(weights, 1);
            limit.replace(weights, pool.active());
        }
        bias = valid && validBias ? newBias : Double.NaN;
        answers = newest.record.sequence;
        return valid && validBias;
    }

    /** What is to be published now, in a stage of the {@link Ladder}. */
    MsgIn compose(int stage, long now) {
        boolean lost = stage == 2;
        if (lost) { // these are the weights in force now, for the policy and for the bound
            System.arraycopy(pool.staticWeights(), 0, weights, 0, weights.length);
            limit.replace(weights, pool.active());
            bias = Double.NaN;
        }
        double most = 0;
        for (int j = 0; j < effective.length; j++) {
            effective[j] = pool.active()[j] ? weights[j] * pool.ramp(j, now) : 0;
            most = Math.max(most, effective[j]);
        }
        if (!(most > 0)) { // all that the policy gave a weight are gone
            for (int j = 0; j < effective.length; j++) {
                effective[j] = pool.active()[j] ? pool.ramp(j, now) : 0;
            }
        }
        wanted.answers = answers;
        wanted.rule = lost ? Rule.SED : published;
        wanted.choices = Math.max(1, Math.min(rule.choices(), effective.length));
        boolean own = lost || !Double.isNaN(bias);
        wanted.biasScale = own ? 1 : rule.biasScale();
        wanted.biasOffset = lost ? 1 : own ? bias : rule.biasOffset();
        wanted.exponent = 1;
        wanted.vppTies = !lost && rule.vppTies();
        powers(!lost && KEYED.contains(rule.name()) ? rule.exponent() : 1);
        for (int j = 0; j < effective.length; j++) {
            wanted.state[j] = pool.wanted(j);
            wanted.generation[j] = newest.record.generation[j];
        }
        cells();
        return wanted;
    }

    /**
     * Weights as the rule uses them, {@code w^e}, computed here so that every data plane uses the same bits. Where powers overflow, all are taken of the
     * weights over the largest; a weight above 0 stays above 0.
     */
    private void powers(double exponent) {
        double unit = 1;
        double sum = 0;
        for (int j = 0; j < effective.length; j++) {
            wanted.weight[j] = power(effective[j], exponent);
            sum += wanted.weight[j];
            unit = Math.max(unit, effective[j]);
        }
        if (!(sum < Double.POSITIVE_INFINITY)) {
            for (int j = 0; j < effective.length; j++) {
                wanted.weight[j] = power(effective[j] / unit, exponent);
            }
        }
    }

    private static double power(double weight, double exponent) {
        if (weight == 0) {
            return 0;
        }
        return exponent == 1 ? weight : Math.max(Double.MIN_NORMAL, StrictMath.pow(weight, exponent));
    }

    /** The alias table over the servers that new flows may go to. */
    private void cells() {
        boolean any = false;
        for (int j = 0; j < drawn.length; j++) {
            drawn[j] = wanted.state[j] == ServerState.ACTIVE ? wanted.weight[j] : 0;
            any |= drawn[j] > 0;
        }
        for (int j = 0; j < drawn.length && !any; j++) {
            drawn[j] = wanted.state[j] == ServerState.ACTIVE ? 1 : 0;
        }
        table.build(drawn);
        for (int j = 0; j < drawn.length; j++) {
            wanted.threshold[j] = table.threshold(j);
            wanted.alias[j] = table.alias(j);
        }
    }

    PolicySpec named() {
        return named;
    }

    /** Weights times ramp, as last composed; borrowed. */
    double[] effective() {
        return effective;
    }

    MsgIn wanted() {
        return wanted;
    }

    long invalid() {
        return invalid;
    }

    /** The policy's weights in force, checked and bounded, before slow start; borrowed. */
    double[] weights() {
        return weights;
    }

    long limited() {
        return limit.limited();
    }
}
