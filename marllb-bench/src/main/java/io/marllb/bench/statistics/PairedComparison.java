package io.marllb.bench.statistics;

import java.util.Arrays;
import org.apache.commons.statistics.inference.TTest;
import org.apache.commons.statistics.inference.WilcoxonSignedRankTest;

/**
 * Two policies measured on the same seeds: under common random numbers the pairs share most of their noise, and the difference is far more
 * certain than either mean.
 *
 * @param difference mean of first minus second
 * @param ratio mean of first over mean of second, with the standard error of a ratio estimator over pairs (Cochran, Sampling Techniques, 3rd
 *     edition, section 2.11); all NaN where the second's mean is 0
 * @param tTestP two-sided p-value of the paired t-test; 1 if all pairs are equal, 0 if all differ by the same amount
 * @param wilcoxonP two-sided p-value of the Wilcoxon signed-rank test, exact without ties; equal pairs are left out; 1 if all are equal
 */
public record PairedComparison(MeanEstimate difference, MeanEstimate ratio, double tTestP, double wilcoxonP) {

    /**
     * Compares pair by pair.
     *
     * @param first one value per seed, at least 2, finite
     * @param second the other's on the same seeds, in the same order
     * @return the comparison
     */
    public static PairedComparison of(double[] first, double[] second) {
        int n = first.length;
        if (n != second.length) {
            throw new IllegalArgumentException(
                    "pairs need equally many values, but got " + n + " and " + second.length);
        }
        if (n < 2) {
            throw new IllegalArgumentException("a comparison needs at least 2 pairs, but got " + n);
        }
        double meanFirst = MeanEstimate.mean(first);
        double meanSecond = MeanEstimate.mean(second);
        double ratio = meanSecond == 0 ? Double.NaN : meanFirst / meanSecond;
        double[] differences = new double[n];
        double squares = 0;
        boolean allZero = true;
        for (int i = 0; i < n; i++) {
            differences[i] = first[i] - second[i];
            allZero &= differences[i] == 0;
            double residual = first[i] - ratio * second[i];
            squares += residual * residual;
        }
        MeanEstimate difference = MeanEstimate.of(differences);
        double ratioError = StrictMath.sqrt(squares / (n - 1) / n) / StrictMath.abs(meanSecond);
        double t;
        if (allZero) {
            t = 1;
        } else if (difference.standardError() == 0) {
            t = 0;
        } else {
            t = TTest.withDefaults().test(differences).getPValue();
        }
        // Zeros are left out as Wilcoxon did: with Pratt's ranks, Commons Statistics 1.2 also corrects for the zeros as
        // if they were a tie.
        double wilcoxon = allZero
                ? 1
                : WilcoxonSignedRankTest.withDefaults()
                        .test(Arrays.stream(differences).filter(d -> d != 0).toArray())
                        .getPValue();
        return new PairedComparison(difference, new MeanEstimate(ratio, ratioError, n), t, wilcoxon);
    }

    /**
     * Number of pairs.
     *
     * @return {@code >= 2}
     */
    public int pairs() {
        return difference.samples();
    }
}
