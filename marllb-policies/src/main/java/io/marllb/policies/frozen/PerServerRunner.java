package io.marllb.policies.frozen;

import java.util.Arrays;
import java.util.List;

/**
 * A sequence through {@link NetworkSpec.PerServer}. What is the same for all servers (the globals in the first layer, the pool in the mix) is
 * multiplied once.
 */
final class PerServerRunner implements FrozenNetwork.Runner {

    private final NetworkSpec.PerServer spec;
    private final float[][] parameters; // rows
    private final int servers;
    private final DenseLayer[] encoder;
    private final DenseLayer mix;
    private final GruCell gru; // null without memory
    private final DenseLayer output; // null without values per server
    private final DenseLayer pooled; // null without pooled values
    private final float[] state; // [servers, gru]
    private final float[][] encoded; // per layer: [servers, its outputs]
    private final float[] mixed; // [servers, mix]
    private final float[] shared; // scratch, what all servers have in common
    private final float[] pool; // scratch, a mean over servers
    private final float[] row; // scratch, of one server: kernels write to the beginning of an array

    PerServerRunner(NetworkSpec.PerServer spec, float[][] parameters, int servers) {
        List<NetworkSpec.Tensor> tensors = spec.tensors();
        this.spec = spec;
        this.parameters = parameters;
        this.servers = servers;
        encoder = DenseLayer.findAll(tensors, "encoder", spec.encoder().size());
        mix = DenseLayer.find(tensors, "mix.0");
        gru = spec.gru() > 0 ? new GruCell(tensors) : null;
        output = DenseLayer.find(tensors, "output");
        pooled = DenseLayer.find(tensors, "pooled");
        state = new float[spec.stateSize(servers)];
        encoded = new float[encoder.length][];
        int widest = spec.mix();
        for (int i = 0; i < encoder.length; i++) {
            encoded[i] = new float[servers * encoder[i].outputs()];
            widest = Math.max(widest, encoder[i].outputs());
        }
        mixed = new float[servers * spec.mix()];
        shared = new float[widest];
        pool = new float[widest];
        row = new float[Math.max(widest, Math.max(spec.perServer(), spec.pooled()))];
    }

    @Override
    public void step(float[] inputs, float[] outputs) {
        FrozenNetwork.checkLengths(inputs, spec.inputs(servers), outputs, spec.outputs(servers));
        encode(inputs);
        mix(inputs);
        float[] memory = mixed;
        if (gru != null) {
            for (int j = 0; j < servers; j++) {
                gru.step(parameters, mixed, j * spec.gru(), state, j * spec.gru());
            }
            memory = state;
        }
        if (output != null) {
            for (int j = 0; j < servers; j++) {
                output.apply(parameters, memory, j * spec.mix(), row);
                System.arraycopy(row, 0, outputs, j * spec.perServer(), spec.perServer());
            }
        }
        if (pooled != null) {
            mean(inputs, memory, spec.mix());
            pooled.apply(parameters, pool, 0, row);
            System.arraycopy(row, 0, outputs, servers * spec.perServer(), spec.pooled());
        }
    }

    private void encode(float[] inputs) {
        int features = spec.features();
        DenseLayer first = encoder[0];
        int width = first.outputs();
        System.arraycopy(parameters[first.biasAt()], 0, shared, 0, width);
        first.addRows(parameters, features, spec.globals(), inputs, servers * features, shared);
        for (int j = 0; j < servers; j++) {
            System.arraycopy(shared, 0, row, 0, width);
            first.addRows(parameters, 0, features, inputs, j * features, row);
            System.arraycopy(row, 0, encoded[0], j * width, width);
        }
        Activations.relu(encoded[0], 0, servers * width);
        for (int i = 1; i < encoder.length; i++) {
            DenseLayer layer = encoder[i];
            for (int j = 0; j < servers; j++) {
                layer.apply(parameters, encoded[i - 1], j * layer.inputs(), row);
                System.arraycopy(row, 0, encoded[i], j * layer.outputs(), layer.outputs());
            }
            Activations.relu(encoded[i], 0, encoded[i].length);
        }
    }

    private void mix(float[] inputs) {
        float[] last = encoded[encoded.length - 1];
        int width = mix.inputs() / 2;
        int out = mix.outputs();
        mean(inputs, last, width);
        System.arraycopy(parameters[mix.biasAt()], 0, shared, 0, out);
        mix.addRows(parameters, width, width, pool, 0, shared);
        for (int j = 0; j < servers; j++) {
            System.arraycopy(shared, 0, row, 0, out);
            mix.addRows(parameters, 0, width, last, j * width, row);
            System.arraycopy(row, 0, mixed, j * out, out);
        }
        Activations.relu(mixed, 0, servers * out);
    }

    /** The mean of {@code rows} over active servers, into {@link #pool}. */
    private void mean(float[] inputs, float[] rows, int width) {
        Arrays.fill(pool, 0, width, 0f);
        int active = 0;
        for (int j = 0; j < servers; j++) {
            if (inputs[j * spec.features()] != 0) {
                active++;
                Kernels.addScaled(1, rows, j * width, width, pool, 0);
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
