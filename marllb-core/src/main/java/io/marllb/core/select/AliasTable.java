package io.marllb.core.select;

import io.marllb.core.Words;

/**
 * Weighted random choice in O(1) after an O(n) build (Walker 1977; Vose 1991, doi:10.1109/32.92917).
 *
 * <p>A cell holds a 32-bit threshold: the upper half of a word picks the cell, the lower half decides between the cell's own index and its
 * alias. The probability error per index is below 2^-31. Reusable: {@link #build} overwrites the table without allocating. Not thread-safe.
 */
public final class AliasTable {

    private static final double TWO_32 = 0x1.0p32;
    private static final double OVERFLOW_UNIT = 0x1.0p-64; // brings weights whose sum is no double into range

    private final long[] threshold; // [size], own index if (word & 0xffffffff) < threshold; 2^32 = always
    private final int[] alias; // [size]
    private final double[] scaled; // [size], work area of the build
    private final int[] stack; // [size], small from the left, large from the right
    private boolean empty = true;

    /**
     * A table that has no candidate until it is built.
     *
     * @param size number of weights, {@code >= 1}
     */
    public AliasTable(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be >= 1, but was " + size);
        }
        threshold = new long[size];
        alias = new int[size];
        scaled = new double[size];
        stack = new int[size];
    }

    /**
     * Fills the table. An index of weight 0 is never drawn.
     *
     * @param weights {@code [size]}, each finite and {@code >= 0}; if all are 0 the table is empty
     * @throws IllegalArgumentException if a weight is negative, infinite or NaN, or the length differs
     */
    public void build(double[] weights) {
        int n = threshold.length;
        if (weights.length != n) {
            throw new IllegalArgumentException("weights has " + weights.length + " entries, but the table has " + n);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double w = weights[i];
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weights[" + i + "] must be finite and >= 0, but was " + w);
            }
            sum += w;
        }
        empty = !(sum > 0);
        if (empty) {
            return;
        }
        double unit = 1;
        if (sum == Double.POSITIVE_INFINITY) {
            unit = OVERFLOW_UNIT;
            sum = 0;
            for (double w : weights) {
                sum += w * unit;
            }
        }
        int small = 0;
        int large = n;
        for (int i = 0; i < n; i++) {
            scaled[i] = weights[i] * unit / sum * n;
            if (scaled[i] < 1) {
                stack[small++] = i;
            } else {
                stack[--large] = i;
            }
        }
        while (small > 0 && large < n) {
            int s = stack[--small];
            int l = stack[large];
            threshold[s] = (long) (scaled[s] * TWO_32);
            alias[s] = l;
            scaled[l] -= 1 - scaled[s];
            if (scaled[l] < 1) {
                large++;
                stack[small++] = l;
            }
        }
        while (large < n) {
            keep(stack[large++]);
        }
        // Rounding can leave a small cell without a partner. Its mass is 1 to within rounding, except for a weight of
        // 0, which must go elsewhere.
        int heaviest = 0;
        for (int i = 1; i < n; i++) {
            heaviest = weights[i] > weights[heaviest] ? i : heaviest;
        }
        while (small > 0) {
            int s = stack[--small];
            if (weights[s] > 0) {
                keep(s);
            } else {
                threshold[s] = 0;
                alias[s] = heaviest;
            }
        }
    }

    private void keep(int cell) {
        threshold[cell] = 1L << 32;
        alias[cell] = cell;
    }

    /**
     * Draws an index with probability proportional to its weight.
     *
     * @param word 64 uniform random bits
     * @return an index in {@code [0, size)}, or -1 if the table is empty
     */
    public int draw(long word) {
        if (empty) {
            return -1;
        }
        int cell = Words.below(word, threshold.length);
        return (word & 0xffffffffL) < threshold[cell] ? cell : alias[cell];
    }

    /**
     * One cell of the built table, for hosts that draw from a copy of it.
     *
     * @param cell index in {@code [0, size)}
     * @return in [0, 2^32]: the cell's own index is drawn if the lower half of the word is below
     */
    public long threshold(int cell) {
        return threshold[cell];
    }

    /**
     * The other index of a cell.
     *
     * @param cell index in {@code [0, size)}
     * @return index in {@code [0, size)}
     */
    public int alias(int cell) {
        return alias[cell];
    }

    /**
     * The exact probability that the built table gives to an index, for tests and displays; O(n).
     *
     * @param index in {@code [0, size)}
     * @return probability in [0, 1]
     */
    public double probability(int index) {
        if (empty) {
            return 0;
        }
        double cells = 0;
        for (int i = 0; i < threshold.length; i++) {
            cells += i == index ? threshold[i] / TWO_32 : 0;
            cells += alias[i] == index ? 1 - threshold[i] / TWO_32 : 0;
        }
        return cells / threshold.length;
    }
}
