package io.marllb.agents.train;

import io.marllb.agents.Metrics;
import java.util.Map;
import java.util.TreeMap;

/** Means of what was noted since the last look, by key. */
final class Means implements Metrics {

    private final Map<String, double[]> sums = new TreeMap<>(); // {sum, count}

    @Override
    public void record(String key, double value) {
        double[] sum = sums.computeIfAbsent(key, k -> new double[2]);
        sum[0] += value;
        sum[1]++;
    }

    /** Takes over, and empties, what another noted. */
    void drain(Means other) {
        other.sums.forEach((key, sum) -> {
            double[] mine = sums.computeIfAbsent(key, k -> new double[2]);
            mine[0] += sum[0];
            mine[1] += sum[1];
        });
        other.sums.clear();
    }

    /** Writes the means and begins anew. */
    void write(Map<String, Double> into) {
        sums.forEach((key, sum) -> into.put(key, sum[0] / sum[1]));
        sums.clear();
    }
}
