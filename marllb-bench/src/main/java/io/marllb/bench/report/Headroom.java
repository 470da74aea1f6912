package io.marllb.bench.report;

import io.marllb.bench.statistics.ConfidenceInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The ladder from not knowing the servers' capacities, over knowing them, to seeing everything: what there was to win on this traffic and how
 * much of it the best policy won. Each rung is a policy that must be among those that were run.
 *
 * @param rungs from worst to best, relative to the last, the all-seeing one
 * @param closedShare how much of the way from the first rung to the last the best policy went; empty if it is a rung itself or the first rung is
 *     not above the last
 */
record Headroom(List<Rung> rungs, Optional<Double> closedShare) {

    private static final String UNKNOWN = "lsq";
    private static final String KNOWN = "sed";
    private static final List<String> ALL_SEEING = List.of("oracle-sed", "gsq", "oracle-srt");

    /**
     * A rung.
     *
     * @param what it stands for
     * @param policy which policy sets it
     * @param ratio of its mean to the all-seeing one's
     * @param interval of the ratio, paired; empty for the last rung and for one seed
     */
    record Rung(String what, String policy, double ratio, Optional<ConfidenceInterval> interval) {}

    /** The ladder; empty unless the all-seeing rung and at least one other were run. */
    static Optional<Headroom> of(Ranking ranking) {
        Optional<RankedPolicy> top =
                ALL_SEEING.stream().map(ranking::row).flatMap(Optional::stream).findFirst();
        if (top.isEmpty() || !(top.get().meanNanos() > 0)) {
            return Optional.empty();
        }
        List<Rung> rungs = new ArrayList<>();
        ranking.row(UNKNOWN).ifPresent(r -> rungs.add(rung("weights unknown", r, top.get())));
        ranking.row(KNOWN).ifPresent(r -> rungs.add(rung("weights known", r, top.get())));
        if (rungs.isEmpty()) {
            return Optional.empty();
        }
        Rung first = rungs.get(0);
        Optional<Double> closed = Optional.empty();
        List<RankedPolicy> deployable = ranking.deployable();
        RankedPolicy best = deployable.get(0);
        if (!best.name().equals(UNKNOWN) && !best.name().equals(KNOWN)) {
            rungs.add(rung("best here", best, top.get()));
        }
        Rung last = rungs.get(rungs.size() - 1);
        if (!last.policy.equals(first.policy) && first.ratio > 1 && last.ratio < first.ratio) {
            closed = Optional.of((first.ratio - last.ratio) / (first.ratio - 1));
        }
        rungs.add(new Rung("all-seeing", top.get().name(), 1, Optional.empty()));
        return Optional.of(new Headroom(List.copyOf(rungs), closed));
    }

    private static Rung rung(String what, RankedPolicy policy, RankedPolicy top) {
        Optional<PairedRatio> paired = Ranking.paired(policy.result(), top.result());
        return new Rung(
                what,
                policy.name(),
                paired.map(PairedRatio::ratio).orElse(policy.meanNanos() / top.meanNanos()),
                paired.map(c -> c.interval()));
    }

    /** The first and the best rung's names, with what lies between: for a sentence. */
    String sentence() {
        Rung first = rungs.get(0);
        Rung best = rungs.get(rungs.size() - 2);
        Rung top = rungs.get(rungs.size() - 1);
        return closedShare
                .map(share -> best.policy + " goes " + Numbers.fixed(Math.min(9.99, share) * 100, 0)
                        + " % of the way from " + first.policy + " to " + top.policy + ".")
                .orElse("");
    }
}
