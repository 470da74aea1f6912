package io.marllb.bench.report;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.statistics.ConfidenceInterval;
import java.util.Optional;

/**
 * One policy's place in a {@link Ranking}.
 *
 * @param result what was measured
 * @param meanNanos mean flow completion time, pooled; NaN if nothing completed
 * @param interval of the mean at 95 per cent: over seeds, or over batches if there is one seed; empty if neither is possible
 * @param versus against the ranking's reference, over the seeds that both finished; empty for the reference itself and with fewer than two seeds
 * @param adjustedP p-value of {@code versus} after Holm's correction for all comparisons; NaN where {@code versus} is empty
 */
public record RankedPolicy(
        PolicyResult result,
        double meanNanos,
        Optional<ConfidenceInterval> interval,
        Optional<PairedRatio> versus,
        double adjustedP) {

    /**
     * The policy, as users write it.
     *
     * @return its name
     */
    public String name() {
        return result.policy();
    }

    /**
     * Whether it sees what no real balancer can.
     *
     * @return true for an oracle
     */
    public boolean oracle() {
        return result.oracle();
    }

    /**
     * Whether it differs from the reference beyond chance.
     *
     * @return true if the adjusted p-value is below {@link Ranking#SIGNIFICANCE}
     */
    public boolean differs() {
        return adjustedP < Ranking.SIGNIFICANCE;
    }

    /**
     * Share of the flows that were refused or died with their server.
     *
     * @return in [0, 1]; NaN without flows
     */
    public double rejectedShare() {
        return (double) result.total(s -> s.rejected()) / result.total(s -> s.flows());
    }
}
