/**
 * The statistics of the reports: intervals over batches and seeds, paired comparisons under common random numbers, bootstraps, and correction
 * for many comparisons.
 *
 * <p>Start at {@link io.marllb.bench.statistics.MeanEstimate} and {@link io.marllb.bench.statistics.PairedComparison}. Everything returns numbers;
 * none of it decides in words what is significant. Results depend on the inputs (and a named seed) alone.
 */
package io.marllb.bench.statistics;
