package io.marllb.core.select;

import io.marllb.core.Words;
import java.util.Arrays;

/**
 * The minimum of n keys that change one at a time, and a fair draw among the minima.
 *
 * <p>A tree of fan-out 8 over the keys; every node holds the minimum of its block and how many leaves attain it. {@link #set} adjusts both
 * and searches a block anew only when its last minimum rises; it stops at the first level that does not change. {@link #draw} descends one block
 * per level: at n = 8, 64 and 4,096 that is 1, 2 and 4 blocks. Keys are non-negative doubles, kept as their bits, which order alike and compare without branches; positive
 * infinity means "not a candidate". Not thread-safe; no method but the constructor allocates.
 */
public final class MinimumTree {

    private static final int FAN_OUT_BITS = 3;
    private static final int FAN_OUT = 1 << FAN_OUT_BITS;
    private static final long NO_CANDIDATE = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);

    private final int size;
    private final long[][] minima; // [level][node], level 0 = the keys, each level padded to a multiple of 8
    private final int[][] counts; // [level][node], leaves below that attain the minimum; level 0 is all 1

    /**
     * A tree of keys that are all "not a candidate".
     *
     * @param size number of keys, {@code >= 1}
     */
    public MinimumTree(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be >= 1, but was " + size);
        }
        this.size = size;
        int levels = 1;
        for (int nodes = size; nodes > FAN_OUT; nodes = blocks(nodes)) {
            levels++;
        }
        minima = new long[levels + 1][];
        counts = new int[levels + 1][];
        int nodes = size;
        for (int level = 0; level < levels; level++) {
            minima[level] = new long[blocks(nodes) << FAN_OUT_BITS];
            counts[level] = new int[blocks(nodes) << FAN_OUT_BITS];
            nodes = blocks(nodes);
        }
        minima[levels] = new long[1];
        counts[levels] = new int[1];
        for (long[] level : minima) {
            Arrays.fill(level, NO_CANDIDATE);
        }
        Arrays.fill(counts[0], 1);
        rebuild();
    }

    private static int blocks(int nodes) {
        return (nodes + FAN_OUT - 1) >> FAN_OUT_BITS;
    }

    /**
     * Number of keys.
     *
     * @return size, {@code >= 1}
     */
    public int size() {
        return size;
    }

    /**
     * A key.
     *
     * @param i index in {@code [0, size)}
     * @return its value
     */
    public double key(int i) {
        return Double.longBitsToDouble(minima[0][i]);
    }

    /**
     * Changes a key.
     *
     * @param i index in {@code [0, size)}
     * @param key {@code >= 0} (not -0.0), or positive infinity
     */
    public void set(int i, double key) {
        assert i < size && key >= 0 : key;
        long before = minima[0][i];
        long after = Double.doubleToRawLongBits(key);
        int countBefore = 1;
        int countAfter = 1;
        minima[0][i] = after;
        int node = i;
        for (int level = 1; level < minima.length; level++) {
            node >>= FAN_OUT_BITS;
            long min = minima[level][node];
            int count = counts[level][node];
            long newMin = min;
            int newCount = count;
            if (after < min) {
                newMin = after;
                newCount = countAfter;
            } else if (after == min) {
                newCount += countAfter - (before == min ? countBefore : 0);
            } else if (before == min) {
                newCount -= countBefore;
                if (newCount == 0) {
                    summarise(level - 1, node);
                    newMin = minima[level][node];
                    newCount = counts[level][node];
                }
            }
            if (newMin == min && newCount == count) {
                return;
            }
            minima[level][node] = newMin;
            counts[level][node] = newCount;
            before = min;
            countBefore = count;
            after = newMin;
            countAfter = newCount;
        }
    }

    /**
     * Changes a key without keeping the tree up to date; {@link #rebuild} must follow before anything is read.
     *
     * @param i index in {@code [0, size)}
     * @param key {@code >= 0} (not -0.0), or positive infinity
     */
    public void put(int i, double key) {
        minima[0][i] = Double.doubleToRawLongBits(key);
    }

    /** Brings the whole tree up to date, O(n). */
    public void rebuild() {
        for (int level = 0; level < minima.length - 1; level++) {
            int blocks = minima[level].length >> FAN_OUT_BITS;
            for (int block = 0; block < blocks; block++) {
                summarise(level, block);
            }
        }
    }

    /** Recomputes the parent of a block. */
    private void summarise(int level, int block) {
        long[] keys = minima[level];
        int from = block << FAN_OUT_BITS;
        long min = Math.min(
                Math.min(Math.min(keys[from], keys[from + 1]), Math.min(keys[from + 2], keys[from + 3])),
                Math.min(Math.min(keys[from + 4], keys[from + 5]), Math.min(keys[from + 6], keys[from + 7])));
        int count = 0;
        int[] below = counts[level];
        for (int i = from; i < from + FAN_OUT; i++) {
            count += keys[i] == min ? below[i] : 0;
        }
        minima[level + 1][block] = min;
        counts[level + 1][block] = count;
    }

    /**
     * The smallest key.
     *
     * @return its value; positive infinity when there is no candidate
     */
    public double minimum() {
        return Double.longBitsToDouble(minima[minima.length - 1][0]);
    }

    /**
     * How many keys equal the minimum.
     *
     * @return count; 0 when there is no candidate
     */
    public int ties() {
        int top = minima.length - 1;
        return minima[top][0] == NO_CANDIDATE ? 0 : counts[top][0];
    }

    /**
     * Draws uniformly among the keys that equal the minimum.
     *
     * @param words where one word is drawn, and only if candidates tie
     * @return an index in {@code [0, size)}, or -1 when there is no candidate
     */
    public int draw(Words words) {
        int ties = ties();
        return descend(ties <= 1 ? 0 : Words.below(words.next(), ties));
    }

    /**
     * The first of the keys that equal the minimum.
     *
     * @return an index in {@code [0, size)}, or -1 when there is no candidate
     */
    public int first() {
        return descend(0);
    }

    private int descend(int rank) {
        int top = minima.length - 1;
        long min = minima[top][0];
        if (min == NO_CANDIDATE) {
            return -1;
        }
        int node = 0;
        int left = rank;
        for (int level = top - 1; level > 0; level--) {
            int[] below = counts[level];
            int mask = attaining(minima[level], node << FAN_OUT_BITS, min);
            int child = (node << FAN_OUT_BITS) + Integer.numberOfTrailingZeros(mask);
            while (left >= below[child]) {
                left -= below[child];
                mask &= mask - 1;
                child = (node << FAN_OUT_BITS) + Integer.numberOfTrailingZeros(mask);
            }
            node = child;
        }
        int mask = attaining(minima[0], node << FAN_OUT_BITS, min);
        for (; left > 0; left--) {
            mask &= mask - 1;
        }
        return (node << FAN_OUT_BITS) + Integer.numberOfTrailingZeros(mask);
    }

    /** One bit per key of a block that equals the minimum, found without branches: which one it is cannot be predicted. */
    private static int attaining(long[] keys, int from, long min) {
        return (keys[from] == min ? 1 : 0)
                | (keys[from + 1] == min ? 2 : 0)
                | (keys[from + 2] == min ? 4 : 0)
                | (keys[from + 3] == min ? 8 : 0)
                | (keys[from + 4] == min ? 16 : 0)
                | (keys[from + 5] == min ? 32 : 0)
                | (keys[from + 6] == min ? 64 : 0)
                | (keys[from + 7] == min ? 128 : 0);
    }
}
