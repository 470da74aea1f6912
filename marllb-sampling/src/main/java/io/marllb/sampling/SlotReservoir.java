package io.marllb.sampling;

import java.util.Objects;

/** Storage and statistics that reservoirs with a fixed number of slots share. */
abstract sealed class SlotReservoir implements Reservoir permits AlgorithmR, RecencyReservoir {

    private final double[] samples; // [capacity, (value, nanoseconds)]
    private final Reducer reducer;
    private int size;
    private long offered;

    SlotReservoir(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be >= 1, but was " + capacity);
        }
        samples = new double[2 * capacity];
        reducer = new Reducer(capacity);
    }

    @Override
    public final long offered() {
        return offered;
    }

    @Override
    public final int size() {
        return size;
    }

    @Override
    public final int capacity() {
        return samples.length / 2;
    }

    @Override
    public final double value(int i) {
        return samples[2 * Objects.checkIndex(i, size)];
    }

    @Override
    public final long timeNanos(int i) {
        return (long) samples[2 * Objects.checkIndex(i, size) + 1];
    }

    @Override
    public final double statistic(Statistic statistic, long nowNanos) {
        reducer.load(samples, 0, size);
        return reducer.statistic(statistic, nowNanos);
    }

    @Override
    public void clear() {
        size = 0;
        offered = 0;
    }

    /** Counts an offer; returns its ordinal from 1. */
    final long offer() {
        return ++offered;
    }

    /** Overwrites a slot, or appends where slot equals the size. */
    final void put(int slot, double value, long nowNanos) {
        samples[2 * slot] = value;
        samples[2 * slot + 1] = nowNanos;
        size = Math.max(size, slot + 1);
    }

    /** Replaces everything held. */
    final void replaceAll(double[] newSamples, int newSize, long newOffered) {
        System.arraycopy(newSamples, 0, samples, 0, 2 * newSize);
        size = newSize;
        offered = newOffered;
    }

    final void requireSameCapacity(Reservoir other) {
        if (other == this) {
            throw new IllegalArgumentException(
                    "a reservoir cannot be merged with itself: its samples would count twice");
        }
        if (other.capacity() != capacity()) {
            throw new IllegalArgumentException("reservoirs to merge must have the same capacity, but have " + capacity()
                    + " and " + other.capacity());
        }
    }
}
