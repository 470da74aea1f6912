package io.marllb.agents.nn;

import java.util.ArrayList;
import java.util.List;

/** A dense layer, {@code y = x W + b}, linear or with ReLU behind it. */
final class Dense {

    private final Matrix weight; // [in, out]
    private final Matrix bias; // [1, out]
    private final Matrix weightGradient;
    private final Matrix biasGradient;
    private final boolean relu;
    private final Matrix output; // [rows, out]
    private Matrix inputGradient; // [rows, in], once it is asked for
    private final float[] biases; // a tile
    private final float[] sums; // a tile
    private final float[] values; // a tile
    private final int[] mask; // a tile
    private final int[] bits; // a tile
    private Matrix input;

    /** A layer with buffers for so many rows. */
    Dense(Parameters parameters, String name, boolean relu, int rows) {
        weight = parameters.value(name + ".weight");
        bias = parameters.value(name + ".bias");
        weightGradient = parameters.gradient(name + ".weight");
        biasGradient = parameters.gradient(name + ".bias");
        this.relu = relu;
        int out = weight.columns();
        output = Matrix.zeros(rows, out);
        int tile = Tile.rows(out) * out;
        biases = new float[tile];
        sums = new float[tile];
        values = new float[tile];
        mask = new int[tile];
        bits = new int[tile];
    }

    /** ReLU layers one behind another, named {@code name.0, name.1, ...}. */
    static List<Dense> stack(Parameters parameters, String name, int count, int rows) {
        List<Dense> layers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            layers.add(new Dense(parameters, name + "." + i, true, rows));
        }
        return layers;
    }

    /** The layer of every row; x must stay as it is until {@link #backward}. */
    Matrix forward(Matrix x) {
        input = x;
        Matrix y = output.rows(0, x.rows());
        Tile.repeat(bias, 0, weight.columns(), biases);
        if (relu) {
            y.product(x, false, weight, false, 0);
            rectify(y);
        } else {
            for (int at = 0; at < y.size(); at += biases.length) {
                y.put(at, biases, 0, Math.min(biases.length, y.size() - at));
            }
            y.product(x, false, weight, false, 1);
        }
        return y;
    }

    private void rectify(Matrix y) {
        float[] v = values;
        float[] b = biases;
        for (int at = 0; at < y.size(); at += v.length) {
            int count = Math.min(v.length, y.size() - at);
            y.get(at, v, 0, count);
            for (int i = 0; i < count; i++) {
                v[i] = Math.max(v[i] + b[i], 0f);
            }
            y.put(at, v, 0, count);
        }
    }

    /**
     * The way back.
     *
     * @param dy by the output, changed: with ReLU it is by the sum before it afterwards
     * @param parametersToo whether to add to the parameters' gradients
     * @param inputToo whether the gradient by the input is wanted
     * @param into where it goes; null for a buffer of this layer
     * @return by the input, or null
     */
    Matrix backward(Matrix dy, boolean parametersToo, boolean inputToo, Matrix into) {
        if (relu) {
            cut(dy, parametersToo);
        } else if (parametersToo) {
            sum(dy);
        }
        if (parametersToo) {
            Tile.addSums(sums, weight.columns(), biasGradient, 0);
            weightGradient.product(input, true, dy, false, 1);
        }
        if (!inputToo) {
            return null;
        }
        Matrix dx = into;
        if (dx == null) {
            if (inputGradient == null) {
                inputGradient = Matrix.zeros(output.rows(), weight.rows());
            }
            dx = inputGradient.rows(0, dy.rows());
        }
        dx.product(dy, false, weight, true, 0);
        return dx;
    }

    private void cut(Matrix dy, boolean sumToo) {
        int[] m = mask;
        int[] d = bits;
        for (int at = 0; at < dy.size(); at += d.length) {
            int count = Math.min(d.length, dy.size() - at);
            output.bits().get(at, m, 0, count);
            dy.bits().get(at, d, 0, count);
            Relu.cut(m, d, count);
            dy.bits().put(at, d, 0, count);
            if (sumToo) {
                sum(dy, at, count);
            }
        }
    }

    private void sum(Matrix dy) {
        for (int at = 0; at < dy.size(); at += values.length) {
            sum(dy, at, Math.min(values.length, dy.size() - at));
        }
    }

    private void sum(Matrix dy, int at, int count) {
        float[] v = values;
        float[] s = sums;
        dy.get(at, v, 0, count);
        for (int i = 0; i < count; i++) {
            s[i] += v[i];
        }
    }
}
