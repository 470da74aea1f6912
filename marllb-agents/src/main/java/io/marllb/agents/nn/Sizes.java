package io.marllb.agents.nn;

/** Checks what is passed to a network, before any memory is touched. */
final class Sizes {

    private Sizes() {}

    static void check(
            Matrix inputs, int width, Matrix initial, int stateSize, int time, int mostTime, int batch, int mostBatch) {
        if (time < 1 || time > mostTime || batch < 1 || batch > mostBatch) {
            throw new IllegalArgumentException("time x batch must be between 1 x 1 and " + mostTime + " x " + mostBatch
                    + ", for which the network was built, but was " + time + " x " + batch);
        }
        shape("inputs", inputs, time * batch, width);
        if (initial != null) {
            if (stateSize == 0) {
                throw new IllegalArgumentException("a network without memory has no initial state; pass null");
            }
            shape("initial state", initial, batch, stateSize);
        }
    }

    static void checkBack(boolean ready, Matrix gradient, int rows, int outputs) {
        if (!ready) {
            throw new IllegalStateException(
                    "backward needs a forward of its own, whose intermediate results it writes over");
        }
        shape("output gradient", gradient, rows, outputs);
    }

    private static void shape(String name, Matrix m, int rows, int columns) {
        if (m.rows() != rows || m.columns() != columns) {
            throw new IllegalArgumentException(
                    name + " must be " + rows + " x " + columns + ", but is " + m.rows() + " x " + m.columns());
        }
    }
}
