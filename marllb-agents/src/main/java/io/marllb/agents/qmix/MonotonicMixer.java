package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.policies.frozen.Activations;
import java.util.Arrays;

/**
 * The mixing network of QMIX (Rashid et al., 2018, section 4.1 and figure 2): {@code Q_tot = wf · g(Σ_i w1_i Q_i + b1) + V(s)}, where hypernetworks
 * on the state give {@code w1 >= 0} and {@code wf >= 0} (absolute values), b1 and V, and g is ELU.
 *
 * <p>All first layers on the state are one matrix product; absolute values, ELU and the sums behind it, and their gradients, are one pass each
 * over its result, a block of rows at a time so that it stays in the first cache.
 */
final class MonotonicMixer implements Mixer {

    /** Rows that are taken out of ND4J's memory at once: 32 rows of some hundred floats fit the first or second cache. */
    private static final int BLOCK = 32;

    private final MixerSpec spec;
    private final Parameters parameters;
    private final int heads;
    private final int embed;
    private final int hidden;
    private final int valueHidden;
    private final int columns; // of the first product

    private final Linear first;
    private final Linear w1; // null without a hidden layer, as are the next
    private final Linear wf;
    private final Buffers z; // [samples, columns]: results of the first product, then their gradients
    private final Buffers hidden1; // [samples, hidden]: ReLU, then gradients
    private final Buffers hiddenF;
    private final Buffers z1; // [samples, heads * embed]
    private final Buffers zf; // [samples, embed]

    private final Buffers units; // [samples, embed]: g(.)
    private final Buffers out;
    private final Buffers back;
    private final Matrix value;
    private final Matrix valueGradient;
    private final Matrix valueBias;
    private final Matrix valueBiasGradient;

    // One block of rows, and sums over all rows.
    private final float[] zBlock;
    private final float[] z1Block; // zBlock itself without a hidden layer
    private final float[] zfBlock;
    private final float[] hiddenBlock;
    private final float[] unitBlock;
    private final float[] qBlock;
    private final float[] yBlock;
    private final float[] h; // [embed]
    private final float[] side; // [embed]: 1 for ELU(x), -1 for -ELU(-x)
    private final float[] valueRow;
    private final float[] valueSum;

    private Matrix seenValues;
    private Matrix seenStates;

    /** A dense layer without activation, its gradients, and a row of sums for that of the bias. */
    private static final class Linear {
        private final Matrix weight;
        private final Matrix weightGradient;
        private final Matrix bias;
        private final Matrix biasGradient;
        private final float[] biasRow;
        private final float[] sums;

        Linear(Parameters p, String name) {
            weight = p.value(name + ".weight");
            weightGradient = p.gradient(name + ".weight");
            bias = p.value(name + ".bias");
            biasGradient = p.gradient(name + ".bias");
            biasRow = new float[bias.columns()];
            sums = new float[bias.columns()];
        }

        void multiply(Matrix x, Matrix into) {
            into.product(x, false, weight, false, 0);
            bias.get(0, biasRow, 0, biasRow.length);
        }

        void addBias(float[] rows, int count) {
            for (int r = 0; r < count; r++) {
                int at = r * biasRow.length;
                for (int j = 0; j < biasRow.length; j++) {
                    rows[at + j] += biasRow[j];
                }
            }
        }

        void sum(float[] rows, int count) {
            for (int r = 0; r < count; r++) {
                int at = r * sums.length;
                for (int j = 0; j < sums.length; j++) {
                    sums[j] += rows[at + j];
                }
            }
        }

        void gradient(Matrix x, Matrix outputs) {
            weightGradient.product(x, true, outputs, false, 1);
            addTo(biasGradient, sums);
        }
    }

    MonotonicMixer(MixerSpec spec, Parameters parameters, int samples) {
        this.spec = spec;
        this.parameters = parameters;
        heads = spec.heads();
        embed = spec.embed();
        hidden = spec.hidden();
        valueHidden = spec.valueHidden();
        columns = spec.firstColumns();
        first = new Linear(parameters, "first");
        w1 = hidden > 0 ? new Linear(parameters, "w1") : null;
        wf = hidden > 0 ? new Linear(parameters, "wf") : null;
        z = new Buffers(samples, columns);
        hidden1 = hidden > 0 ? new Buffers(samples, hidden) : null;
        hiddenF = hidden > 0 ? new Buffers(samples, hidden) : null;
        z1 = hidden > 0 ? new Buffers(samples, heads * embed) : null;
        zf = hidden > 0 ? new Buffers(samples, embed) : null;
        units = new Buffers(samples, embed);
        out = new Buffers(samples, 1);
        back = new Buffers(samples, heads);
        value = parameters.value("value.weight");
        valueGradient = parameters.gradient("value.weight");
        valueBias = parameters.value("value.bias");
        valueBiasGradient = parameters.gradient("value.bias");
        zBlock = new float[BLOCK * columns];
        z1Block = hidden > 0 ? new float[BLOCK * heads * embed] : zBlock;
        zfBlock = hidden > 0 ? new float[BLOCK * embed] : zBlock;
        hiddenBlock = new float[BLOCK * hidden];
        unitBlock = new float[BLOCK * embed];
        qBlock = new float[BLOCK * heads];
        yBlock = new float[BLOCK];
        h = new float[embed];
        side = new float[embed];
        for (int e = 0; e < embed; e++) {
            side[e] = spec.mirrored() && e % 2 == 1 ? -1 : 1;
        }
        valueRow = new float[valueHidden];
        valueSum = new float[valueHidden];
    }

    @Override
    public MixerSpec spec() {
        return spec;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    // Where a part of a row lies: in the first product, or in one of its own behind the hidden layer.

    private int w1At(int row) {
        return hidden > 0 ? row * heads * embed : row * columns;
    }

    private int wfAt(int row) {
        return hidden > 0 ? row * embed : row * columns + heads * embed;
    }

    private int b1At(int row) {
        return row * columns + (hidden > 0 ? 2 * hidden : (heads + 1) * embed);
    }

    @Override
    public Matrix forward(Matrix values, Matrix states) {
        seenValues = values;
        seenStates = states;
        int samples = values.rows();
        Matrix zs = z.rows(samples);
        first.multiply(states, zs);
        value.get(0, valueRow, 0, valueHidden);
        if (hidden > 0) {
            for (int s = 0; s < samples; s += BLOCK) {
                int rows = Math.min(BLOCK, samples - s);
                zs.get(s * columns, zBlock, 0, rows * columns);
                first.addBias(zBlock, rows);
                zs.put(s * columns, zBlock, 0, rows * columns);
                relu(0, rows, hidden1.rows(samples), s);
                relu(hidden, rows, hiddenF.rows(samples), s);
            }
            w1.multiply(hidden1.rows(samples), z1.rows(samples));
            wf.multiply(hiddenF.rows(samples), zf.rows(samples));
        }
        Matrix y = out.rows(samples);
        float vb = valueBias.buffer().get(0);
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            zs.get(s * columns, zBlock, 0, rows * columns);
            if (hidden > 0) {
                z1.rows(samples).get(s * heads * embed, z1Block, 0, rows * heads * embed);
                w1.addBias(z1Block, rows);
                z1.rows(samples).put(s * heads * embed, z1Block, 0, rows * heads * embed);
                zf.rows(samples).get(s * embed, zfBlock, 0, rows * embed);
                wf.addBias(zfBlock, rows);
                zf.rows(samples).put(s * embed, zfBlock, 0, rows * embed);
            } else {
                first.addBias(zBlock, rows);
                zs.put(s * columns, zBlock, 0, rows * columns);
            }
            values.get(s * heads, qBlock, 0, rows * heads);
            for (int r = 0; r < rows; r++) {
                yBlock[r] = vb + mix(r);
            }
            units.rows(samples).put(s * embed, unitBlock, 0, rows * embed);
            y.put(s, yBlock, 0, rows);
        }
        return y;
    }

    private void relu(int from, int rows, Matrix into, int sample) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < hidden; j++) {
                hiddenBlock[r * hidden + j] = Math.max(zBlock[r * columns + from + j], 0);
            }
        }
        into.put(sample * hidden, hiddenBlock, 0, rows * hidden);
    }

    /** One sample, without V's bias. */
    private float mix(int row) {
        int b = b1At(row);
        System.arraycopy(zBlock, b, h, 0, embed);
        int w = w1At(row);
        for (int i = 0; i < heads; i++) {
            float q = qBlock[row * heads + i];
            for (int e = 0; e < embed; e++) {
                h[e] += q * Math.abs(z1Block[w + e]);
            }
            w += embed;
        }
        int u = row * embed;
        for (int e = 0; e < embed; e++) {
            unitBlock[u + e] = side[e] * elu(side[e] * h[e]);
        }
        int f = wfAt(row);
        for (int e = 0; e < embed; e++) {
            h[e] = Math.abs(zfBlock[f + e]);
        }
        float y = dot(h, 0, unitBlock, u, embed);
        int v = b + embed;
        for (int e = 0; e < valueHidden; e++) {
            y += Math.max(zBlock[v + e], 0) * valueRow[e];
        }
        return y;
    }

    /**
     * ELU (Clevert et al., 2016) with α = 1: {@code exp(x) - 1} below 0 as {@code 2 t / (1 - t)} with {@code t = tanh(x / 2)}, exact near 0 and
     * without a branch.
     */
    static float elu(float x) {
        float t = Activations.tanh(0.5f * Math.min(x, 0));
        return Math.max(x, 0) + 2 * t / (1 - t);
    }

    @Override
    public Matrix backward(Matrix outputGradient) {
        int samples = outputGradient.rows();
        Matrix zs = z.rows(samples);
        Matrix g = back.rows(samples);
        double biasSum = 0;
        Arrays.fill(valueSum, 0);
        Arrays.fill(first.sums, 0);
        if (hidden > 0) {
            Arrays.fill(w1.sums, 0);
            Arrays.fill(wf.sums, 0);
        }
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            zs.get(s * columns, zBlock, 0, rows * columns);
            if (hidden > 0) {
                z1.rows(samples).get(s * heads * embed, z1Block, 0, rows * heads * embed);
                zf.rows(samples).get(s * embed, zfBlock, 0, rows * embed);
            }
            units.rows(samples).get(s * embed, unitBlock, 0, rows * embed);
            seenValues.get(s * heads, qBlock, 0, rows * heads);
            outputGradient.get(s, yBlock, 0, rows);
            for (int r = 0; r < rows; r++) {
                biasSum += yBlock[r];
                unmix(r, yBlock[r]);
            }
            g.put(s * heads, qBlock, 0, rows * heads);
            zs.put(s * columns, zBlock, 0, rows * columns);
            if (hidden > 0) {
                z1.rows(samples).put(s * heads * embed, z1Block, 0, rows * heads * embed);
                w1.sum(z1Block, rows);
                zf.rows(samples).put(s * embed, zfBlock, 0, rows * embed);
                wf.sum(zfBlock, rows);
            } else {
                first.sum(zBlock, rows);
            }
        }
        if (hidden > 0) {
            backThroughHidden(samples, zs);
        }
        first.gradient(seenStates, zs);
        addTo(valueGradient, valueSum);
        valueBiasGradient.buffer().put(0, (float) (valueBiasGradient.buffer().get(0) + biasSum));
        return g;
    }

    /** One sample: overwrites its values and all that the products gave by the derivatives. */
    private void unmix(int row, float dy) {
        int f = wfAt(row);
        int u = row * embed;
        for (int e = 0; e < embed; e++) {
            float x = zfBlock[f + e];
            float unit = unitBlock[u + e];
            // ELU' is 1 above 0 and ELU + 1 below
            h[e] = dy * Math.abs(x) * (1 + Math.min(side[e] * unit, 0));
            zfBlock[f + e] = dy * unit * Math.signum(x);
        }
        int b = b1At(row);
        System.arraycopy(h, 0, zBlock, b, embed);
        int w = w1At(row);
        for (int i = 0; i < heads; i++) {
            float q = qBlock[row * heads + i];
            qBlock[row * heads + i] = dotAbs(h, z1Block, w, embed);
            for (int e = 0; e < embed; e++) {
                z1Block[w + e] = q * h[e] * Math.signum(z1Block[w + e]);
            }
            w += embed;
        }
        int v = b + embed;
        for (int e = 0; e < valueHidden; e++) {
            float x = zBlock[v + e];
            valueSum[e] += dy * Math.max(x, 0);
            zBlock[v + e] = x > 0 ? dy * valueRow[e] : 0;
        }
    }

    private void backThroughHidden(int samples, Matrix zs) {
        w1.gradient(hidden1.rows(samples), z1.rows(samples));
        wf.gradient(hiddenF.rows(samples), zf.rows(samples));
        hidden1.rows(samples).product(z1.rows(samples), false, w1.weight, true, 0);
        hiddenF.rows(samples).product(zf.rows(samples), false, wf.weight, true, 0);
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            zs.get(s * columns, zBlock, 0, rows * columns);
            unrelu(0, rows, hidden1.rows(samples), s);
            unrelu(hidden, rows, hiddenF.rows(samples), s);
            zs.put(s * columns, zBlock, 0, rows * columns);
            first.sum(zBlock, rows);
        }
    }

    private void unrelu(int from, int rows, Matrix gradient, int sample) {
        gradient.get(sample * hidden, hiddenBlock, 0, rows * hidden);
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < hidden; j++) {
                int at = r * columns + from + j;
                zBlock[at] = zBlock[at] > 0 ? hiddenBlock[r * hidden + j] : 0;
            }
        }
    }

    private static void addTo(Matrix gradient, float[] sums) {
        for (int j = 0; j < sums.length; j++) {
            gradient.buffer().put(j, gradient.buffer().get(j) + sums[j]);
        }
    }

    /** Four sums side by side: one alone waits for each addition. */
    private static float dot(float[] a, int from, float[] b, int at, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int e = 0;
        for (; e + 3 < count; e += 4) {
            s0 += a[from + e] * b[at + e];
            s1 += a[from + e + 1] * b[at + e + 1];
            s2 += a[from + e + 2] * b[at + e + 2];
            s3 += a[from + e + 3] * b[at + e + 3];
        }
        for (; e < count; e++) {
            s0 += a[from + e] * b[at + e];
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static float dotAbs(float[] a, float[] b, int at, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int e = 0;
        for (; e + 3 < count; e += 4) {
            s0 += a[e] * Math.abs(b[at + e]);
            s1 += a[e + 1] * Math.abs(b[at + e + 1]);
            s2 += a[e + 2] * Math.abs(b[at + e + 2]);
            s3 += a[e + 3] * Math.abs(b[at + e + 3]);
        }
        for (; e < count; e++) {
            s0 += a[e] * Math.abs(b[at + e]);
        }
        return (s0 + s1) + (s2 + s3);
    }
}
