package io.marllb.policies.frozen;

import java.util.Arrays;
import java.util.List;

/** {@link NetworkSpec.Recurrent}: the weights, and a sequence through it. */
final class RecurrentRunner implements FrozenNetwork.Runner {

    /** The weights, which all runners share. */
    static final class Layers implements FrozenNetwork.Layers {

        private final NetworkSpec.Recurrent spec;
        private final DenseLayer[] before;
        private final GruLayer gru; // null without memory
        private final DenseLayer[] after;
        private final DenseLayer output;

        Layers(NetworkSpec.Recurrent spec) {
            List<NetworkSpec.Tensor> tensors = spec.tensors();
            this.spec = spec;
            before = DenseLayer.findAll(tensors, "before", spec.before().size());
            gru = spec.gru() > 0 ? new GruLayer(tensors) : null;
            after = DenseLayer.findAll(tensors, "after", spec.after().size());
            output = DenseLayer.find(tensors, "output");
        }

        @Override
        public void load(float[] flat) {
            for (DenseLayer layer : before) {
                layer.load(flat);
            }
            if (gru != null) {
                gru.load(flat);
            }
            for (DenseLayer layer : after) {
                layer.load(flat);
            }
            output.load(flat);
        }

        @Override
        public FrozenNetwork.Runner runner(int servers) {
            return new RecurrentRunner(this, servers);
        }
    }

    private final Layers layers;
    private final int servers;
    private final GruLayer.Cell cell; // null without memory
    private final float[] state;
    private final float[][] beforeOutputs;
    private final float[][] afterOutputs;
    private final float[] lastOutput;

    private RecurrentRunner(Layers layers, int servers) {
        this.layers = layers;
        this.servers = servers;
        cell = layers.gru == null ? null : layers.gru.new Cell();
        state = new float[layers.spec.gru()];
        beforeOutputs = outputs(layers.before);
        afterOutputs = outputs(layers.after);
        lastOutput = new float[layers.output.padded()];
    }

    private static float[][] outputs(DenseLayer[] layers) {
        float[][] outputs = new float[layers.length][];
        for (int i = 0; i < layers.length; i++) {
            outputs[i] = new float[layers[i].padded()];
        }
        return outputs;
    }

    @Override
    public void step(float[] inputs, float[] outputs) {
        FrozenNetwork.checkLengths(inputs, layers.spec.inputs(), outputs, layers.spec.outputs());
        float[] x = relus(layers.before, beforeOutputs, inputs);
        if (cell != null) {
            cell.step(x, 0, state, 0);
            x = state;
        }
        x = relus(layers.after, afterOutputs, x);
        layers.output.apply(x, 0, lastOutput);
        System.arraycopy(lastOutput, 0, outputs, 0, outputs.length);
    }

    private static float[] relus(DenseLayer[] layers, float[][] outputs, float[] row) {
        float[] x = row;
        for (int i = 0; i < layers.length; i++) {
            layers[i].apply(x, 0, outputs[i]);
            Activations.relu(outputs[i], 0, outputs[i].length);
            x = outputs[i];
        }
        return x;
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
