package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;

/** A matrix for the largest batch, seen as one of fewer rows; the last view is kept, since making one costs more than a small kernel. */
final class Buffers {

    private final Matrix all;
    private Matrix view;

    Buffers(int rows, int columns) {
        all = Matrix.zeros(rows, columns);
        view = all;
    }

    Matrix rows(int count) {
        if (view.rows() != count) {
            if (count > all.rows()) {
                throw new IllegalArgumentException(
                        count + " rows are more than the " + all.rows() + " that were allocated");
            }
            view = count == all.rows() ? all : all.rows(0, count);
        }
        return view;
    }
}
