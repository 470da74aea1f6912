package io.marllb.sampling;

import java.util.Arrays;
import java.util.Comparator;

/** The statistics by their definitions, in the plainest code, to compare with. */
final class Plain {

    private Plain() {}

    static double mean(double[] x) {
        double sum = 0;
        for (double v : x) {
            sum += v;
        }
        return sum / x.length;
    }

    static double std(double[] x) {
        double mean = mean(x);
        double sum = 0;
        for (double v : x) {
            sum += (v - mean) * (v - mean);
        }
        return Math.sqrt(sum / x.length);
    }

    static double percentile90(double[] x) {
        double[] sorted = x.clone();
        Arrays.sort(sorted);
        double rank = 9.0 * (x.length - 1) / 10;
        int below = (int) rank;
        int above = Math.min(below + 1, x.length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }

    static double[] weights(double[] agesSeconds) {
        double[] w = new double[agesSeconds.length];
        Arrays.setAll(w, i -> Math.pow(0.9, agesSeconds[i]));
        return w;
    }

    static double weightedMean(double[] x, double[] w) {
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < x.length; i++) {
            sum += w[i] * x[i];
            weight += w[i];
        }
        return sum / weight;
    }

    static double weightedPercentile90(double[] x, double[] w) {
        Integer[] order = new Integer[x.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> x[i]));
        double total = Arrays.stream(w).sum();
        double below = 0;
        for (int i : order) {
            below += w[i];
            if (below >= 0.9 * total - 1e-12 * total) {
                return x[i];
            }
        }
        throw new AssertionError("weights sum to " + total);
    }
}
