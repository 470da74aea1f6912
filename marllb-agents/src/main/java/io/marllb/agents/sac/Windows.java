package io.marllb.agents.sac;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.replay.SequenceBatch;

/**
 * Inputs of a network over the windows of a batch. With several agents that share their parameters, the windows of all stand side by side:
 * row {@code t * batch + i * drawn + b} is step t of agent i's window b.
 */
final class Windows {

    private final int burnIn;
    private final int time;
    private final int batch;
    private final Matrix rows; // [(burnIn + time + ahead) * batch, width]
    private final Matrix warmUpRows; // the burn-in; null without
    private final Matrix learnt; // the first `time` rows behind the burn-in
    private final Matrix all; // all rows behind the burn-in
    private final int[] warmUp; // [batch]

    Windows(int burnIn, int time, int ahead, int batch, int width) {
        this.burnIn = burnIn;
        this.time = time;
        this.batch = batch;
        rows = Matrix.zeros((burnIn + time + ahead) * batch, width);
        warmUpRows = burnIn == 0 ? null : rows.rows(0, burnIn * batch);
        learnt = rows.rows(burnIn * batch, (burnIn + time) * batch);
        all = rows.rows(burnIn * batch, (burnIn + time + ahead) * batch);
        warmUp = new int[batch];
    }

    /** Takes what agents saw, and with {@code layout} what they did as well. */
    void fill(SequenceBatch drawn, int[] agents, CriticLayout layout) {
        int width = rows.columns();
        int inputs = drawn.observations(0).columns();
        int actionSize = layout == null ? 0 : layout.actionSize();
        float[] seen = new float[inputs];
        float[] row = new float[width];
        for (int i = 0; i < agents.length; i++) {
            Matrix from = drawn.observations(agents[i]);
            float[] acted = drawn.actions(agents[i]);
            for (int r = 0; r < from.rows(); r++) {
                int b = r % drawn.batch();
                int step = r / drawn.batch();
                if (step < burnIn) {
                    step = (step + drawn.warmUp(b)) % burnIn; // what there is comes first
                }
                int to = step * batch + i * drawn.batch() + b;
                from.get(r * inputs, seen, 0, inputs);
                if (layout == null) {
                    rows.put(to * width, seen, 0, inputs);
                } else {
                    layout.join(seen, acted, Math.min(r * actionSize, acted.length - actionSize), row);
                    rows.put(to * width, row, 0, width);
                }
            }
            for (int b = 0; b < drawn.batch(); b++) {
                warmUp[i * drawn.batch() + b] = drawn.warmUp(b);
            }
        }
    }

    int burnIn() {
        return burnIn;
    }

    int batch() {
        return batch;
    }

    int warmUp(int b) {
        return warmUp[b];
    }

    /** The rows before the windows, of each those that it has first, {@code [burnIn * batch, width]}. */
    Matrix warmUpRows() {
        return warmUpRows;
    }

    /** The first steps behind the burn-in. */
    Matrix first(int steps) {
        return steps == time ? learnt : all;
    }
}
