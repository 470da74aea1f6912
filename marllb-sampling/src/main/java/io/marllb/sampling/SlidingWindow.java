package io.marllb.sampling;

import io.marllb.core.check.Checks;
import java.util.Objects;

/**
 * Every sample of the last so many nanoseconds, in a ring; where more arrive than it can hold, the oldest go and are counted.
 *
 * <p>A sample of time t belongs to the window at time now if {@code t > now - window}. Adding and reading move the window forward.
 */
public final class SlidingWindow implements Reservoir {

    private final long windowNanos;
    private final double[] ring; // [capacity, (value, nanoseconds)]
    private final Reducer reducer;
    private int oldest; // slot of the oldest sample
    private int size;
    private long offered;
    private long overflowed;

    /**
     * An empty window.
     *
     * @param windowNanos length, nanoseconds, {@code > 0}
     * @param capacity samples that are held at most, {@code >= 1}
     */
    public SlidingWindow(long windowNanos, int capacity) {
        new Checks("SlidingWindow")
                .atLeast("windowNanos", windowNanos, 1)
                .atLeast("capacity", capacity, 1)
                .throwIfAny();
        this.windowNanos = windowNanos;
        ring = new double[2 * capacity];
        reducer = new Reducer(capacity);
    }

    @Override
    public void add(double value, long nowNanos) {
        assert Double.isFinite(value) : value;
        offered++;
        evict(nowNanos);
        if (size == capacity()) {
            overflowed++;
            dropOldest();
        }
        append(value, (double) nowNanos);
    }

    private void append(double value, double timeNanos) {
        int slot = slot(size);
        ring[2 * slot] = value;
        ring[2 * slot + 1] = timeNanos;
        size++;
    }

    private int slot(int i) {
        int slot = oldest + i;
        return slot < capacity() ? slot : slot - capacity();
    }

    private void dropOldest() {
        oldest = slot(1);
        size--;
    }

    private void evict(long nowNanos) {
        while (size > 0 && ring[2 * oldest + 1] <= nowNanos - windowNanos) {
            dropOldest();
        }
    }

    @Override
    public double statistic(Statistic statistic, long nowNanos) {
        evict(nowNanos);
        int first = Math.min(size, capacity() - oldest);
        reducer.load(ring, 2 * oldest, first);
        reducer.append(ring, 0, size - first);
        return reducer.statistic(statistic, nowNanos);
    }

    /**
     * Samples that were dropped while they still belonged to the window, because it was full.
     *
     * @return count since the start or {@link #clear}
     */
    public long overflowed() {
        return overflowed;
    }

    /**
     * Adds what another window has seen: afterwards this holds the samples of both, by time; the oldest go where they are too many.
     *
     * @param other of the same length; unchanged
     * @throws IllegalArgumentException if the length differs or the other is this one
     */
    public void merge(SlidingWindow other) {
        if (other == this) {
            throw new IllegalArgumentException("a window cannot be merged with itself: its samples would count twice");
        }
        if (other.windowNanos != windowNanos) {
            throw new IllegalArgumentException("windows to merge must have the same length, but have " + windowNanos
                    + " and " + other.windowNanos + " ns");
        }
        double[] mine = new double[2 * size];
        for (int i = 0; i < size; i++) {
            mine[2 * i] = ring[2 * slot(i)];
            mine[2 * i + 1] = ring[2 * slot(i) + 1];
        }
        offered += other.offered;
        overflowed += other.overflowed;
        oldest = 0;
        size = 0;
        int a = 0;
        int b = 0;
        while (2 * a < mine.length || b < other.size) {
            int theirs = 2 * other.slot(b);
            boolean fromMine = b == other.size || (2 * a < mine.length && mine[2 * a + 1] <= other.ring[theirs + 1]);
            if (size == capacity()) {
                overflowed++;
                dropOldest();
            }
            append(fromMine ? mine[2 * a] : other.ring[theirs], fromMine ? mine[2 * a + 1] : other.ring[theirs + 1]);
            a += fromMine ? 1 : 0;
            b += fromMine ? 0 : 1;
        }
        if (size > 0) {
            evict((long) ring[2 * slot(size - 1) + 1]);
        }
    }

    @Override
    public long offered() {
        return offered;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int capacity() {
        return ring.length / 2;
    }

    @Override
    public double value(int i) {
        return ring[2 * slot(Objects.checkIndex(i, size))];
    }

    @Override
    public long timeNanos(int i) {
        return (long) ring[2 * slot(Objects.checkIndex(i, size)) + 1];
    }

    @Override
    public void clear() {
        oldest = 0;
        size = 0;
        offered = 0;
        overflowed = 0;
    }
}
