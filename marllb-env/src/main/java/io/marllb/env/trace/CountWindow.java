package io.marllb.env.trace;

/** Counts of flows in consecutive windows of one length, in constant memory. */
final class CountWindow {

    private final long nanos;
    private long index; // of the window that is being filled
    private long filling;
    private long windows; // complete ones
    private long empty;
    private double sum;
    private double sumOfSquares;
    private long most;
    private long least = Long.MAX_VALUE;

    CountWindow(long nanos) {
        this.nanos = nanos;
    }

    void add(long at) {
        long target = at / nanos;
        if (target > index) {
            complete(filling);
            long skipped = target - index - 1;
            if (skipped > 0) {
                windows += skipped;
                empty += skipped;
                least = 0;
            }
            index = target;
            filling = 0;
        }
        filling++;
    }

    private void complete(long count) {
        windows++;
        empty += count == 0 ? 1 : 0;
        sum += count;
        sumOfSquares += (double) count * count;
        most = Math.max(most, count);
        least = Math.min(least, count);
    }

    /** The statistics of the complete windows; the one that is being filled is not. */
    TraceDescription.Window result() {
        double mean = windows == 0 ? Double.NaN : sum / windows;
        double variance = windows < 2 ? Double.NaN : Math.max(0, sumOfSquares / windows - mean * mean);
        double seconds = nanos * 1e-9;
        return new TraceDescription.Window(
                nanos,
                windows,
                variance / mean,
                windows == 0 ? Double.NaN : most / seconds,
                windows == 0 ? Double.NaN : least / seconds,
                windows == 0 ? Double.NaN : (double) empty / windows);
    }
}
