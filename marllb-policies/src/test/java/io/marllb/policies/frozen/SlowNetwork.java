package io.marllb.policies.frozen;

import java.util.Arrays;

/** The definition of {@link NetworkSpec} in doubles, straight from its text: the oracle of the tests. */
final class SlowNetwork {

    private final NetworkSpec spec;
    private final float[] flat;

    SlowNetwork(NetworkSpec spec, float[] flat) {
        this.spec = spec;
        this.flat = flat;
    }

    /** Outputs of one step; the state is replaced. */
    double[] step(double[] inputs, double[][] state, int servers) {
        if (spec instanceof NetworkSpec.Recurrent r) {
            double[] x = inputs;
            for (int i = 0; i < r.before().size(); i++) {
                x = relu(dense("before." + i, x));
            }
            if (r.gru() > 0) {
                state[0] = gru(x, state[0]);
                x = state[0];
            }
            for (int i = 0; i < r.after().size(); i++) {
                x = relu(dense("after." + i, x));
            }
            return dense("output", x);
        }
        NetworkSpec.PerServer p = (NetworkSpec.PerServer) spec;
        double[][] e = new double[servers][];
        for (int j = 0; j < servers; j++) {
            double[] x = new double[p.features() + p.globals()];
            System.arraycopy(inputs, j * p.features(), x, 0, p.features());
            System.arraycopy(inputs, servers * p.features(), x, p.features(), p.globals());
            for (int i = 0; i < p.encoder().size(); i++) {
                x = relu(dense("encoder." + i, x));
            }
            e[j] = x;
        }
        double[] pool = mean(e, inputs, p.features());
        double[][] h = new double[servers][];
        for (int j = 0; j < servers; j++) {
            double[] both = Arrays.copyOf(e[j], 2 * pool.length);
            System.arraycopy(pool, 0, both, pool.length, pool.length);
            h[j] = relu(dense("mix.0", both));
            if (p.gru() > 0) {
                state[j] = gru(h[j], state[j]);
                h[j] = state[j];
            }
        }
        double[] outputs = new double[p.outputs(servers)];
        for (int j = 0; j < servers && p.perServer() > 0; j++) {
            System.arraycopy(dense("output", h[j]), 0, outputs, j * p.perServer(), p.perServer());
        }
        if (p.pooled() > 0) {
            double[] y = dense("pooled", mean(h, inputs, p.features()));
            System.arraycopy(y, 0, outputs, servers * p.perServer(), p.pooled());
        }
        return outputs;
    }

    private static double[] mean(double[][] rows, double[] inputs, int features) {
        double[] mean = new double[rows[0].length];
        double active = 0;
        for (int j = 0; j < rows.length; j++) {
            active += inputs[j * features];
        }
        for (int j = 0; j < rows.length && active > 0; j++) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += inputs[j * features] * rows[j][i] / active;
            }
        }
        return mean;
    }

    private double[] gru(double[] x, double[] h) {
        int size = h.length;
        double[] gx = affine("gru.weight_x", "gru.bias_x", x);
        double[] gh = affine("gru.weight_h", "gru.bias_h", h);
        double[] next = new double[size];
        for (int i = 0; i < size; i++) {
            double r = 1 / (1 + Math.exp(-gx[i] - gh[i]));
            double z = 1 / (1 + Math.exp(-gx[size + i] - gh[size + i]));
            double n = Math.tanh(gx[2 * size + i] + r * gh[2 * size + i]);
            next[i] = (1 - z) * n + z * h[i];
        }
        return next;
    }

    private double[] dense(String name, double[] x) {
        return affine(name + ".weight", name + ".bias", x);
    }

    private double[] affine(String weight, String bias, double[] x) {
        NetworkSpec.Tensor w = tensor(weight);
        NetworkSpec.Tensor b = tensor(bias);
        if (w.rows() != x.length) {
            throw new AssertionError(weight + " has " + w.rows() + " rows for " + x.length + " inputs");
        }
        double[] y = new double[w.columns()];
        for (int j = 0; j < y.length; j++) {
            y[j] = flat[b.offset() + j];
            for (int i = 0; i < x.length; i++) {
                y[j] += x[i] * flat[w.offset() + i * w.columns() + j];
            }
        }
        return y;
    }

    private NetworkSpec.Tensor tensor(String name) {
        return spec.tensors().stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static double[] relu(double[] x) {
        return Arrays.stream(x).map(v -> Math.max(v, 0)).toArray();
    }
}
