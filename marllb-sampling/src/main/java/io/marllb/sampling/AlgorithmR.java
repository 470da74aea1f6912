package io.marllb.sampling;

import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * A uniform sample of the whole stream: after n offers every set of {@code min(n, capacity)} of them is equally likely to be held (Vitter
 * 1985, "Random sampling with a reservoir", Algorithm R, doi:10.1145/3147.3165).
 */
public final class AlgorithmR extends SlotReservoir {

    private final RandomGenerator random;

    /**
     * An empty reservoir.
     *
     * @param random the reservoir's own stream
     * @param capacity samples that are held at most, {@code >= 1}
     */
    public AlgorithmR(RandomGenerator random, int capacity) {
        super(capacity);
        this.random = Objects.requireNonNull(random, "random");
    }

    @Override
    public void add(double value, long nowNanos) {
        assert Double.isFinite(value) : value;
        long n = offer();
        if (n <= capacity()) {
            put((int) n - 1, value, nowNanos);
            return;
        }
        long slot = below(n);
        if (slot < capacity()) {
            put((int) slot, value, nowNanos);
        }
    }

    /** Uniform in [0, bound) with a bias below bound / 2^63. */
    private long below(long bound) {
        return Math.multiplyHigh(random.nextLong() >>> 1, 2 * bound);
    }

    /**
     * Adds what another reservoir has seen: afterwards this is a uniform sample of both streams together. How many samples come from each is
     * drawn from the hypergeometric law of the numbers offered, not of the numbers held; which of them, without replacement.
     *
     * @param other of the same capacity, from another stream; unchanged
     * @throws IllegalArgumentException if the capacity differs or the other is this one
     */
    public void merge(AlgorithmR other) {
        requireSameCapacity(other);
        int held = (int) Math.min(capacity(), offered() + other.offered());
        double[] merged = new double[2 * capacity()];
        int[] mine = indices(size());
        int[] theirs = indices(other.size());
        int mineLeft = mine.length;
        int theirsLeft = theirs.length;
        long mineOffered = offered();
        long theirsOffered = other.offered();
        for (int i = 0; i < held; i++) {
            if (below(mineOffered + theirsOffered) < mineOffered) {
                copy(this, take(mine, mineLeft--), merged, i);
                mineOffered--;
            } else {
                copy(other, take(theirs, theirsLeft--), merged, i);
                theirsOffered--;
            }
        }
        replaceAll(merged, held, offered() + other.offered());
    }

    private static int[] indices(int n) {
        int[] indices = new int[n];
        for (int i = 0; i < n; i++) {
            indices[i] = i;
        }
        return indices;
    }

    /** Removes a uniformly random one of the first {@code left} entries. */
    private int take(int[] indices, int left) {
        int at = (int) below(left);
        int taken = indices[at];
        indices[at] = indices[left - 1];
        return taken;
    }

    private static void copy(Reservoir from, int index, double[] to, int slot) {
        to[2 * slot] = from.value(index);
        to[2 * slot + 1] = from.timeNanos(index);
    }
}
