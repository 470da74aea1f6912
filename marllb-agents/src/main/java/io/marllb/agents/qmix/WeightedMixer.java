package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import java.nio.FloatBuffer;

/**
 * {@code Q_tot = sum_i |w_i(s)| Q_i + V(s)}, w linear in the state, V with one ReLU layer. Linear in the values: what QMIX is without its
 * non-linearity, known as its ablation QMIX-Lin (Rashid et al., 2018, section 6.2).
 */
final class WeightedMixer implements Mixer {

    private final MixerSpec spec;
    private final Parameters parameters;
    private final Matrix weight;
    private final Matrix weightGradient;
    private final Matrix bias;
    private final Matrix biasGradient;
    private final Matrix value;
    private final Matrix valueGradient;
    private final Matrix valueBias;
    private final Matrix valueBiasGradient;
    private final Buffers first; // [samples, heads + V], becomes its own gradient
    private final Buffers out;
    private final Buffers back;
    private Matrix seenValues;
    private Matrix seenStates;

    WeightedMixer(MixerSpec spec, Parameters parameters, int samples) {
        this.spec = spec;
        this.parameters = parameters;
        weight = parameters.value("first.weight");
        weightGradient = parameters.gradient("first.weight");
        bias = parameters.value("first.bias");
        biasGradient = parameters.gradient("first.bias");
        value = parameters.value("value.weight");
        valueGradient = parameters.gradient("value.weight");
        valueBias = parameters.value("value.bias");
        valueBiasGradient = parameters.gradient("value.bias");
        first = new Buffers(samples, spec.firstColumns());
        out = new Buffers(samples, 1);
        back = new Buffers(samples, spec.heads());
    }

    @Override
    public MixerSpec spec() {
        return spec;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Matrix forward(Matrix values, Matrix states) {
        seenValues = values;
        seenStates = states;
        int heads = spec.heads();
        int columns = spec.firstColumns();
        Matrix z = first.rows(values.rows());
        z.product(states, false, weight, false, 0);
        Matrix y = out.rows(values.rows());
        FloatBuffer zs = z.buffer();
        for (int s = 0; s < values.rows(); s++) {
            float sum = valueBias.buffer().get(0);
            for (int j = 0; j < columns; j++) {
                float x = zs.get(s * columns + j) + bias.buffer().get(j);
                zs.put(s * columns + j, x);
                sum += j < heads
                        ? Math.abs(x) * values.buffer().get(s * heads + j)
                        : Math.max(x, 0) * value.buffer().get(j - heads);
            }
            y.buffer().put(s, sum);
        }
        return y;
    }

    @Override
    public Matrix backward(Matrix outputGradient) {
        int heads = spec.heads();
        int columns = spec.firstColumns();
        int samples = outputGradient.rows();
        Matrix z = first.rows(samples);
        Matrix g = back.rows(samples);
        FloatBuffer zs = z.buffer();
        for (int s = 0; s < samples; s++) {
            float dy = outputGradient.buffer().get(s);
            for (int j = 0; j < columns; j++) {
                float x = zs.get(s * columns + j);
                float dx;
                if (j < heads) {
                    g.buffer().put(s * heads + j, dy * Math.abs(x));
                    dx = dy * seenValues.buffer().get(s * heads + j) * Math.signum(x);
                } else {
                    add(valueGradient, j - heads, dy * Math.max(x, 0));
                    dx = x > 0 ? dy * value.buffer().get(j - heads) : 0;
                }
                zs.put(s * columns + j, dx);
                add(biasGradient, j, dx);
            }
            add(valueBiasGradient, 0, dy);
        }
        weightGradient.product(seenStates, true, z, false, 1);
        return g;
    }

    private static void add(Matrix m, int index, float x) {
        m.buffer().put(index, m.buffer().get(index) + x);
    }
}
