package io.marllb.sampling;

/**
 * Statistics of one loaded set of samples: load, then read. Scratch space is allocated once; not thread-safe.
 *
 * <p>Percentiles need only the largest tenth, so a threshold taken from 16 of the samples first drops most of the others, and what is left
 * is sorted. If the threshold was too high to keep enough, a lower one is tried; the last one keeps all.
 */
final class Reducer {

    private static final int PROBES = 16;
    private static final int[] PROBE_RANKS = {3, 7}; // of the largest probes: about the upper 23 % and 47 %
    private static final double TAIL = 0.1; // share of the weight above the 90th percentile
    private static final double ROUNDING = 1e-12; // smaller relative differences are taken for rounding
    private static final double SAFETY = 1 + 1e-9; // a sum in another order must still cross the tail
    private static final int SHELL_FROM =
            8; // a gap pays when it leaves at least so many per chain; plain insertion below
    private static final int[] GAPS = {1, 4, 10, 23, 57, 132, 301, 701, 1577, 3548, 7983, 17961, 40412
    }; // Ciura 2001, extended by 2.25

    private final double[] values; // [slots]
    private final double[] times; // [slots], nanoseconds
    private final double[] weights; // [slots]
    private final double[] topValues; // [slots], descending
    private final double[] topWeights; // [slots], those of topValues
    private final double[] probes = new double[PROBES];
    private int n;
    private double weightSum;

    Reducer(int slots) {
        values = new double[slots];
        times = new double[slots];
        weights = new double[slots];
        topValues = new double[slots];
        topWeights = new double[slots];
    }

    /** Loads interleaved (value, time) pairs. */
    void load(double[] samples, int from, int count) {
        n = 0;
        append(samples, from, count);
    }

    /** Loads more of them. */
    void append(double[] samples, int from, int count) {
        for (int i = 0; i < count; i++) {
            values[n + i] = samples[from + 2 * i];
            times[n + i] = samples[from + 2 * i + 1];
        }
        n += count;
    }

    /** Any statistic of what is loaded. */
    double statistic(Statistic statistic, long nowNanos) {
        return switch (statistic) {
            case MEAN -> mean();
            case P90 -> p90();
            case STD -> std(mean());
            case DISCOUNTED_MEAN -> {
                weigh(newest());
                yield weightedMean();
            }
            case DISCOUNTED_P90 -> {
                weigh(newest());
                yield weightedP90();
            }
            case PRODUCT_MEAN -> {
                weigh((double) nowNanos);
                multiplyByWeights();
                yield mean();
            }
            case PRODUCT_P90 -> {
                weigh((double) nowNanos);
                multiplyByWeights();
                yield p90();
            }
            case SKEWNESS -> standardMoment(3);
            case KURTOSIS -> standardMoment(4) - 3;
            case CV -> mean() == 0 ? Double.NaN : std(mean()) / mean();
        };
    }

    /** Mean of the k-th powers of the standardised values. */
    private double standardMoment(int k) {
        double mean = mean();
        double std = std(mean);
        if (!(std > ROUNDING * Math.abs(mean))) {
            return Double.NaN; // equal values, up to rounding
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double z = (values[i] - mean) / std;
            sum += k == 3 ? z * z * z : z * z * (z * z);
        }
        return sum / n;
    }

    double mean() {
        return n == 0 ? Double.NaN : sum(values) / n;
    }

    /** Standard deviation of the population, in two passes. */
    double std(double mean) {
        return n == 0 ? Double.NaN : Math.sqrt(centralSum2(mean) / n);
    }

    private double centralSum2(double mean) {
        double s0 = 0;
        double s1 = 0;
        int i = 0;
        for (; i + 1 < n; i += 2) {
            double a = values[i] - mean;
            double b = values[i + 1] - mean;
            s0 += a * a;
            s1 += b * b;
        }
        if (i < n) {
            double a = values[i] - mean;
            s0 += a * a;
        }
        return s0 + s1;
    }

    /** Sum in a fixed order of four interleaved partial sums, which hide the latency of the addition. */
    private double sum(double[] x) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }
        for (; i < n; i++) {
            s0 += x[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** NumPy's default percentile: linear interpolation at rank 0.9 (n - 1). */
    double p90() {
        if (n == 0) {
            return Double.NaN;
        }
        int top = plainTop();
        keepTop(top);
        return interpolated(top);
    }

    /** How many of the largest samples the plain percentile needs. */
    private int plainTop() {
        return n - 9 * (n - 1) / 10;
    }

    private double interpolated(int top) {
        int tenths = 9 * (n - 1) % 10;
        double low = topValues[top - 1];
        return tenths == 0 ? low : low + tenths / 10.0 * (topValues[top - 2] - low);
    }

    /** Weighs every sample by its age at a time. */
    void weigh(double atNanos) {
        for (int i = 0; i < n; i++) {
            weights[i] = Decay.PAPER.weight(atNanos - times[i]);
        }
        weightSum = sum(weights);
    }

    /** Time of the newest sample. */
    double newest() {
        double newest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            newest = times[i] > newest ? times[i] : newest;
        }
        return newest;
    }

    /** Needs {@link #weigh}. */
    double weightedMean() {
        double s0 = 0;
        double s1 = 0;
        int i = 0;
        for (; i + 1 < n; i += 2) {
            s0 += weights[i] * values[i];
            s1 += weights[i + 1] * values[i + 1];
        }
        if (i < n) {
            s0 += weights[i] * values[i];
        }
        return n == 0 ? Double.NaN : (s0 + s1) / weightSum;
    }

    /** The smallest value with at least 90 % of the weight at or below it (NumPy's {@code inverted_cdf}). Needs {@link #weigh}. */
    double weightedP90() {
        if (n == 0) {
            return Double.NaN;
        }
        keepTop(1, tail());
        return crossing();
    }

    /** Plain and weighted percentile from one selection, into out[at] and out[weightedAt]. Needs {@link #weigh}. */
    void bothP90(double[] out, int at, int weightedAt) {
        if (n == 0) {
            out[at] = Double.NaN;
            out[weightedAt] = Double.NaN;
            return;
        }
        int top = plainTop();
        keepTop(top, tail());
        out[at] = interpolated(top);
        out[weightedAt] = crossing();
    }

    private double tail() {
        return TAIL * (1 + ROUNDING) * weightSum;
    }

    private double crossing() {
        double limit = tail();
        double above = topWeights[0];
        int i = 0;
        while (above <= limit) {
            i++;
            above += topWeights[i];
        }
        return topValues[i];
    }

    /** Replaces every value by its product with its weight. Needs {@link #weigh}. */
    void multiplyByWeights() {
        for (int i = 0; i < n; i++) {
            values[i] *= weights[i];
        }
    }

    /** Sorts the largest values into topValues: at least so many. */
    private void keepTop(int atLeast) {
        int kept = 0;
        for (int p = 0; kept < atLeast; p++) {
            double threshold = threshold(p);
            kept = 0;
            for (int i = 0; i < n; i++) {
                if (values[i] >= threshold) {
                    topValues[kept] = values[i];
                    kept++;
                }
            }
        }
        sortDescending(topValues, kept);
    }

    /** Sorts the largest values with their weights into topValues and topWeights: at least so many, of more than so much weight. */
    private void keepTop(int atLeast, double weightAbove) {
        int kept = 0;
        double weight = 0;
        for (int p = 0; kept < atLeast || (kept < n && weight <= weightAbove * SAFETY); p++) {
            double threshold = threshold(p);
            kept = 0;
            weight = 0;
            for (int i = 0; i < n; i++) {
                if (values[i] >= threshold) {
                    topValues[kept] = values[i];
                    topWeights[kept] = weights[i];
                    weight += weights[i];
                    kept++;
                }
            }
        }
        sortDescending(topValues, topWeights, kept);
    }

    /** The p-th threshold to try: each keeps more than the one before, the last one all. */
    private double threshold(int p) {
        if (n <= 2 * PROBES || p >= PROBE_RANKS.length) {
            return Double.NEGATIVE_INFINITY;
        }
        if (p == 0) {
            for (int i = 0; i < PROBES; i++) {
                probes[i] = values[(int) ((long) i * n / PROBES)];
            }
            sortDescending(probes, PROBES);
        }
        return probes[PROBE_RANKS[p]];
    }

    /** Shell sort, largest first; with few keys an insertion sort. */
    private static void sortDescending(double[] keys, int count) {
        for (int g = firstGap(count); g >= 0; g--) {
            int gap = GAPS[g];
            for (int i = gap; i < count; i++) {
                double key = keys[i];
                int j = i;
                while (j >= gap && keys[j - gap] < key) {
                    keys[j] = keys[j - gap];
                    j -= gap;
                }
                keys[j] = key;
            }
        }
    }

    /** The same, moving companions along. */
    private static void sortDescending(double[] keys, double[] companions, int count) {
        for (int g = firstGap(count); g >= 0; g--) {
            int gap = GAPS[g];
            for (int i = gap; i < count; i++) {
                double key = keys[i];
                double companion = companions[i];
                int j = i;
                while (j >= gap && keys[j - gap] < key) {
                    keys[j] = keys[j - gap];
                    companions[j] = companions[j - gap];
                    j -= gap;
                }
                keys[j] = key;
                companions[j] = companion;
            }
        }
    }

    private static int firstGap(int count) {
        int g = 0;
        while (g + 1 < GAPS.length && GAPS[g + 1] < count / SHELL_FROM) {
            g++;
        }
        return g;
    }
}
