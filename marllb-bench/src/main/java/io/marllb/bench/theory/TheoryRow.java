package io.marllb.bench.theory;

/**
 * One claim, measured.
 *
 * @param name the case
 * @param metric what was measured
 * @param source where the truth comes from
 * @param got the simulated value; times in mean service times
 * @param want the true value
 * @param errorPercent 100 (got - want) / want
 * @param standardErrors distance between the two in standard errors over the replications, {@code >= 0}
 * @param standardErrorPercent the standard error, per cent of the true value
 * @param tolerancePercent largest accepted absolute error
 * @param flows flows that were simulated, warm-up included
 * @param pass whether the error is within the tolerance and within 3 standard errors
 */
public record TheoryRow(
        String name,
        String metric,
        String source,
        double got,
        double want,
        double errorPercent,
        double standardErrors,
        double standardErrorPercent,
        double tolerancePercent,
        long flows,
        boolean pass) {}
