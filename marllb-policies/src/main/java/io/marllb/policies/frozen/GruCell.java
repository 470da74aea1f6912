package io.marllb.policies.frozen;

import java.util.List;

/** One step of a GRU, as {@link NetworkSpec} defines it, with its scratch arrays. */
final class GruCell {

    private final int inputs;
    private final int size;
    private final int weightX; // first row, as are the next
    private final int weightH;
    private final int biasX;
    private final int biasH;
    private final float[] fromX; // [3 size]
    private final float[] fromH; // [3 size]
    private final float[] reset; // [size]
    private final float[] update; // [size]
    private final float[] candidate; // [size]
    private final float[] recurrent; // [size]
    private final float[] state; // [size]

    GruCell(List<NetworkSpec.Tensor> tensors) {
        NetworkSpec.Tensor x = DenseLayer.tensor(tensors, "gru.weight_x");
        inputs = x.rows();
        size = x.columns() / 3;
        weightX = DenseLayer.row(tensors, "gru.weight_x");
        weightH = DenseLayer.row(tensors, "gru.weight_h");
        biasX = DenseLayer.row(tensors, "gru.bias_x");
        biasH = DenseLayer.row(tensors, "gru.bias_h");
        fromX = new float[3 * size];
        fromH = new float[3 * size];
        reset = new float[size];
        update = new float[size];
        candidate = new float[size];
        recurrent = new float[size];
        state = new float[size];
    }

    /** Replaces the state {@code h[hAt ...]} by the next one. */
    void step(float[][] parameters, float[] x, int xAt, float[] h, int hAt) {
        int width = 3 * size;
        System.arraycopy(parameters[biasX], 0, fromX, 0, width);
        System.arraycopy(parameters[biasH], 0, fromH, 0, width);
        Kernels.addProduct(x, xAt, inputs, parameters, weightX, width, fromX);
        Kernels.addProduct(h, hAt, size, parameters, weightH, width, fromH);
        gates(fromX, fromH, 2 * size);
        // Loops over arrays that begin at 0 become vector instructions, see Kernels; copying is cheaper than to do
        // without.
        System.arraycopy(fromX, 0, reset, 0, size);
        System.arraycopy(fromX, size, update, 0, size);
        System.arraycopy(fromX, 2 * size, candidate, 0, size);
        System.arraycopy(fromH, 2 * size, recurrent, 0, size);
        System.arraycopy(h, hAt, state, 0, size);
        addProducts(reset, recurrent, candidate, size);
        Activations.tanh(candidate, 0, size);
        blend(update, candidate, state, size);
        System.arraycopy(state, 0, h, hAt, size);
    }

    private static void gates(float[] gx, float[] gh, int count) {
        for (int i = 0; i < count; i++) {
            gx[i] = Activations.sigmoid(gx[i] + gh[i]);
        }
    }

    private static void addProducts(float[] a, float[] b, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] += a[i] * b[i];
        }
    }

    private static void blend(float[] z, float[] n, float[] h, int count) {
        for (int i = 0; i < count; i++) {
            h[i] = n[i] + z[i] * (h[i] - n[i]);
        }
    }
}
