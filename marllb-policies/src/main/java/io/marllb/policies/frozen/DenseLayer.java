package io.marllb.policies.frozen;

import java.util.List;

/** {@code y = x W + b}; results are arrays of {@link #padded} length. */
final class DenseLayer {

    private final WeightRows weights;
    private final NetworkSpec.Tensor biasTensor;
    private final float[] bias; // [padded]

    private DenseLayer(NetworkSpec.Tensor weight, NetworkSpec.Tensor biasTensor) {
        weights = new WeightRows(weight);
        this.biasTensor = biasTensor;
        bias = new float[WeightRows.padded(weight.columns())];
    }

    /** The layer called {@code name}; null if the spec has none. */
    static DenseLayer find(List<NetworkSpec.Tensor> tensors, String name) {
        NetworkSpec.Tensor weight = tensor(tensors, name + ".weight");
        return weight == null ? null : new DenseLayer(weight, tensor(tensors, name + ".bias"));
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

    int inputs() {
        return weights.rows();
    }

    int outputs() {
        return weights.columns();
    }

    int padded() {
        return bias.length;
    }

    void load(float[] flat) {
        weights.load(flat);
        WeightRows.loadBias(flat, biasTensor, bias);
    }

    /** The whole layer, linear. */
    void apply(float[] x, int xAt, float[] y) {
        start(y);
        weights.addProduct(x, xAt, y);
    }

    /** Only the bias. */
    void start(float[] y) {
        System.arraycopy(bias, 0, y, 0, bias.length);
    }

    /** Adds what rows {@code [fromRow, toRow)} of W contribute. */
    void addRows(int fromRow, int toRow, float[] x, int xAt, float[] y) {
        weights.addProduct(fromRow, toRow, x, xAt, y);
    }
}
