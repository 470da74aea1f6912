package io.marllb.agents.nn;

import io.marllb.policies.frozen.Activations;
import java.util.Arrays;

/**
 * A GRU over a batch of sequences, as {@link io.marllb.policies.frozen.NetworkSpec} defines it, rows time-major.
 *
 * <p>With {@code a = x Wx} and {@code c = h Wh} per gate: {@code r = σ(a_r + c_r + b_r), z = σ(a_z + c_z + b_z), m = c_n + bh_n,
 * n = tanh(a_n + bx_n + r m), h' = n + z (h - n)}. Backwards, with g the gradient by h': {@code n: g (1 - z) (1 - n²), r: ∂n m r (1 - r),
 * z: g (h - n) z (1 - z), m: ∂n r, h: g z + (∂r, ∂z, ∂m) Whᵀ}.
 */
final class Gru {

    private final int size;
    private final Matrix weightX; // [in, 3 size]
    private final Matrix weightH; // [size, 3 size]
    private final Matrix biasX; // [1, 3 size]
    private final Matrix biasH; // [1, 3 size]
    private final Matrix weightXGradient;
    private final Matrix weightHGradient;
    private final Matrix biasXGradient;
    private final Matrix biasHGradient;

    private final Matrix gates; // [rows, 3 size]: x Wx, then (r, z, n), then the gradients by a
    private final Matrix recurrent; // [rows, 3 size]: h Wh, then (-, -, m), then the gradients by c
    private final Matrix hidden; // [batch + rows, size]: the state before each step, and behind the last
    private final Matrix hiddenGradient; // [rows, size]
    private Matrix inputGradient; // [rows, in], once it is asked for

    private final int tile; // rows
    // Tiles, [tile * size], a gate each.
    private final float[] ar;
    private final float[] az;
    private final float[] an;
    private final float[] cr;
    private final float[] cz;
    private final float[] cn;
    private final float[] h;
    private final float[] g;
    private final float[] br;
    private final float[] bz;
    private final float[] bxn;
    private final float[] bhn;

    private Matrix input;
    private int time;
    private int batch;

    /** A GRU with buffers for so many steps of so many sequences. */
    Gru(Parameters parameters, int size, int mostTime, int mostBatch) {
        this.size = size;
        weightX = parameters.value("gru.weight_x");
        weightH = parameters.value("gru.weight_h");
        biasX = parameters.value("gru.bias_x");
        biasH = parameters.value("gru.bias_h");
        weightXGradient = parameters.gradient("gru.weight_x");
        weightHGradient = parameters.gradient("gru.weight_h");
        biasXGradient = parameters.gradient("gru.bias_x");
        biasHGradient = parameters.gradient("gru.bias_h");
        int rows = Math.multiplyExact(mostTime, mostBatch);
        gates = Matrix.zeros(rows, 3 * size);
        recurrent = Matrix.zeros(rows, 3 * size);
        hidden = Matrix.zeros(rows + mostBatch, size);
        hiddenGradient = Matrix.zeros(rows, size);
        tile = Tile.rows(size);
        ar = new float[tile * size];
        az = ar.clone();
        an = ar.clone();
        cr = ar.clone();
        cz = ar.clone();
        cn = ar.clone();
        h = ar.clone();
        g = ar.clone();
        br = ar.clone();
        bz = ar.clone();
        bxn = ar.clone();
        bhn = ar.clone();
    }

    /** The states behind each step, {@code [steps * sequences, size]}. */
    Matrix forward(Matrix x, int steps, int sequences, Matrix initial) {
        input = x;
        time = steps;
        batch = sequences;
        gates.rows(0, x.rows()).product(x, false, weightX, false, 0);
        Matrix first = hidden.rows(0, batch);
        if (initial == null) {
            first.fill(0);
        } else {
            first.copyFrom(initial);
        }
        Tile.repeat(biasX, 0, size, br);
        Tile.repeat(biasH, 0, size, cr);
        Tile.repeat(biasX, size, size, bz);
        Tile.repeat(biasH, size, size, cz);
        for (int i = 0; i < br.length; i++) {
            br[i] += cr[i];
            bz[i] += cz[i];
        }
        Tile.repeat(biasX, 2 * size, size, bxn);
        Tile.repeat(biasH, 2 * size, size, bhn);
        for (int t = 0; t < time; t++) {
            int from = t * batch;
            recurrent.productOfRows(from, hidden, from, batch, weightH, false, 0);
            for (int row = 0; row < batch; row += tile) {
                step(from + row, Math.min(tile, batch - row));
            }
        }
        return hidden.rows(batch, batch + x.rows());
    }

    private void step(int from, int rows) {
        load(gates, from, rows, 0, ar);
        load(gates, from, rows, 1, az);
        load(gates, from, rows, 2, an);
        load(recurrent, from, rows, 0, cr);
        load(recurrent, from, rows, 1, cz);
        load(recurrent, from, rows, 2, cn);
        hidden.get(from * size, h, 0, rows * size);
        gate(ar, cr, br, rows * size);
        gate(az, cz, bz, rows * size);
        candidate(rows * size);
        store(gates, from, rows, 0, ar);
        store(gates, from, rows, 1, az);
        store(gates, from, rows, 2, an);
        store(recurrent, from, rows, 2, cn);
        hidden.put((from + batch) * size, h, 0, rows * size);
    }

    private static void gate(float[] a, float[] c, float[] b, int count) {
        for (int i = 0; i < count; i++) {
            a[i] = Activations.sigmoid(a[i] + c[i] + b[i]);
        }
    }

    private void candidate(int count) {
        candidate(ar, az, an, cn, bxn, bhn, h, count);
    }

    /** In three loops: in one, the compiler gives up on vector instructions. */
    private static void candidate(
            float[] r, float[] z, float[] a, float[] c, float[] bx, float[] bh, float[] h, int count) {
        for (int i = 0; i < count; i++) {
            float m = c[i] + bh[i];
            c[i] = m;
            a[i] += bx[i] + r[i] * m;
        }
        Activations.tanh(a, 0, count);
        for (int i = 0; i < count; i++) {
            h[i] = a[i] + z[i] * (h[i] - a[i]);
        }
    }

    /** The state behind the last step, {@code [batch, size]}. */
    Matrix last() {
        return hidden.rows(time * batch, time * batch + batch);
    }

    /** The state before each step, {@code [time * batch, size]}. */
    Matrix before() {
        return hidden.rows(0, time * batch);
    }

    /** Where the gradient by {@link #forward}'s result goes before {@link #backward}, {@code [time * batch, size]}. */
    Matrix outputGradient() {
        return hiddenGradient.rows(0, time * batch);
    }

    /** The way back from {@link #outputGradient}, which is changed; once per {@link #forward}, whose results it writes over. */
    Matrix backward(boolean parametersToo, boolean inputToo) {
        Arrays.fill(br, 0);
        Arrays.fill(bz, 0);
        Arrays.fill(bxn, 0);
        Arrays.fill(bhn, 0);
        for (int t = time - 1; t >= 0; t--) {
            int from = t * batch;
            for (int row = 0; row < batch; row += tile) {
                stepBack(from + row, Math.min(tile, batch - row), t > 0);
            }
            if (t > 0) {
                hiddenGradient.productOfRows(from - batch, recurrent, from, batch, weightH, true, 1);
            }
        }
        int rows = time * batch;
        Matrix da = gates.rows(0, rows);
        if (parametersToo) {
            addBiases(br, 0);
            addBiases(bz, 1);
            Tile.addSums(bxn, size, biasXGradient, 2 * size);
            Tile.addSums(bhn, size, biasHGradient, 2 * size);
            weightXGradient.product(input, true, da, false, 1);
            weightHGradient.product(hidden.rows(0, rows), true, recurrent.rows(0, rows), false, 1);
        }
        if (!inputToo) {
            return null;
        }
        if (inputGradient == null) {
            inputGradient = Matrix.zeros(gates.rows(), weightX.rows());
        }
        Matrix dx = inputGradient.rows(0, rows);
        dx.product(da, false, weightX, true, 0);
        return dx;
    }

    /** Both biases of a gate have the same gradient. */
    private void addBiases(float[] sums, int gate) {
        System.arraycopy(sums, 0, cr, 0, sums.length);
        Tile.addSums(sums, size, biasXGradient, gate * size);
        Tile.addSums(cr, size, biasHGradient, gate * size);
    }

    private void stepBack(int from, int rows, boolean more) {
        int count = rows * size;
        load(gates, from, rows, 0, ar);
        load(gates, from, rows, 1, az);
        load(gates, from, rows, 2, an);
        load(recurrent, from, rows, 2, cn);
        hidden.get(from * size, h, 0, count);
        hiddenGradient.get(from * size, g, 0, count);
        back(ar, az, an, cn, h, g, count);
        add(br, ar, count);
        add(bz, az, count);
        add(bxn, an, count);
        add(bhn, cn, count);
        store(gates, from, rows, 0, ar);
        store(gates, from, rows, 1, az);
        store(gates, from, rows, 2, an);
        store(recurrent, from, rows, 0, ar);
        store(recurrent, from, rows, 1, az);
        store(recurrent, from, rows, 2, cn);
        if (more) {
            int before = (from - batch) * size;
            hiddenGradient.get(before, cr, 0, count);
            add(cr, g, count);
            hiddenGradient.put(before, cr, 0, count);
        }
    }

    /** From (r, z, n, m, h, g) to the gradients by (r, z, n before their functions, m), and g to the direct part of that by h. */
    private static void back(float[] r, float[] z, float[] n, float[] m, float[] h, float[] g, int count) {
        for (int i = 0; i < count; i++) {
            float dz = g[i] * (h[i] - n[i]) * z[i] * (1 - z[i]);
            float dn = g[i] * (1 - z[i]) * (1 - n[i] * n[i]);
            g[i] *= z[i];
            z[i] = dz;
            n[i] = dn;
        }
        for (int i = 0; i < count; i++) {
            float dr = n[i] * m[i] * r[i] * (1 - r[i]);
            m[i] = n[i] * r[i];
            r[i] = dr;
        }
    }

    private static void add(float[] to, float[] from, int count) {
        for (int i = 0; i < count; i++) {
            to[i] += from[i];
        }
    }

    private void load(Matrix m, int from, int rows, int gate, float[] to) {
        int at = from * 3 * size + gate * size;
        for (int row = 0; row < rows; row++, at += 3 * size) {
            m.get(at, to, row * size, size);
        }
    }

    private void store(Matrix m, int from, int rows, int gate, float[] values) {
        int at = from * 3 * size + gate * size;
        for (int row = 0; row < rows; row++, at += 3 * size) {
            m.put(at, values, row * size, size);
        }
    }
}
