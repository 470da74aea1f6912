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
