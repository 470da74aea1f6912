package io.marllb.dataplane.control;

import java.util.random.RandomGenerator;

/**
 * One candidate's trial: first in the shadow, where only its sanity is looked at, then in service by turns with the served agent, in pairs of blocks in
 * random order. Better means: the logarithm of the mean flow time is lower, by an exact one-sided sign-flip test of the paired differences, which assumes
 * nothing of their distribution but symmetry when both are alike. Counts rounds, not time. For one thread.
 */
final class Trial {

    /** How it stands. */
    enum Verdict {
        RUNNING,
        BETTER,
        REJECTED
    }

    /** Share of the shadow's decisions that may be missing, late or invalid. */
    private static final double TOLERATED = 0.01;

    /** Blocks that may be repeated, times the pairs, before there is too little traffic to tell. */
    private static final int PATIENCE = 3;

    private final OnlineConfig config;
    private final RandomGenerator order;
    private final long shadowRounds;
    private final long blockRounds;
    private final long settleRounds;
    private final double[] differences;
    private Verdict verdict = Verdict.RUNNING;
    private String reason = "";
    private long shadowed;
    private long faults;
    private double divergence; // sum of mean absolute logarithms
    private double servedSeconds; // flow-seconds and completions under the served agent, for the abort
    private double servedCompletions;
    private int pairs;
    private int repeated;
    private boolean candidateFirst;
    private boolean second; // block of the pair
    private long rounds; // in this block
    private double seconds; // in this block, after settling
    private double completions;
    private double first; // logarithm of the first block's mean

    Trial(OnlineConfig config, long intervalNanos, RandomGenerator order) {
        this.config = config;
        this.order = order;
        shadowRounds = Math.max(1, config.shadow().toNanos() / intervalNanos);
        blockRounds = Math.max(1, config.block().toNanos() / intervalNanos);
        settleRounds = Math.min(blockRounds - 1, config.settle().toNanos() / intervalNanos);
        differences = new double[config.pairs()];
        candidateFirst = order.nextBoolean();
    }

    /** Whether the candidate's decision is to be published in the next round. */
    boolean candidateServes() {
        return verdict == Verdict.RUNNING && comparing() && candidateFirst != second;
    }

    boolean comparing() {
        return shadowed >= shadowRounds;
    }

    /**
     * A decision beside the served agent's, without effect.
     *
     * @param fault why it was none; empty if it is a valid one in time
     * @param apart mean absolute logarithm of the ratio of both shares; of a valid one
     */
    void shadow(String fault, double apart) {
        if (verdict != Verdict.RUNNING || comparing()) {
            return;
        }
        shadowed++;
        if (fault.isEmpty()) {
            divergence += apart;
        } else if (++faults > TOLERATED * shadowRounds) {
            end(Verdict.REJECTED, "in the shadow: " + fault);
            return;
        }
        if (comparing()) {
            double mean = divergence / Math.max(1, shadowed - faults);
            if (!(mean <= Math.log(config.maxDivergence()))) {
                end(
                        Verdict.REJECTED,
                        "in the shadow: its shares are a factor of " + rounded(Math.exp(mean)) + " off, more than "
                                + config.maxDivergence());
            }
        }
    }

    /** What happened in an interval under the agent that {@link #candidateServes} named before it. */
    void measure(double flowSeconds, double completed) {
        if (verdict != Verdict.RUNNING) {
            return;
        }
        boolean candidate = candidateServes();
        if (!candidate) {
            servedSeconds += flowSeconds;
            servedCompletions += completed;
        }
        if (!comparing()) {
            return;
        }
        rounds++;
        if (rounds > settleRounds) {
            seconds += flowSeconds;
            completions += completed;
        }
        if (candidate && tooSlow()) {
            end(
                    Verdict.REJECTED,
                    "in service: a mean flow time of " + rounded(1e3 * seconds / completions)
                            + " ms, the served agent has " + rounded(1e3 * servedSeconds / servedCompletions));
        } else if (rounds >= blockRounds) {
            block();
        }
    }

    private boolean tooSlow() {
        return completions >= config.leastCompletions()
                && servedCompletions >= config.leastCompletions()
                && seconds / completions > config.abortFactor() * servedSeconds / servedCompletions;
    }

    private void block() {
        boolean enough = completions >= config.leastCompletions() && seconds > 0;
        double mean = Math.log(seconds / completions);
        restart();
        if (!enough) {
            repeat();
        } else if (!second) {
            first = mean;
            second = true;
        } else {
            differences[pairs++] = candidateFirst ? first - mean : mean - first;
            second = false;
            candidateFirst = order.nextBoolean();
            if (pairs == differences.length) {
                judge();
            }
        }
    }

    private void restart() {
        rounds = 0;
        seconds = 0;
        completions = 0;
    }

    /** Something disturbed the comparison: this pair begins again. */
    void disturbed() {
        if (verdict == Verdict.RUNNING && comparing()) {
            restart();
            repeat();
        }
    }

    private void repeat() {
        second = false;
        if (++repeated > PATIENCE * differences.length) {
            end(Verdict.REJECTED, "too few flows completed, or too much went wrong, to compare");
        }
    }

    /** The candidate failed in service. */
    void failed(String why) {
        if (verdict == Verdict.RUNNING) {
            end(Verdict.REJECTED, "in service: " + why);
        }
    }

    private void judge() {
        double p = pValue(differences);
        double mean = 0;
        for (double d : differences) {
            mean += d / differences.length;
        }
        String effect = "mean flow time " + rounded(100 * (Math.exp(mean) - 1)) + " %, p = " + rounded(p);
        end(p <= config.significance() ? Verdict.BETTER : Verdict.REJECTED, effect);
    }

    /** Share of all sign patterns whose sum is as low as that of the differences: exact, one-sided. */
    static double pValue(double[] differences) {
        int n = differences.length;
        double sum = 0;
        double scale = 0;
        for (double d : differences) {
            sum += d;
            scale += Math.abs(d);
        }
        double tolerance = 1e-12 * scale; // sums in another order
        long asLow = 0;
        for (long pattern = 0; pattern < 1L << n; pattern++) {
            double flipped = 0;
            for (int i = 0; i < n; i++) {
                flipped += (pattern >> i & 1) == 0 ? differences[i] : -differences[i];
            }
            asLow += flipped <= sum + tolerance ? 1 : 0;
        }
        return asLow / (double) (1L << n);
    }

    private void end(Verdict how, String why) {
        verdict = how;
        reason = why;
    }

    private static String rounded(double x) {
        return String.format(java.util.Locale.ROOT, "%.3g", x);
    }

    Verdict verdict() {
        return verdict;
    }

    String reason() {
        return reason;
    }
}
