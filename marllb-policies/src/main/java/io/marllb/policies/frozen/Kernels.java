package io.marllb.policies.frozen;

/**
 * Products of a row and a matrix on plain arrays.
 *
 * <p>Written column by column of the result, several rows of the matrix at a time: the inner loop has no dependency between its elements, so the
 * compiler runs as many at once as the machine has lanes, and the order of additions of one element is that of the source on every machine.
 */
final class Kernels {

    private Kernels() {}

    /**
     * {@code y += x W}.
     *
     * @param x a row
     * @param xAt where it starts
     * @param rows its length
     * @param w the matrix, row-major, {@code [rows, columns]}
     * @param wAt where it starts
     * @param columns length of the result
     * @param y added to
     * @param yAt where the result starts
     */
    static void addProduct(float[] x, int xAt, int rows, float[] w, int wAt, int columns, float[] y, int yAt) {
        int i = 0;
        for (; i + 8 <= rows; i += 8) {
            addEight(x, xAt + i, w, wAt + i * columns, columns, y, yAt);
        }
        for (; i < rows; i++) {
            addOne(x[xAt + i], w, wAt + i * columns, columns, y, yAt);
        }
    }

    private static void addEight(float[] x, int xAt, float[] w, int wAt, int columns, float[] y, int yAt) {
        float x0 = x[xAt];
        float x1 = x[xAt + 1];
        float x2 = x[xAt + 2];
        float x3 = x[xAt + 3];
        float x4 = x[xAt + 4];
        float x5 = x[xAt + 5];
        float x6 = x[xAt + 6];
        float x7 = x[xAt + 7];
        int w1 = wAt + columns;
        int w2 = w1 + columns;
        int w3 = w2 + columns;
        int w4 = w3 + columns;
        int w5 = w4 + columns;
        int w6 = w5 + columns;
        int w7 = w6 + columns;
        for (int j = 0; j < columns; j++) {
            float a = x0 * w[wAt + j] + x1 * w[w1 + j] + (x2 * w[w2 + j] + x3 * w[w3 + j]);
            float b = x4 * w[w4 + j] + x5 * w[w5 + j] + (x6 * w[w6 + j] + x7 * w[w7 + j]);
            y[yAt + j] += a + b;
        }
    }

    private static void addOne(float x, float[] w, int wAt, int columns, float[] y, int yAt) {
        for (int j = 0; j < columns; j++) {
            y[yAt + j] += x * w[wAt + j];
        }
    }

    /** {@code y += factor x}. */
    static void addScaled(float factor, float[] x, int xAt, int count, float[] y, int yAt) {
        for (int j = 0; j < count; j++) {
            y[yAt + j] += factor * x[xAt + j];
        }
    }
}
