package io.marllb.agents.qmix;

import io.marllb.policies.frozen.NetworkSpec.Tensor;

/** The formulas of the mixers in plain doubles, straight from the paper, one sample at a time. */
final class ReferenceMixer {

    private final MixerSpec spec;
    private final double[] parameters;

    ReferenceMixer(MixerSpec spec, double[] parameters) {
        this.spec = spec;
        this.parameters = parameters;
    }

    double value(double[] q, double[] s) {
        switch (spec.kind()) {
            case VDN -> {
                double sum = 0;
                for (double x : q) {
                    sum += x;
                }
                return sum;
            }
            case WEIGHTED -> {
                double[] z = linear("first", s, 0, spec.firstColumns());
                double sum = state(z, spec.heads());
                for (int i = 0; i < q.length; i++) {
                    sum += Math.abs(z[i]) * q[i];
                }
                return sum;
            }
            case QMIX -> {
                return monotonic(q, s);
            }
            default -> throw new AssertionError(spec);
        }
    }

    private double monotonic(double[] q, double[] s) {
        int embed = spec.embed();
        int hidden = spec.hidden();
        int heads = spec.heads();
        double[] z = linear("first", s, 0, spec.firstColumns());
        double[] w1 = z;
        double[] wf = new double[embed];
        int b1 = (heads + 1) * embed;
        if (hidden > 0) {
            w1 = linear("w1", relu(z, 0, hidden), 0, heads * embed);
            wf = linear("wf", relu(z, hidden, hidden), 0, embed);
            b1 = 2 * hidden;
        } else {
            System.arraycopy(z, heads * embed, wf, 0, embed);
        }
        double y = state(z, b1 + embed);
        for (int e = 0; e < embed; e++) {
            double x = z[b1 + e];
            for (int i = 0; i < heads; i++) {
                x += Math.abs(w1[i * embed + e]) * q[i];
            }
            y += Math.abs(wf[e]) * unit(e, x);
        }
        return y;
    }

    private double unit(int e, double x) {
        if (spec.units() == MixerSpec.Units.ELU || 3 * e < spec.embed()) {
            return elu(x);
        }
        return 3 * e < 2 * spec.embed() ? -elu(-x) : Math.tanh(x);
    }

    private static double elu(double x) {
        return x > 0 ? x : Math.expm1(x);
    }

    private double state(double[] z, int from) {
        return linear("value", relu(z, from, spec.valueHidden()), 0, 1)[0];
    }

    private static double[] relu(double[] z, int from, int count) {
        double[] r = new double[count];
        for (int j = 0; j < count; j++) {
            r[j] = Math.max(0, z[from + j]);
        }
        return r;
    }

    private double[] linear(String name, double[] x, int from, int outputs) {
        Tensor weight = tensor(name + ".weight");
        Tensor bias = tensor(name + ".bias");
        double[] y = new double[outputs];
        for (int j = 0; j < outputs; j++) {
            y[j] = parameters[bias.offset() + j];
            for (int i = 0; i < weight.rows(); i++) {
                y[j] += x[from + i] * parameters[weight.offset() + i * outputs + j];
            }
        }
        return y;
    }

    private Tensor tensor(String name) {
        return spec.tensors().stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
