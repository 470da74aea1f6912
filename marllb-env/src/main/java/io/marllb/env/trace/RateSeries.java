package io.marllb.env.trace;

/** The rate over time in at most 1,024 steps of equal length; when a trace is longer, steps are merged. */
final class RateSeries {

    private static final int MAX_STEPS = 1024;

    private final long[] counts = new long[MAX_STEPS];
    private long stepNanos = 1_000_000;
    private boolean mergeFive; // by turns 2 and 5, so that steps stay 1, 2, 10, 20, 100 ...
    private int steps;

    void add(long at) {
        while (at / stepNanos >= MAX_STEPS) {
            merge(mergeFive ? 5 : 2);
            mergeFive = !mergeFive;
        }
        int step = (int) (at / stepNanos);
        counts[step]++;
        steps = Math.max(steps, step + 1);
    }

    private void merge(int factor) {
        int merged = (steps + factor - 1) / factor;
        for (int i = 0; i < merged; i++) {
            long sum = 0;
            for (int j = i * factor; j < Math.min(steps, (i + 1) * factor); j++) {
                sum += counts[j];
            }
            counts[i] = sum;
        }
        java.util.Arrays.fill(counts, merged, MAX_STEPS, 0);
        steps = merged;
        stepNanos *= factor;
    }

    long stepNanos() {
        return stepNanos;
    }

    /** Flows per second in each step; the last one counts its part before the last flow only. */
    double[] rates(long lastNanos) {
        double[] rates = new double[steps];
        for (int i = 0; i < steps; i++) {
            long length = i < steps - 1 ? stepNanos : Math.max(1, lastNanos - i * stepNanos);
            rates[i] = counts[i] / (length * 1e-9);
        }
        if (steps > 1 && lastNanos - (steps - 1) * stepNanos < stepNanos / 2) {
            return java.util.Arrays.copyOf(rates, steps - 1); // less than half a step is no rate
        }
        return rates;
    }
}
