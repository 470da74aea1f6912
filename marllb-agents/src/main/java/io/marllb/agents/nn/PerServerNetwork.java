package io.marllb.agents.nn;

import io.marllb.policies.frozen.Activations;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.Arrays;
import java.util.List;

/**
 * {@link NetworkSpec.PerServer}: the same layers for every server, and means over the active ones.
 *
 * <p>Row {@code (t * batch + b) * n + j} of a buffer per server is server j, so a server of a sequence is a sequence of its own to the GRU. The
 * "mix" layer on [e_j, p] is two products: the one with p is the same for all servers of a row, and done once.
 */
final class PerServerNetwork implements Network {

    private final NetworkSpec.PerServer spec;
    private final Parameters parameters;
    private final int servers;
    private final int mostTime;
    private final int mostBatch;
    private final int inputs;
    private final int encoded; // size of e_j
    private final int mixed; // size of u_j and h_j

    private final List<Dense> encoder;
    private final Matrix mixOwn; // upper half of the mix layer's weights, [encoded, mixed]: on e_j
    private final Matrix mixPool; // lower half: on p
    private final Matrix mixBias;
    private final Matrix mixOwnGradient;
    private final Matrix mixPoolGradient;
    private final Matrix mixBiasGradient;
    private final Gru gru; // null without memory
    private final Dense output; // null without outputs per server
    private final Dense pooled; // null without outputs of the pool

    private final Matrix seen; // [rows * n, features + globals]
    private final Matrix pool; // p, [rows, encoded]
    private final Matrix poolGradient;
    private final Matrix common; // p times its weights, and the bias, [rows, mixed]
    private final Matrix commonGradient;
    private final Matrix mix; // u_j, [rows * n, mixed]
    private final Matrix encodedGradient; // [rows * n, encoded]
    private final Matrix hiddenGradient; // [rows * n, mixed]; null with a GRU, which has its own
    private final Matrix hiddenMean; // [rows, mixed]
    private final Matrix outputs; // [rows, n * perServer + pooled]
    private final Matrix outputGradient; // [rows * n, perServer]
    private final Matrix pooledGradient; // [rows, pooled]
    private Matrix inputGradient; // [rows, inputs], once it is asked for

    private final float[] shares; // [rows * n]: 1 / active servers of the row, or 0 if not active
    private final float[] row; // a row of inputs or outputs
    private final float[] block; // the servers of a row
    private final float[] one; // one server of a row, or the pool
    private final float[] part; // one server of a row once more
    private final int[] mask;
    private final int[] bits;

    private Matrix e;
    private Matrix h;
    private int time;
    private int batch;
    private boolean ready;

    PerServerNetwork(NetworkSpec.PerServer spec, Parameters parameters, int servers, int mostTime, int mostBatch) {
        this.spec = spec;
        this.parameters = parameters;
        this.servers = servers;
        this.mostTime = mostTime;
        this.mostBatch = mostBatch;
        inputs = spec.inputs(servers);
        encoded = spec.encoder().get(spec.encoder().size() - 1);
        mixed = spec.mix();
        int rows = Math.multiplyExact(mostTime, mostBatch);
        int all = Math.multiplyExact(rows, servers);

        encoder = Dense.stack(parameters, "encoder", spec.encoder().size(), all);
        Matrix weight = parameters.value("mix.0.weight");
        mixOwn = weight.rows(0, encoded);
        mixPool = weight.rows(encoded, 2 * encoded);
        mixBias = parameters.value("mix.0.bias");
        Matrix gradient = parameters.gradient("mix.0.weight");
        mixOwnGradient = gradient.rows(0, encoded);
        mixPoolGradient = gradient.rows(encoded, 2 * encoded);
        mixBiasGradient = parameters.gradient("mix.0.bias");
        gru = spec.gru() == 0
                ? null
                : new Gru(parameters, spec.gru(), mostTime, Math.multiplyExact(mostBatch, servers));
        output = spec.perServer() == 0 ? null : new Dense(parameters, "output", false, all);
        pooled = spec.pooled() == 0 ? null : new Dense(parameters, "pooled", false, rows);

        seen = Matrix.zeros(all, spec.features() + spec.globals());
        pool = Matrix.zeros(rows, encoded);
        poolGradient = Matrix.zeros(rows, encoded);
        common = Matrix.zeros(rows, mixed);
        commonGradient = Matrix.zeros(rows, mixed);
        mix = Matrix.zeros(all, mixed);
        encodedGradient = Matrix.zeros(all, encoded);
        hiddenGradient = gru == null ? Matrix.zeros(all, mixed) : null;
        hiddenMean = pooled == null ? null : Matrix.zeros(rows, mixed);
        outputs = Matrix.zeros(rows, spec.outputs(servers));
        outputGradient = output == null ? null : Matrix.zeros(all, spec.perServer());
        pooledGradient = pooled == null ? null : Matrix.zeros(rows, spec.pooled());

        shares = new float[all];
        row = new float[Math.max(inputs, spec.outputs(servers))];
        int widest = Math.max(Math.max(encoded, mixed), Math.max(seen.columns(), spec.perServer()));
        block = new float[servers * widest];
        one = new float[Math.max(widest, spec.pooled())];
        part = new float[one.length];
        mask = new int[servers * mixed];
        bits = new int[servers * mixed];
    }

    @Override
    public NetworkSpec spec() {
        return spec;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Matrix forward(Matrix observations, int steps, int sequences, Matrix initial) {
        Sizes.check(observations, inputs, initial, spec.stateSize(servers), steps, mostTime, sequences, mostBatch);
        time = steps;
        batch = sequences;
        ready = true;
        int rows = time * batch;
        separate(observations);
        e = seen.rows(0, rows * servers);
        for (Dense layer : encoder) {
            e = layer.forward(e);
        }
        mean(e, pool, encoded);
        mixForward(rows);
        Matrix u = mix.rows(0, rows * servers);
        h = gru == null ? u : gru.forward(u, time, batch * servers, initial);
        if (output != null) {
            join(output.forward(h), rows, servers * spec.perServer(), 0);
        }
        if (pooled != null) {
            mean(h, hiddenMean, mixed);
            join(pooled.forward(hiddenMean.rows(0, rows)), rows, spec.pooled(), servers * spec.perServer());
        }
        return outputs.rows(0, rows);
    }

    /** A row per server, the globals behind its own features; and who counts in means. */
    private void separate(Matrix observations) {
        int features = spec.features();
        int globals = spec.globals();
        for (int i = 0; i < time * batch; i++) {
            observations.get(i * inputs, row, 0, inputs);
            int active = 0;
            for (int j = 0; j < servers; j++) {
                System.arraycopy(row, j * features, block, j * (features + globals), features);
                System.arraycopy(row, servers * features, block, j * (features + globals) + features, globals);
                active += row[j * features] != 0 ? 1 : 0;
            }
            for (int j = 0; j < servers; j++) {
                shares[i * servers + j] = row[j * features] != 0 ? 1f / active : 0;
            }
            seen.put(i * servers * (features + globals), block, 0, servers * (features + globals));
        }
    }

    /** Means over the active servers of each row. */
    private void mean(Matrix of, Matrix into, int width) {
        for (int i = 0; i < time * batch; i++) {
            of.get(i * servers * width, block, 0, servers * width);
            Arrays.fill(one, 0, width, 0);
            for (int j = 0; j < servers; j++) {
                addPart(shares[i * servers + j], j * width, one, width);
            }
            into.put(i * width, one, 0, width);
        }
    }

    /** The way back of {@link #mean}: each active server has its share of the gradient. */
    private void spread(Matrix meanGradient, Matrix into, int width) {
        for (int i = 0; i < time * batch; i++) {
            meanGradient.get(i * width, one, 0, width);
            into.get(i * servers * width, block, 0, servers * width);
            for (int j = 0; j < servers; j++) {
                addToPart(shares[i * servers + j], one, j * width, width);
            }
            into.put(i * servers * width, block, 0, servers * width);
        }
    }

    /** Adds one server's part of a block to the beginning of an array. Copied first: loops become vector instructions only without offsets. */
    private void addPart(float factor, int at, float[] to, int count) {
        System.arraycopy(block, at, part, 0, count);
        addScaled(factor, part, to, count);
    }

    /** Adds the beginning of an array to one server's part of a block. */
    private void addToPart(float factor, float[] from, int at, int count) {
        System.arraycopy(block, at, part, 0, count);
        addScaled(factor, from, part, count);
        System.arraycopy(part, 0, block, at, count);
    }

    private static void addScaled(float factor, float[] from, float[] to, int count) {
        for (int k = 0; k < count; k++) {
            to[k] += factor * from[k];
        }
    }

    private void mixForward(int rows) {
        mixBias.get(0, one, 0, mixed);
        for (int i = 0; i < rows; i++) {
            common.put(i * mixed, one, 0, mixed);
        }
        common.rows(0, rows).product(pool.rows(0, rows), false, mixPool, false, 1);
        mix.rows(0, rows * servers).product(e, false, mixOwn, false, 0);
        int size = servers * mixed;
        for (int i = 0; i < rows; i++) {
            common.get(i * mixed, one, 0, mixed);
            mix.get(i * size, block, 0, size);
            for (int j = 0; j < servers; j++) {
                addToPart(1, one, j * mixed, mixed);
            }
            Activations.relu(block, 0, size);
            mix.put(i * size, block, 0, size);
        }
    }

    private void join(Matrix from, int rows, int width, int at) {
        for (int i = 0; i < rows; i++) {
            from.get(i * width, row, 0, width);
            outputs.put(i * outputs.columns() + at, row, 0, width);
        }
    }

    @Override
    public Matrix state() {
        // Servers of a sequence lie side by side: what is n rows to the GRU is one row here.
        return gru == null ? null : gru.last().view(0, batch, spec.stateSize(servers));
    }

    @Override
    public Matrix states() {
        return gru == null ? null : gru.before().view(0, time * batch, spec.stateSize(servers));
    }

    @Override
    public void backward(Matrix gradient) {
        back(gradient, true, false);
    }

    @Override
    public Matrix backwardToInputs(Matrix gradient, boolean parametersToo) {
        return back(gradient, parametersToo, true);
    }

    private Matrix back(Matrix gradient, boolean parametersToo, boolean inputsToo) {
        int rows = time * batch;
        Sizes.checkBack(ready, gradient, rows, spec.outputs(servers));
        ready = false;
        Matrix d = gru == null ? hiddenGradient.rows(0, rows * servers) : gru.outputGradient();
        if (output == null) {
            d.fill(0);
        } else {
            Matrix own = outputGradient.rows(0, rows * servers);
            split(gradient, own, rows, servers * spec.perServer(), 0);
            output.backward(own, parametersToo, true, d);
        }
        if (pooled != null) {
            Matrix all = pooledGradient.rows(0, rows);
            split(gradient, all, rows, spec.pooled(), servers * spec.perServer());
            spread(pooled.backward(all, parametersToo, true, null), d, mixed);
        }
        if (gru != null) {
            d = gru.backward(parametersToo, true);
        }
        d = mixBackward(d, rows, parametersToo);
        for (int i = encoder.size() - 1; i >= 0; i--) {
            d = encoder.get(i).backward(d, parametersToo, i > 0 || inputsToo, null);
        }
        return inputsToo ? together(d, rows) : null;
    }

    private void split(Matrix gradient, Matrix into, int rows, int width, int at) {
        for (int i = 0; i < rows; i++) {
            gradient.get(i * outputs.columns() + at, row, 0, width);
            into.put(i * width, row, 0, width);
        }
    }

    private Matrix mixBackward(Matrix d, int rows, boolean parametersToo) {
        int size = servers * mixed;
        for (int i = 0; i < rows; i++) {
            mix.bits().get(i * size, mask, 0, size);
            d.bits().get(i * size, bits, 0, size);
            Relu.cut(mask, bits, size);
            d.bits().put(i * size, bits, 0, size);
            d.get(i * size, block, 0, size);
            Arrays.fill(one, 0, mixed, 0);
            for (int j = 0; j < servers; j++) {
                addPart(1, j * mixed, one, mixed);
            }
            commonGradient.put(i * mixed, one, 0, mixed);
        }
        Matrix dc = commonGradient.rows(0, rows);
        if (parametersToo) {
            mixOwnGradient.product(e, true, d, false, 1);
            mixPoolGradient.product(pool.rows(0, rows), true, dc, false, 1);
            mixBiasGradient.get(0, one, 0, mixed);
            for (int i = 0; i < rows; i++) {
                dc.get(i * mixed, part, 0, mixed);
                addScaled(1, part, one, mixed);
            }
            mixBiasGradient.put(0, one, 0, mixed);
        }
        Matrix de = encodedGradient.rows(0, rows * servers);
        de.product(d, false, mixOwn, true, 0);
        Matrix dp = poolGradient.rows(0, rows);
        dp.product(dc, false, mixPool, true, 0);
        spread(dp, de, encoded);
        return de;
    }

    /** The way back of {@link #separate}: globals get the sum over servers. */
    private Matrix together(Matrix d, int rows) {
        if (inputGradient == null) {
            inputGradient = Matrix.zeros(outputs.rows(), inputs);
        }
        int features = spec.features();
        int globals = spec.globals();
        int width = features + globals;
        for (int i = 0; i < rows; i++) {
            d.get(i * servers * width, block, 0, servers * width);
            Arrays.fill(row, servers * features, inputs, 0);
            for (int j = 0; j < servers; j++) {
                System.arraycopy(block, j * width, row, j * features, features);
                for (int k = 0; k < globals; k++) {
                    row[servers * features + k] += block[j * width + features + k];
                }
            }
            inputGradient.put(i * inputs, row, 0, inputs);
        }
        return inputGradient.rows(0, rows);
    }
}
