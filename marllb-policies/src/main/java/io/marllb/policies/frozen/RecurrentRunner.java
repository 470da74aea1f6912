package io.marllb.policies.frozen;

import java.util.Arrays;
import java.util.List;

/** A sequence through {@link NetworkSpec.Recurrent}. */
final class RecurrentRunner implements FrozenNetwork.Runner {

    private final float[][] parameters; // rows
    private final int servers;
    private final int inputs;
    private final DenseLayer[] before;
    private final GruCell gru; // null without memory
    private final DenseLayer[] after;
    private final DenseLayer output;
    private final float[] state;
    private final float[][] beforeOutputs;
    private final float[][] afterOutputs;

    RecurrentRunner(NetworkSpec.Recurrent spec, float[][] parameters, int servers) {
        List<NetworkSpec.Tensor> tensors = spec.tensors();
        this.parameters = parameters;
        this.servers = servers;
        inputs = spec.inputs();
        before = DenseLayer.findAll(tensors, "before", spec.before().size());
        gru = spec.gru() > 0 ? new GruCell(tensors) : null;
        after = DenseLayer.findAll(tensors, "after", spec.after().size());
        output = DenseLayer.find(tensors, "output");
        state = new float[spec.gru()];
        beforeOutputs = outputs(before);
        afterOutputs = outputs(after);
    }

    private static float[][] outputs(DenseLayer[] layers) {
        float[][] outputs = new float[layers.length][];
        for (int i = 0; i < layers.length; i++) {
            outputs[i] = new float[layers[i].outputs()];
        }
        return outputs;
    }

    @Override
    public void step(float[] row, float[] outputs) {
        FrozenNetwork.checkLengths(row, inputs, outputs, output.outputs());
        float[] x = relus(before, beforeOutputs, row);
        if (gru != null) {
            gru.step(parameters, x, 0, state, 0);
            x = state;
        }
        x = relus(after, afterOutputs, x);
        output.apply(parameters, x, 0, outputs);
    }

    private float[] relus(DenseLayer[] layers, float[][] outputs, float[] row) {
        float[] x = row;
        for (int i = 0; i < layers.length; i++) {
            layers[i].apply(parameters, x, 0, outputs[i]);
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
