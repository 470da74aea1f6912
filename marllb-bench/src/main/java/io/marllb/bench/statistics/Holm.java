package io.marllb.bench.statistics;

import java.util.stream.IntStream;

/** Holm's step-down correction (1979) for several comparisons: bounds the chance of any false discovery, never weaker than Bonferroni's. */
public final class Holm {

    private Holm() {}

    /**
     * Adjusted p-values: compare each with the level that all comparisons together should keep.
     *
     * @param pValues each in [0, 1]
     * @return adjusted, in the same order, each in [0, 1]; a new array
     */
    public static double[] adjust(double[] pValues) {
        int m = pValues.length;
        for (int i = 0; i < m; i++) {
            if (!(pValues[i] >= 0 && pValues[i] <= 1)) {
                throw new IllegalArgumentException("pValues[" + i + "] must be in [0, 1], but was " + pValues[i]);
            }
        }
        int[] order = IntStream.range(0, m)
                .boxed()
                .sorted((a, b) -> Double.compare(pValues[a], pValues[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] adjusted = new double[m];
        double running = 0;
        for (int rank = 0; rank < m; rank++) {
            running = Math.max(running, Math.min(1, (m - rank) * pValues[order[rank]]));
            adjusted[order[rank]] = running;
        }
        return adjusted;
    }
}
