package io.marllb.agents.nn;

import io.marllb.policies.frozen.NetworkSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The networks once more, in plain doubles, one sequence and one unit at a time, straight from the Javadoc of {@link NetworkSpec}: slow, and
 * without a gradient of its own (tests take central differences).
 */
public final class ReferenceNetwork {

    private final NetworkSpec spec;
    private final int servers;
    private final Map<String, NetworkSpec.Tensor> tensors = new HashMap<>();

    public ReferenceNetwork(NetworkSpec spec, int servers) {
        this.spec = spec;
        this.servers = servers;
        spec.tensors().forEach(t -> tensors.put(t.name(), t));
    }

    /** Outputs {@code [time][batch][outputs]} flattened; {@code state} is {@code [batch][stateSize]}, changed. */
    public double[] forward(double[] parameters, double[] inputs, int time, int batch, double[][] state) {
        int width = spec.inputs(servers);
        int outputs = spec.outputs(servers);
        double[] all = new double[time * batch * outputs];
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < time; t++) {
                int row = t * batch + b;
                double[] x = Arrays.copyOfRange(inputs, row * width, (row + 1) * width);
                double[] y = spec instanceof NetworkSpec.Recurrent r
                        ? recurrent(r, parameters, x, state[b])
                        : perServer((NetworkSpec.PerServer) spec, parameters, x, state[b]);
                System.arraycopy(y, 0, all, row * outputs, outputs);
            }
        }
        return all;
    }

    private double[] recurrent(NetworkSpec.Recurrent r, double[] p, double[] x, double[] state) {
        double[] v = relus(p, "before", r.before().size(), x);
        if (r.gru() > 0) {
            v = gru(p, v, state, 0, r.gru());
        }
        v = relus(p, "after", r.after().size(), v);
        return linear(p, "output", v);
    }

    private double[] perServer(NetworkSpec.PerServer s, double[] p, double[] x, double[] state) {
        int n = servers;
        double[][] e = new double[n][];
        for (int j = 0; j < n; j++) {
            double[] in = new double[s.features() + s.globals()];
            System.arraycopy(x, j * s.features(), in, 0, s.features());
            System.arraycopy(x, n * s.features(), in, s.features(), s.globals());
            e[j] = relus(p, "encoder", s.encoder().size(), in);
        }
        double[] pool = mean(e, x, s.features());
        double[][] h = new double[n][];
        for (int j = 0; j < n; j++) {
            double[] both = Arrays.copyOf(e[j], 2 * pool.length);
            System.arraycopy(pool, 0, both, pool.length, pool.length);
            double[] u = relus(p, "mix", 1, both);
            h[j] = s.gru() == 0 ? u : gru(p, u, state, j * s.gru(), s.gru());
        }
        double[] y = new double[n * s.perServer() + s.pooled()];
        for (int j = 0; j < n && s.perServer() > 0; j++) {
            System.arraycopy(linear(p, "output", h[j]), 0, y, j * s.perServer(), s.perServer());
        }
        if (s.pooled() > 0) {
            double[] pooled = linear(p, "pooled", mean(h, x, s.features()));
            System.arraycopy(pooled, 0, y, n * s.perServer(), s.pooled());
        }
        return y;
    }

    private double[] mean(double[][] rows, double[] x, int features) {
        double[] mean = new double[rows[0].length];
        int active = 0;
        for (int j = 0; j < rows.length; j++) {
            active += x[j * features] != 0 ? 1 : 0;
        }
        for (int j = 0; j < rows.length; j++) {
            for (int i = 0; i < mean.length && x[j * features] != 0; i++) {
                mean[i] += rows[j][i] / active;
            }
        }
        return mean;
    }

    private double[] relus(double[] p, String name, int layers, double[] x) {
        double[] v = x;
        for (int l = 0; l < layers; l++) {
            v = linear(p, name + "." + l, v);
            for (int i = 0; i < v.length; i++) {
                v[i] = Math.max(v[i], 0);
            }
        }
        return v;
    }

    private double[] linear(double[] p, String name, double[] x) {
        return affine(p, x, name + ".weight", name + ".bias");
    }

    private double[] affine(double[] p, double[] x, String weight, String bias) {
        NetworkSpec.Tensor w = tensors.get(weight);
        NetworkSpec.Tensor b = tensors.get(bias);
        double[] y = new double[w.columns()];
        for (int j = 0; j < y.length; j++) {
            y[j] = p[b.offset() + j];
            for (int i = 0; i < w.rows(); i++) {
                y[j] += x[i] * p[w.offset() + i * w.columns() + j];
            }
        }
        return y;
    }

    private double[] gru(double[] p, double[] x, double[] state, int at, int size) {
        double[] h = Arrays.copyOfRange(state, at, at + size);
        double[] a = affine(p, x, "gru.weight_x", "gru.bias_x");
        double[] c = affine(p, h, "gru.weight_h", "gru.bias_h");
        double[] next = new double[size];
        for (int i = 0; i < size; i++) {
            double r = 1 / (1 + Math.exp(-(a[i] + c[i])));
            double z = 1 / (1 + Math.exp(-(a[size + i] + c[size + i])));
            double n = Math.tanh(a[2 * size + i] + r * c[2 * size + i]);
            next[i] = (1 - z) * n + z * h[i];
        }
        System.arraycopy(next, 0, state, at, size);
        return next;
    }
}
