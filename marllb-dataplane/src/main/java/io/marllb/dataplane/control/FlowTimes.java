package io.marllb.dataplane.control;

import org.HdrHistogram.Histogram;

/** Completion times of the flows of the last minute, as far as the data plane told of them. For one thread. */
final class FlowTimes {

    private static final int PARTS = 6;
    private static final long PART_NANOS = 10_000_000_000L;
    private static final long LONGEST = 3_600_000_000L; // microseconds: an hour; longer ones count as that
    private static final int DIGITS = 3;

    private final Histogram[] parts = new Histogram[PARTS];
    private final Histogram sum = new Histogram(LONGEST, DIGITS);
    private int part;
    private long partFrom = Long.MIN_VALUE;

    FlowTimes() {
        for (int i = 0; i < PARTS; i++) {
            parts[i] = new Histogram(LONGEST, DIGITS);
        }
    }

    void add(long nanos) {
        parts[part].recordValue(Math.max(0, Math.min(LONGEST, nanos / 1000)));
    }

    /** Lets go of what is older than a minute. */
    void tick(long now) {
        if (partFrom == Long.MIN_VALUE) {
            partFrom = now;
        }
        for (int i = 0; i < PARTS && now - partFrom >= PART_NANOS; i++) {
            part = (part + 1) % PARTS;
            parts[part].reset();
            partFrom += PART_NANOS;
        }
        if (now - partFrom >= PART_NANOS) { // after a long pause
            partFrom = now;
        }
    }

    /** Mean, 95th and 99th percentile in milliseconds; NaN when nothing is known. Takes a tenth of a millisecond. */
    double[] milliseconds() {
        sum.reset();
        for (Histogram h : parts) {
            sum.add(h);
        }
        if (sum.getTotalCount() == 0) {
            return new double[] {Double.NaN, Double.NaN, Double.NaN};
        }
        return new double[] {sum.getMean() / 1e3, sum.getValueAtPercentile(95) / 1e3, sum.getValueAtPercentile(99) / 1e3
        };
    }
}
