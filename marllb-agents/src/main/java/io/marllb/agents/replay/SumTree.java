package io.marllb.agents.replay;

import java.util.Arrays;

/** Weights that can be changed and drawn from, each in time logarithmic in their number. Not thread-safe. */
final class SumTree {

    private double[] sums; // [2 * leaves], node i has children 2i and 2i + 1, leaf k is at leaves + k
    private int leaves;
    private double offset;

    SumTree(int atLeast) {
        leaves = leavesFor(atLeast);
        sums = new double[2 * leaves];
    }

    private static int leavesFor(int atLeast) {
        return Integer.highestOneBit(Math.max(2, 2 * atLeast - 1));
    }

    int leaves() {
        return leaves;
    }

    double total() {
        return sums[1];
    }

    double weight(int leaf) {
        return sums[leaves + leaf];
    }

    void set(int leaf, double weight) {
        int i = leaves + leaf;
        sums[i] = weight;
        for (i >>= 1; i >= 1; i >>= 1) {
            // the sum itself, not a difference: rounding never piles up
            sums[i] = sums[2 * i] + sums[2 * i + 1];
        }
    }

    /** Forgets all weights and holds at least so many from now on. */
    void clear(int atLeast) {
        int wanted = leavesFor(atLeast);
        if (wanted == leaves) {
            Arrays.fill(sums, 0);
        } else {
            leaves = wanted;
            sums = new double[2 * leaves];
        }
    }

    /**
     * The leaf in which a point lies, if leaves are laid one behind another, each as long as its weight.
     *
     * @param point in {@code [0, total)}
     * @return a leaf of positive weight
     */
    int find(double point) {
        double left = point;
        int i = 1;
        while (i < leaves) {
            i *= 2;
            // an empty right side is never entered, whatever rounding left over
            if (left >= sums[i] && sums[i + 1] > 0) {
                left -= sums[i];
                i++;
            }
        }
        offset = Math.min(left, sums[i]);
        return i - leaves;
    }

    /** How far into its leaf the point of the last {@link #find} lies, in {@code [0, weight]}. */
    double offset() {
        return offset;
    }
}
