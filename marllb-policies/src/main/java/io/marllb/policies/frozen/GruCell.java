package io.marllb.policies.frozen;

import java.util.List;

/** One step of a GRU, as {@link NetworkSpec} defines it, with its scratch arrays. */
final class GruCell {

    private final int inputs;
    private final int size;
    private final int weightX;
    private final int weightH;
    private final int biasX;
    private final int biasH;
    private final float[] fromX; // [3 size]
    private final float[] fromH; // [3 size]

    GruCell(List<NetworkSpec.Tensor> tensors) {
        NetworkSpec.Tensor x = DenseLayer.tensor(tensors, "gru.weight_x");
        inputs = x.rows();
        size = x.columns() / 3;
        weightX = x.offset();
        weightH = DenseLayer.tensor(tensors, "gru.weight_h").offset();
        biasX = DenseLayer.tensor(tensors, "gru.bias_x").offset();
        biasH = DenseLayer.tensor(tensors, "gru.bias_h").offset();
        fromX = new float[3 * size];
        fromH = new float[3 * size];
    }

    /** Replaces the state {@code h[hAt ...]} by the next one. */
    void step(float[] parameters, float[] x, int xAt, float[] h, int hAt) {
        int width = 3 * size;
        System.arraycopy(parameters, biasX, fromX, 0, width);
        System.arraycopy(parameters, biasH, fromH, 0, width);
        Kernels.addProduct(x, xAt, inputs, parameters, weightX, width, fromX, 0);
        Kernels.addProduct(h, hAt, size, parameters, weightH, width, fromH, 0);
        gates(fromX, fromH, size, h, hAt);
    }

    private static void gates(float[] gx, float[] gh, int size, float[] h, int hAt) {
        for (int i = 0; i < 2 * size; i++) {
            gx[i] = Activations.sigmoid(gx[i] + gh[i]);
        }
        for (int i = 0; i < size; i++) {
            gh[i] = Activations.tanh(gx[2 * size + i] + gx[i] * gh[2 * size + i]);
        }
        for (int i = 0; i < size; i++) {
            float n = gh[i];
            h[hAt + i] = n + gx[size + i] * (h[hAt + i] - n);
        }
    }
}
