package io.marllb.env.engine;

import java.util.Arrays;

/**
 * What a server answers to a probe about its latency: the median of recent completions that had found about as many flows as there are now
 * (Prequal, NSDI 2024, section 4). A plain recent mean would tell an idle server's last bad time for ever, since nobody would come to better it.
 * Where no recent completion found nearly as many, it is extrapolated in proportion to the count: completions lag behind, and without it a fast
 * server is sent flows long after it has become a slow one.
 */
final class ProbeLatency {

    private static final int RECENT = 64; // completions that are kept; the paper says "recent" only
    private static final int ENOUGH = 5; // the range of counts widens until it holds this many

    private final int[] found = new int[RECENT]; // flows that were there when it arrived
    private final double[] latency = new double[RECENT]; // nanoseconds
    private final double[] near = new double[RECENT];
    private int size;
    private int next;

    void completed(int foundOnArrival, double nanos) {
        found[next] = foundOnArrival;
        latency[next] = nanos;
        next = (next + 1) % RECENT;
        size = Math.min(size + 1, RECENT);
    }

    /** Nanoseconds; NaN before the first completion. */
    double at(int present) {
        int count = 0;
        long foundSum = 0;
        for (int width = 0; count < Math.min(ENOUGH, size); width = 2 * width + 1) {
            count = 0;
            foundSum = 0;
            for (int i = 0; i < size; i++) {
                if (Math.abs(found[i] - present) <= width) {
                    near[count++] = latency[i];
                    foundSum += found[i];
                }
            }
        }
        if (count == 0) {
            return Double.NaN;
        }
        Arrays.sort(near, 0, count);
        double median = (near[(count - 1) / 2] + near[count / 2]) / 2;
        return median * (present + 1) / ((double) foundSum / count + 1);
    }
}
