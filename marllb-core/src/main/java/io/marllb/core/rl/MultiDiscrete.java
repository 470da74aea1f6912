package io.marllb.core.rl;

import io.marllb.core.Words;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Several independent choices (heads): entry h is an integer in {@code 0..count(h)-1}. */
public final class MultiDiscrete implements Space {

    private final int[] counts; // [heads], each in [1, 2^24]

    private MultiDiscrete(int[] counts) {
        this.counts = counts;
    }

    /**
     * A space of given counts.
     *
     * @param counts number of choices of each head, at least one head, each in {@code [1, 2^24]}
     * @return the space
     */
    public static MultiDiscrete of(int... counts) {
        if (counts.length == 0) {
            throw new IllegalArgumentException("counts must have at least one entry, one per head");
        }
        for (int h = 0; h < counts.length; h++) {
            if (counts[h] < 1 || counts[h] > Discrete.MAX) {
                throw new IllegalArgumentException(
                        "counts[" + h + "] must be in [1, " + Discrete.MAX + "], but was " + counts[h]);
            }
        }
        return new MultiDiscrete(counts.clone());
    }

    /**
     * Equal heads.
     *
     * @param heads number of heads, {@code >= 1}
     * @param count number of choices of each
     * @return the space
     */
    public static MultiDiscrete uniform(int heads, int count) {
        if (heads < 1) {
            throw new IllegalArgumentException("heads must be >= 1, but was " + heads);
        }
        int[] counts = new int[heads];
        Arrays.fill(counts, count);
        return of(counts);
    }

    /**
     * Number of choices of a head.
     *
     * @param head index in {@code [0, size)}
     * @return count, {@code >= 1}
     */
    public int count(int head) {
        return counts[head];
    }

    @Override
    public int size() {
        return counts.length;
    }

    @Override
    public int[] shape() {
        return new int[] {counts.length};
    }

    @Override
    public boolean contains(float[] x) {
        return x.length == counts.length && firstWrong(x) < 0;
    }

    @Override
    public Optional<String> violation(float[] x) {
        if (x.length != counts.length) {
            return Optional.of(
                    "has " + x.length + " entries, but " + this + " takes " + counts.length + ", one per head");
        }
        int h = firstWrong(x);
        return h < 0
                ? Optional.empty()
                : Optional.of("entry " + h + " must be an integer in [0, " + (counts[h] - 1) + "], but was " + x[h]);
    }

    private int firstWrong(float[] x) {
        for (int h = 0; h < counts.length; h++) {
            if (!Discrete.isChoice(x[h], counts[h])) {
                return h;
            }
        }
        return -1;
    }

    @Override
    public void sample(RandomGenerator random, float[] into) {
        for (int h = 0; h < counts.length; h++) {
            into[h] = Words.below(random.nextLong(), counts[h]);
        }
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof MultiDiscrete other && Arrays.equals(counts, other.counts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return "MultiDiscrete(" + Arrays.toString(counts) + ")";
    }
}
