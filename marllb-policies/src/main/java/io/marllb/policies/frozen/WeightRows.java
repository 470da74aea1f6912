package io.marllb.policies.frozen;

import java.util.Arrays;

/**
 * A weight matrix for products {@code y += x W} on plain arrays: one array per row, since the compiler (C2 of Java 17) gives up on running several
 * elements at once when arrays are read at an offset, as when all rows lie in one; rows together four at a time, more are too long a loop for it.
 * No element of y depends on another, so the order of additions is that of the source on every machine, whatever its vector width.
 */
final class WeightRows {

    private static final int TOGETHER = 4;

    /** Widths from 16 to 64 take as long as 64: what a 512-bit machine does in one round of its unrolled loop. */
    private static final int NARROWEST_PADDED = 16;

    private static final int ROUND = 64;

    private final int rows;
    private final int columns;
    private final int offset;
    private final float[][] weights; // [rows][padded columns]

    WeightRows(NetworkSpec.Tensor tensor) {
        rows = tensor.rows();
        columns = tensor.columns();
        offset = tensor.offset();
        weights = new float[rows][padded(columns)];
    }

    /** Length of an array for so many results. */
    static int padded(int columns) {
        return columns >= NARROWEST_PADDED && columns < ROUND ? ROUND : columns;
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    void load(float[] flat) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(flat, offset + i * columns, weights[i], 0, columns);
        }
    }

    /** A bias of the same width. */
    static void loadBias(float[] flat, NetworkSpec.Tensor tensor, float[] into) {
        Arrays.fill(into, 0);
        System.arraycopy(flat, tensor.offset(), into, 0, tensor.columns());
    }

    /** {@code y += x W}, with x in {@code x[xAt ...]} and y of padded length. */
    void addProduct(float[] x, int xAt, float[] y) {
        addProduct(0, rows, x, xAt, y);
    }

    /** As {@link #addProduct(float[], int, float[])}, with some rows only. */
    void addProduct(int from, int to, float[] x, int xAt, float[] y) {
        int i = from;
        int at = xAt;
        for (; i + TOGETHER <= to; i += TOGETHER, at += TOGETHER) {
            addFour(
                    x[at],
                    x[at + 1],
                    x[at + 2],
                    x[at + 3],
                    weights[i],
                    weights[i + 1],
                    weights[i + 2],
                    weights[i + 3],
                    y);
        }
        for (; i < to; i++, at++) {
            addOne(x[at], weights[i], y);
        }
    }

    /**
     * {@code y += x W} where many x are 0, as behind a relu: their rows are not read, which is what a product takes its time for. The others are
     * added in the same order as by {@link #addProduct}, so the sums are the same.
     */
    void addSparseProduct(float[] x, int xAt, float[] y) {
        for (int i = 0; i < rows; i += Long.SIZE) {
            addRows(i, nonZero(x, xAt + i, Math.min(Long.SIZE, rows - i)), x, xAt + i, y);
        }
    }

    /** Bit k says that {@code x[at + k]} is not 0; without branches, which could not be predicted. */
    private static long nonZero(float[] x, int at, int count) {
        long bits = 0;
        for (int k = 0; k < count; k++) {
            int magnitude = Float.floatToRawIntBits(x[at + k]) << 1;
            bits |= (long) ((magnitude | -magnitude) >>> 31) << k;
        }
        return bits;
    }

    private void addRows(int from, long chosen, float[] x, int at, float[] y) {
        long left = chosen;
        for (int n = Long.bitCount(left); n >= TOGETHER; n -= TOGETHER) {
            int i = Long.numberOfTrailingZeros(left);
            left &= left - 1;
            int j = Long.numberOfTrailingZeros(left);
            left &= left - 1;
            int k = Long.numberOfTrailingZeros(left);
            left &= left - 1;
            int l = Long.numberOfTrailingZeros(left);
            left &= left - 1;
            addFour(
                    x[at + i],
                    x[at + j],
                    x[at + k],
                    x[at + l],
                    weights[from + i],
                    weights[from + j],
                    weights[from + k],
                    weights[from + l],
                    y);
        }
        for (; left != 0; left &= left - 1) {
            int i = Long.numberOfTrailingZeros(left);
            addOne(x[at + i], weights[from + i], y);
        }
    }

    private static void addFour(
            float a, float b, float c, float d, float[] p, float[] q, float[] r, float[] s, float[] y) {
        for (int j = 0; j < y.length; j++) {
            y[j] = y[j] + a * p[j] + b * q[j] + c * r[j] + d * s[j]; // a twelfth faster than in pairs
        }
    }

    private static void addOne(float a, float[] p, float[] y) {
        for (int j = 0; j < y.length; j++) {
            y[j] += a * p[j];
        }
    }
}
