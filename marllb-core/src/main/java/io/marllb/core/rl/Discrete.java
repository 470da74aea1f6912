package io.marllb.core.rl;

import io.marllb.core.Words;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One choice among n: the element {@code {k}} with {@code k} in {@code 0..n-1}.
 *
 * @param n number of choices, in {@code [1, 2^24]} (a float holds integers exactly up to there)
 */
public record Discrete(int n) implements Space {

    /** Largest number of choices. */
    static final int MAX = 1 << 24;

    /** Checks n. */
    public Discrete {
        if (n < 1 || n > MAX) {
            throw new IllegalArgumentException("n must be in [1, " + MAX + "], but was " + n);
        }
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public int[] shape() {
        return new int[] {1};
    }

    @Override
    public boolean contains(float[] x) {
        return x.length == 1 && isChoice(x[0], n);
    }

    @Override
    public Optional<String> violation(float[] x) {
        if (x.length != 1) {
            return Optional.of("has " + x.length + " entries, but " + this + " takes 1");
        }
        return contains(x)
                ? Optional.empty()
                : Optional.of("entry 0 must be an integer in [0, " + (n - 1) + "], but was " + x[0]);
    }

    @Override
    public void sample(RandomGenerator random, float[] into) {
        into[0] = Words.below(random.nextLong(), n);
    }

    @Override
    public String toString() {
        return "Discrete(" + n + ")";
    }

    /** True for an integer in [0, n); false for NaN. */
    static boolean isChoice(float x, int n) {
        return x >= 0 && x < n && x == (int) x;
    }
}
