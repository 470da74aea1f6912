package io.marllb.env.traffic;

/**
 * Maps operational time, in which the base traffic runs, to the time of the run: the inverse of the accumulated rate factor, which is
 * piecewise linear. A cursor, so the times must not decrease; it allocates nothing.
 */
final class TimeWarp {

    /** Traffic later than this (146 years) has ended. */
    static final double HORIZON = 0x1.0p62;

    private final RateChanges changes;
    private int next; // index of the first change that is still to come
    private long realStart;
    private long realEnd;
    private double operationalStart;
    private double operationalEnd;
    private double factor = 1;

    TimeWarp(RateChanges changes) {
        this.changes = changes;
        setEnd();
    }

    /** The time of the run in nanoseconds, or {@link Long#MAX_VALUE} beyond the horizon. */
    long toRun(double operational) {
        while (operational >= operationalEnd && next < changes.size()) {
            realStart = realEnd;
            operationalStart = operationalEnd;
            factor = changes.factor(next);
            next++;
            setEnd();
        }
        double ahead = (operational - operationalStart) / factor;
        if (!(realStart + ahead < HORIZON)) {
            return Long.MAX_VALUE;
        }
        return Math.min(realStart + (long) ahead, realEnd);
    }

    private void setEnd() {
        if (next == changes.size()) {
            realEnd = Long.MAX_VALUE;
            operationalEnd = Double.POSITIVE_INFINITY;
        } else {
            realEnd = changes.at(next);
            operationalEnd = operationalStart + (realEnd - realStart) * factor;
        }
    }
}
