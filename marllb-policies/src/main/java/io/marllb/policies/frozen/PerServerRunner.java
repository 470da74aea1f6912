package io.marllb.policies.frozen;

import java.util.Arrays;
import java.util.List;

/**
 * {@link NetworkSpec.PerServer}: the weights, and a sequence through it. What is the same for all servers (the globals in the first layer, the
 * pool in the mix) is multiplied once.
 */
final class PerServerRunner implements FrozenNetwork.Runner {

    /** The weights, which all runners share. */
    static final class Layers implements FrozenNetwork.Layers {

        private final NetworkSpec.PerServer spec;
        private final DenseLayer[] encoder;
        private final DenseLayer mix;
        private final GruLayer gru; // null without memory
        private final DenseLayer output; // null without values per server
        private final DenseLayer pooled; // null without pooled values

        Layers(NetworkSpec.PerServer spec) {
            List<NetworkSpec.Tensor> tensors = spec.tensors();
            this.spec = spec;
            encoder = DenseLayer.findAll(tensors, "encoder", spec.encoder().size());
            mix = DenseLayer.find(tensors, "mix.0");
            gru = spec.gru() > 0 ? new GruLayer(tensors) : null;
            output = DenseLayer.find(tensors, "output");
            pooled = DenseLayer.find(tensors, "pooled");
        }

        @Override
        public void load(float[] flat) {
            for (DenseLayer layer : encoder) {
                layer.load(flat);
            }
            mix.load(flat);
            if (gru != null) {
                gru.load(flat);
            }
            if (output != null) {
                output.load(flat);
            }
            if (pooled != null) {
                pooled.load(flat);
            }
        }

        @Override
        public FrozenNetwork.Runner runner(int servers) {
            return new PerServerRunner(this, servers);
        }
    }

    private final Layers layers;
    private final NetworkSpec.PerServer spec;
    private final int servers;
    private final GruLayer.Cell cell; // null without memory
    private final float[] state; // [servers, gru]
    private final float[][] encoderOutputs; // scratch of one server, per layer
    private final float[] encoded; // [servers, last encoder]
    private final float[] mixed; // [servers, mix]
    private final float[] shared; // scratch: what all servers have in common in the first layer
    private final float[] sharedMix; // the same in the mix
    private final float[] mixOutput; // scratch of one server
    private final float[] pool; // scratch: a mean over servers
    private final float[] headOutput;
    private final float[] pooledOutput;

    private PerServerRunner(Layers layers, int servers) {
        this.layers = layers;
        this.spec = layers.spec;
        this.servers = servers;
        cell = layers.gru == null ? null : layers.gru.new Cell();
        state = new float[spec.stateSize(servers)];
        encoderOutputs = new float[layers.encoder.length][];
        for (int i = 0; i < encoderOutputs.length; i++) {
            encoderOutputs[i] = new float[layers.encoder[i].padded()];
        }
        int width = layers.mix.inputs() / 2;
        encoded = new float[servers * width];
        mixed = new float[servers * spec.mix()];
        shared = new float[layers.encoder[0].padded()];
        sharedMix = new float[layers.mix.padded()];
        mixOutput = new float[layers.mix.padded()];
        pool = new float[Math.max(width, spec.mix())];
        headOutput = layers.output == null ? null : new float[layers.output.padded()];
        pooledOutput = layers.pooled == null ? null : new float[layers.pooled.padded()];
    }

    @Override
    public void step(float[] inputs, float[] outputs) {
        FrozenNetwork.checkLengths(inputs, spec.inputs(servers), outputs, spec.outputs(servers));
        encode(inputs);
        mix(inputs);
        float[] memory = mixed;
        int width = spec.mix();
        if (cell != null) {
            for (int j = 0; j < servers; j++) {
                cell.step(mixed, j * width, state, j * width);
            }
            memory = state;
        }
        if (layers.output != null) {
            for (int j = 0; j < servers; j++) {
                layers.output.apply(memory, j * width, headOutput);
                System.arraycopy(headOutput, 0, outputs, j * spec.perServer(), spec.perServer());
            }
        }
        if (layers.pooled != null) {
            mean(inputs, memory, width);
            layers.pooled.apply(pool, 0, pooledOutput);
            System.arraycopy(pooledOutput, 0, outputs, servers * spec.perServer(), spec.pooled());
        }
    }

    private void encode(float[] inputs) {
        int features = spec.features();
        int width = layers.mix.inputs() / 2;
        DenseLayer first = layers.encoder[0];
        first.start(shared);
        first.addRows(features, features + spec.globals(), inputs, servers * features, shared);
        for (int j = 0; j < servers; j++) {
            float[] x = encoderOutputs[0];
            System.arraycopy(shared, 0, x, 0, x.length);
            first.addRows(0, features, inputs, j * features, x);
            Activations.relu(x, 0, x.length);
            for (int i = 1; i < encoderOutputs.length; i++) {
                layers.encoder[i].apply(x, 0, encoderOutputs[i]);
                x = encoderOutputs[i];
                Activations.relu(x, 0, x.length);
            }
            System.arraycopy(x, 0, encoded, j * width, width);
        }
    }

    private void mix(float[] inputs) {
        int width = layers.mix.inputs() / 2;
        int out = spec.mix();
        mean(inputs, encoded, width);
        layers.mix.start(sharedMix);
        layers.mix.addRows(width, 2 * width, pool, 0, sharedMix);
        for (int j = 0; j < servers; j++) {
            System.arraycopy(sharedMix, 0, mixOutput, 0, mixOutput.length);
            layers.mix.addRows(0, width, encoded, j * width, mixOutput);
            Activations.relu(mixOutput, 0, mixOutput.length);
            System.arraycopy(mixOutput, 0, mixed, j * out, out);
        }
    }

    /** The mean of {@code rows} over active servers, into {@link #pool}. */
    private void mean(float[] inputs, float[] rows, int width) {
        Arrays.fill(pool, 0, width, 0f);
        int active = 0;
        for (int j = 0; j < servers; j++) {
            if (inputs[j * spec.features()] != 0) {
                active++;
                for (int i = 0; i < width; i++) {
                    pool[i] += rows[j * width + i];
                }
            }
        }
        if (active > 0) {
            float share = 1f / active;
            for (int i = 0; i < width; i++) {
                pool[i] *= share;
            }
        }
    }

    @Override
    public void reset() {
        Arrays.fill(state, 0);
    }

    @Override
    public float[] state() {
        return state;
    }

    @Override
    public int servers() {
        return servers;
    }
}
