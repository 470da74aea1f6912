package io.marllb.policies.frozen;

import java.util.List;

/**
 * {@code y = x W + b}, with the place of W and b in the flat array.
 *
 * @param inputs length of x
 * @param outputs length of y
 * @param weightAt first element of W, {@code [inputs, outputs]}
 * @param biasAt first element of b
 */
record DenseLayer(int inputs, int outputs, int weightAt, int biasAt) {

    /** The layer called {@code name}; null if the spec has none. */
    static DenseLayer find(List<NetworkSpec.Tensor> tensors, String name) {
        NetworkSpec.Tensor weight = tensor(tensors, name + ".weight");
        if (weight == null) {
            return null;
        }
        return new DenseLayer(
                weight.rows(),
                weight.columns(),
                weight.offset(),
                tensor(tensors, name + ".bias").offset());
    }

    /** The layers {@code name.0, name.1, ...}. */
    static DenseLayer[] findAll(List<NetworkSpec.Tensor> tensors, String name, int count) {
        DenseLayer[] layers = new DenseLayer[count];
        for (int i = 0; i < count; i++) {
            layers[i] = find(tensors, name + "." + i);
        }
        return layers;
    }

    static NetworkSpec.Tensor tensor(List<NetworkSpec.Tensor> tensors, String name) {
        for (NetworkSpec.Tensor t : tensors) {
            if (t.name().equals(name)) {
                return t;
            }
        }
        return null;
    }

    /** The whole layer, linear. */
    void apply(float[] parameters, float[] x, int xAt, float[] y, int yAt) {
        System.arraycopy(parameters, biasAt, y, yAt, outputs);
        Kernels.addProduct(x, xAt, inputs, parameters, weightAt, outputs, y, yAt);
    }

    /** Adds what rows {@code [fromRow, fromRow + rows)} of W contribute. */
    void addRows(float[] parameters, int fromRow, int rows, float[] x, int xAt, float[] y, int yAt) {
        Kernels.addProduct(x, xAt, rows, parameters, weightAt + fromRow * outputs, outputs, y, yAt);
    }
}
