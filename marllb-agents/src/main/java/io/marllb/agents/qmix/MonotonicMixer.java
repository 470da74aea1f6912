package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.policies.frozen.Activations;
import java.util.Arrays;

/**
 * The mixing network of QMIX (Rashid et al., 2018, section 4.1 and figure 2): {@code Q_tot = wf · g(Σ_i w1_i Q_i + b1) + V(s)}, where hypernetworks
 * on the state give {@code w1 >= 0} and {@code wf >= 0} (absolute values), b1 and V, and g is ELU,
 * or as {@link MixerSpec.Units} says.
 *
 * <p>All first layers on the state are one matrix product. What follows, and its gradients, is done for a block of rows at a time in plain arrays
 * that stay in the first caches: one array per part of a row, all rows of the block behind each other, so that every loop is long, without
 * branches, and becomes vector instructions.
 */
final class MonotonicMixer implements Mixer {

    /** Rows that are taken out of ND4J's memory at once: 32 rows of some hundred floats fit the first or second cache. */
    private static final int BLOCK = 32;

    /** Below this an argument counts as 0 in {@code x / |x|}, the sign without a branch. */
    private static final float TINY = Float.MIN_NORMAL;

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

    // A block of rows as it lies in memory.
    private final float[] zBlock;
    private final float[] z1Block; // zBlock itself without a hidden layer
    private final float[] zfBlock;
    private final float[] hiddenBlock;
    private final float[] qBlock;
    private final float[] yBlock;
    // A part of each row of a block, [BLOCK * embed] or [BLOCK * valueHidden].
    private final float[][] weights; // of a head
    private final float[][] chosen; // a head's value, the same for all of its weights
    private final float[] final1; // wf
    private final float[] unit;
    private final float[] h;
    private final float[] scratch;
    private final float[] gradient; // the output's, the same for all units
    private final float[] side; // 1 for ELU(x), -1 for -ELU(-x)
    private final int bounded; // units from here on are tanh(x)
    private final float[] v;
    private final float[] vGradient;
    private final float[] vWeights;
    private final float[] vSums;

    private Matrix seenValues;
    private Matrix seenStates;

    /** A dense layer without activation and its gradients. */
    private static final class Linear {
        private final Matrix weight;
        private final Matrix weightGradient;
        private final Matrix bias;
        private final Matrix biasGradient;
        private final float[] biases; // the same row again and again
        private final float[] sums; // of gradients, a block of rows

        Linear(Parameters p, String name) {
            weight = p.value(name + ".weight");
            weightGradient = p.gradient(name + ".weight");
            bias = p.value(name + ".bias");
            biasGradient = p.gradient(name + ".bias");
            biases = new float[BLOCK * bias.columns()];
            sums = new float[BLOCK * bias.columns()];
        }

        void multiply(Matrix x, Matrix into) {
            into.product(x, false, weight, false, 0);
            repeat(bias, biases);
        }

        void addBias(float[] rows, int count) {
            add(biases, rows, count * bias.columns());
        }

        void sum(float[] rows, int count) {
            add(rows, sums, count * bias.columns());
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
        qBlock = new float[BLOCK * heads];
        yBlock = new float[BLOCK];
        weights = new float[heads][BLOCK * embed];
        chosen = new float[heads][BLOCK * embed];
        final1 = new float[BLOCK * embed];
        unit = new float[BLOCK * embed];
        h = new float[BLOCK * embed];
        scratch = new float[BLOCK * embed];
        gradient = new float[BLOCK * embed];
        side = new float[BLOCK * embed];
        boolean mixed = spec.units() == MixerSpec.Units.MIXED;
        int convex = mixed ? (embed + 2) / 3 : embed;
        bounded = mixed ? (2 * embed + 2) / 3 : embed;
        for (int i = 0; i < side.length; i++) {
            side[i] = i % embed < convex ? 1 : -1;
        }
        v = new float[BLOCK * valueHidden];
        vGradient = new float[BLOCK * valueHidden];
        vWeights = new float[BLOCK * valueHidden];
        vSums = new float[BLOCK * valueHidden];
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

    private int w1Stride() {
        return hidden > 0 ? heads * embed : columns;
    }

    private int wfStride() {
        return hidden > 0 ? embed : columns;
    }

    private int wfAt() {
        return hidden > 0 ? 0 : heads * embed;
    }

    private int b1At() {
        return hidden > 0 ? 2 * hidden : (heads + 1) * embed;
    }

    @Override
    public Matrix forward(Matrix values, Matrix states) {
        seenValues = values;
        seenStates = states;
        int samples = values.rows();
        Matrix zs = z.rows(samples);
        first.multiply(states, zs);
        repeat(value, vWeights);
        if (hidden > 0) {
            for (int s = 0; s < samples; s += BLOCK) {
                int rows = Math.min(BLOCK, samples - s);
                zs.get(s * columns, zBlock, 0, rows * columns);
                first.addBias(zBlock, rows);
                relu(0, rows, hidden1.rows(samples), s);
                relu(hidden, rows, hiddenF.rows(samples), s);
            }
            w1.multiply(hidden1.rows(samples), z1.rows(samples));
            wf.multiply(hiddenF.rows(samples), zf.rows(samples));
        }
        Matrix y = out.rows(samples);
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            load(values, samples, s, rows);
            mix(rows);
            units.rows(samples).put(s * embed, unit, 0, rows * embed);
            y.put(s, yBlock, 0, rows);
        }
        return y;
    }

    private void relu(int from, int rows, Matrix into, int sample) {
        slice(zBlock, columns, from, hidden, rows, hiddenBlock);
        Activations.relu(hiddenBlock, 0, rows * hidden);
        into.put(sample * hidden, hiddenBlock, 0, rows * hidden);
    }

    /** Results of the products for some rows, with their biases, in an array per part. */
    private void load(Matrix values, int samples, int sample, int rows) {
        z.rows(samples).get(sample * columns, zBlock, 0, rows * columns);
        first.addBias(zBlock, rows);
        if (hidden > 0) {
            z1.rows(samples).get(sample * heads * embed, z1Block, 0, rows * heads * embed);
            w1.addBias(z1Block, rows);
            zf.rows(samples).get(sample * embed, zfBlock, 0, rows * embed);
            wf.addBias(zfBlock, rows);
        }
        values.get(sample * heads, qBlock, 0, rows * heads);
        for (int i = 0; i < heads; i++) {
            slice(z1Block, w1Stride(), i * embed, embed, rows, weights[i]);
            spread(qBlock, heads, i, embed, rows, chosen[i]);
        }
        slice(zfBlock, wfStride(), wfAt(), embed, rows, final1);
        slice(zBlock, columns, b1At() + embed, valueHidden, rows, v);
    }

    private void mix(int rows) {
        int count = rows * embed;
        slice(zBlock, columns, b1At(), embed, rows, h);
        for (int i = 0; i < heads; i++) {
            addWeighted(chosen[i], weights[i], h, count);
        }
        elu(h, side, scratch, unit, count);
        for (int r = bounded; r < count; r += embed) {
            int to = r - bounded + embed;
            System.arraycopy(h, r, unit, r, to - r);
            Activations.tanh(unit, r, to);
        }
        weigh(unit, final1, scratch, count);
        valueTerms(v, vWeights, vGradient, rows * valueHidden);
        float bias = valueBias.buffer().get(0);
        for (int r = 0; r < rows; r++) {
            yBlock[r] = bias + sum(scratch, r * embed, embed) + sum(vGradient, r * valueHidden, valueHidden);
        }
    }

    private static void addWeighted(float[] q, float[] w, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] += q[i] * Math.abs(w[i]);
        }
    }

    /**
     * ELU (Clevert et al., 2016) with α = 1: {@code exp(x) - 1} below 0 as {@code 2 t / (1 - t)} with {@code t = tanh(x / 2)}, exact near 0 and
     * without a branch. In three loops: in one, the compiler gives up on vector instructions.
     */
    private static void elu(float[] x, float[] side, float[] t, float[] y, int count) {
        for (int i = 0; i < count; i++) {
            t[i] = 0.5f * Math.min(side[i] * x[i], 0f);
        }
        Activations.tanh(t, 0, count);
        for (int i = 0; i < count; i++) {
            y[i] = side[i] * (Math.max(side[i] * x[i], 0f) + 2 * t[i] / (1 - t[i]));
        }
    }

    private static void weigh(float[] unit, float[] w, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = unit[i] * Math.abs(w[i]);
        }
    }

    private static void valueTerms(float[] v, float[] w, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = Math.max(v[i], 0f) * w[i];
        }
    }

    @Override
    public Matrix backward(Matrix outputGradient) {
        int samples = outputGradient.rows();
        Matrix zs = z.rows(samples);
        Matrix g = back.rows(samples);
        double biasSum = 0;
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            load(seenValues, samples, s, rows);
            units.rows(samples).get(s * embed, unit, 0, rows * embed);
            outputGradient.get(s, yBlock, 0, rows);
            for (int r = 0; r < rows; r++) {
                biasSum += yBlock[r];
            }
            unmix(rows);
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
        addTo(valueGradient, vSums);
        valueBiasGradient.buffer().put(0, (float) (valueBiasGradient.buffer().get(0) + biasSum));
        return g;
    }

    /** Some rows: overwrites their values and all that the products gave by the derivatives. */
    private void unmix(int rows) {
        int count = rows * embed;
        spread(yBlock, 1, 0, embed, rows, gradient);
        unitGradients(gradient, unit, side, final1, h, count);
        for (int r = bounded; r < count; r += embed) {
            boundedGradients(gradient, unit, final1, h, r, r - bounded + embed);
        }
        finalGradients(gradient, unit, final1, count);
        unslice(final1, embed, rows, zfBlock, wfStride(), wfAt());
        unslice(h, embed, rows, zBlock, columns, b1At());
        for (int i = 0; i < heads; i++) {
            weigh(h, weights[i], scratch, count);
            for (int r = 0; r < rows; r++) {
                qBlock[r * heads + i] = sum(scratch, r * embed, embed);
            }
            weightGradients(chosen[i], h, weights[i], count);
            unslice(weights[i], embed, rows, z1Block, w1Stride(), i * embed);
        }
        spread(yBlock, 1, 0, valueHidden, rows, vGradient);
        valueGradients(vGradient, vWeights, v, vSums, rows * valueHidden);
        unslice(v, valueHidden, rows, zBlock, columns, b1At() + embed);
    }

    /** From wf to the gradient of what goes into the units; ELU' is 1 above 0 and ELU + 1 below. */
    private static void unitGradients(float[] dy, float[] unit, float[] side, float[] w, float[] dh, int count) {
        for (int i = 0; i < count; i++) {
            dh[i] = dy[i] * Math.abs(w[i]) * (1 + Math.min(side[i] * unit[i], 0f));
        }
    }

    private static void boundedGradients(float[] dy, float[] unit, float[] w, float[] dh, int from, int to) {
        for (int i = from; i < to; i++) {
            dh[i] = dy[i] * Math.abs(w[i]) * (1 - unit[i] * unit[i]);
        }
    }

    /** From wf to its gradient. */
    private static void finalGradients(float[] dy, float[] unit, float[] w, int count) {
        for (int i = 0; i < count; i++) {
            w[i] = dy[i] * unit[i] * (w[i] / Math.max(Math.abs(w[i]), TINY));
        }
    }

    private static void weightGradients(float[] q, float[] dh, float[] w, int count) {
        for (int i = 0; i < count; i++) {
            w[i] = q[i] * dh[i] * (w[i] / Math.max(Math.abs(w[i]), TINY));
        }
    }

    private static void valueGradients(float[] dy, float[] w, float[] v, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += dy[i] * Math.max(v[i], 0f);
        }
        for (int i = 0; i < count; i++) {
            float above = Math.max(v[i], 0f);
            v[i] = dy[i] * w[i] * (above / Math.max(above, TINY));
        }
    }

    private void backThroughHidden(int samples, Matrix zs) {
        w1.gradient(hidden1.rows(samples), z1.rows(samples));
        wf.gradient(hiddenF.rows(samples), zf.rows(samples));
        // The outputs of the hidden layers are needed until here, and their signs afterwards: those are in z once more.
        seenHidden(samples, zs, z1, w1, hidden1, 0);
        seenHidden(samples, zs, zf, wf, hiddenF, hidden);
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            zs.get(s * columns, zBlock, 0, rows * columns);
            first.sum(zBlock, rows);
        }
    }

    /** The gradient before a hidden layer's ReLU, into its place in z, which holds its result without the ReLU. */
    private void seenHidden(int samples, Matrix zs, Buffers gradients, Linear layer, Buffers into, int from) {
        Matrix g = into.rows(samples);
        g.product(gradients.rows(samples), false, layer.weight, true, 0);
        for (int s = 0; s < samples; s += BLOCK) {
            int rows = Math.min(BLOCK, samples - s);
            zs.get(s * columns, zBlock, 0, rows * columns);
            g.get(s * hidden, hiddenBlock, 0, rows * hidden);
            for (int r = 0; r < rows; r++) {
                cut(hiddenBlock, r * hidden, zBlock, r * columns + from, hidden);
            }
            zs.put(s * columns, zBlock, 0, rows * columns);
        }
    }

    private static void cut(float[] gradient, int from, float[] z, int at, int count) {
        for (int j = 0; j < count; j++) {
            float above = Math.max(z[at + j], 0f);
            z[at + j] = gradient[from + j] * (above / Math.max(above, TINY));
        }
    }

    /** A part of each row. */
    private static void slice(float[] block, int stride, int at, int width, int rows, float[] into) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(block, r * stride + at, into, r * width, width);
        }
    }

    private static void unslice(float[] part, int width, int rows, float[] block, int stride, int at) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(part, r * width, block, r * stride + at, width);
        }
    }

    /** One element of each row, as often as a part is wide. */
    private static void spread(float[] block, int stride, int at, int width, int rows, float[] into) {
        for (int r = 0; r < rows; r++) {
            Arrays.fill(into, r * width, (r + 1) * width, block[r * stride + at]);
        }
    }

    private static void repeat(Matrix row, float[] into) {
        int width = row.size();
        row.get(0, into, 0, width);
        for (int at = width; at < into.length; at += width) {
            System.arraycopy(into, 0, into, at, width);
        }
    }

    private static void add(float[] from, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] += from[i];
        }
    }

    /** Adds the sums of a block of rows to a gradient, and clears them. */
    private static void addTo(Matrix gradient, float[] sums) {
        int width = gradient.size();
        for (int j = 0; j < width; j++) {
            float sum = gradient.buffer().get(j);
            for (int at = j; at < sums.length; at += width) {
                sum += sums[at];
            }
            gradient.buffer().put(j, sum);
        }
        Arrays.fill(sums, 0);
    }

    /** Four sums side by side: one alone waits for each addition. */
    private static float sum(float[] x, int from, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int e = 0;
        for (; e + 3 < count; e += 4) {
            s0 += x[from + e];
            s1 += x[from + e + 1];
            s2 += x[from + e + 2];
            s3 += x[from + e + 3];
        }
        for (; e < count; e++) {
            s0 += x[from + e];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
