package io.marllb.policies.frozen;

import java.util.List;

/**
 * {@code y = x W + b}, with the place of W and b among the network's rows.
 *
 * @param inputs length of x
 * @param outputs length of y
 * @param weightAt first row of W, {@code [inputs, outputs]}
 * @param biasAt row of b
 */
record DenseLayer(int inputs, int outputs, int weightAt, int biasAt) {

    /** The layer called {@code name}; null if the spec has none. */
    static DenseLayer find(List<NetworkSpec.Tensor> tensors, String name) {
        NetworkSpec.Tensor weight = tensor(tensors, name + ".weight");
        if (weight == null) {
            return null;
        }
        return new DenseLayer(
                weight.rows(), weight.columns(), row(tensors, name + ".weight"), row(tensors, name + ".bias"));
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

    /** The first row of a tensor, if the rows of all tensors lie one behind another. */
    static int row(List<NetworkSpec.Tensor> tensors, String name) {
        int row = 0;
        for (NetworkSpec.Tensor t : tensors) {
            if (t.name().equals(name)) {
                return row;
            }
            row += t.rows();
        }
        throw new IllegalArgumentException("there is no tensor '" + name + "'");
    }

    /** The whole layer, linear. */
    void apply(float[][] parameters, float[] x, int xAt, float[] y) {
        System.arraycopy(parameters[biasAt], 0, y, 0, outputs);
        Kernels.addProduct(x, xAt, inputs, parameters, weightAt, outputs, y);
    }

    /** Adds what rows {@code [fromRow, fromRow + rows)} of W contribute. */
    void addRows(float[][] parameters, int fromRow, int rows, float[] x, int xAt, float[] y) {
        Kernels.addProduct(x, xAt, rows, parameters, weightAt + fromRow, outputs, y);
    }
}
