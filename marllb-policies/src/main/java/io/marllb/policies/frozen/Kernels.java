package io.marllb.policies.frozen;

/**
 * Products of a row and a matrix on plain arrays, a matrix as one array per row.
 *
 * <p>Written column by column of the result, several rows of the matrix at a time: no element of the inner loop depends on another, so the compiler
 * runs as many at once as the machine has lanes, and the order of additions of one element is that of the source on every machine. It only does so
 * while arrays are told apart and all begin at index 0, hence an array per row: five times as fast as the same loop over one flat array. Four rows at
 * a time measured best; from six on the compiler gives up.
 */
final class Kernels {

    private Kernels() {}

    /**
     * {@code y += x W}.
     *
     * @param x a row
     * @param xAt where it starts
     * @param count its length
     * @param w rows of matrices, W among them
     * @param wAt W's first row
     * @param columns length of the result
     * @param y added to, from its beginning
     */
    static void addProduct(float[] x, int xAt, int count, float[][] w, int wAt, int columns, float[] y) {
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            addFour(
                    x[xAt + i],
                    w[wAt + i],
                    x[xAt + i + 1],
                    w[wAt + i + 1],
                    x[xAt + i + 2],
                    w[wAt + i + 2],
                    x[xAt + i + 3],
                    w[wAt + i + 3],
                    columns,
                    y);
        }
        for (; i < count; i++) {
            addOne(x[xAt + i], w[wAt + i], columns, y);
        }
    }

    private static void addFour(
            float x0,
            float[] w0,
            float x1,
            float[] w1,
            float x2,
            float[] w2,
            float x3,
            float[] w3,
            int columns,
            float[] y) {
        for (int j = 0; j < columns; j++) {
            y[j] = y[j] + x0 * w0[j] + x1 * w1[j] + x2 * w2[j] + x3 * w3[j];
        }
    }

    private static void addOne(float x, float[] w, int columns, float[] y) {
        for (int j = 0; j < columns; j++) {
            y[j] += x * w[j];
        }
    }

    /** {@code y += factor x}. */
    static void addScaled(float factor, float[] x, int xAt, int count, float[] y, int yAt) {
        for (int j = 0; j < count; j++) {
            y[yAt + j] += factor * x[xAt + j];
        }
    }
}
