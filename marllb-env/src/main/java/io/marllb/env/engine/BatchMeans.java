package io.marllb.env.engine;

import java.util.Arrays;

/** Means of consecutive, equally large batches, without knowing the number of values: when 64 batches are full, neighbours merge. */
final class BatchMeans {

    private static final int MOST = 64;

    private final double[] sums = new double[MOST];
    private int full;
    private long size = 1;
    private long inCurrent;
    private double current;

    void add(double x) {
        current += x;
        if (++inCurrent == size) {
            sums[full++] = current;
            current = 0;
            inCurrent = 0;
            if (full == MOST) {
                for (int i = 0; i < MOST / 2; i++) {
                    sums[i] = sums[2 * i] + sums[2 * i + 1];
                }
                full = MOST / 2;
                size *= 2;
            }
        }
    }

    /** The full batches' means; the last, unfinished one is left out. */
    double[] means() {
        double[] means = Arrays.copyOf(sums, full);
        for (int i = 0; i < full; i++) {
            means[i] /= size;
        }
        return means;
    }
}
