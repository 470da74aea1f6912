package io.marllb.agents.nn;

import io.marllb.policies.frozen.NetworkSpec;
import java.util.ArrayList;
import java.util.List;

/** {@link NetworkSpec.Recurrent}: dense layers, perhaps a GRU, dense layers, a linear one. */
final class RecurrentNetwork implements Network {

    private final NetworkSpec.Recurrent spec;
    private final Parameters parameters;
    private final int mostTime;
    private final int mostBatch;
    private final List<Dense> before;
    private final Gru gru; // null without memory
    private final List<Dense> after; // with the output
    private int time;
    private int batch;
    private boolean ready;

    RecurrentNetwork(NetworkSpec.Recurrent spec, Parameters parameters, int mostTime, int mostBatch) {
        this.spec = spec;
        this.parameters = parameters;
        this.mostTime = mostTime;
        this.mostBatch = mostBatch;
        int rows = Math.multiplyExact(mostTime, mostBatch);
        before = Dense.stack(parameters, "before", spec.before().size(), rows);
        gru = spec.gru() == 0 ? null : new Gru(parameters, spec.gru(), mostTime, mostBatch);
        after = new ArrayList<>(Dense.stack(parameters, "after", spec.after().size(), rows));
        after.add(new Dense(parameters, "output", false, rows));
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
    public Matrix forward(Matrix inputs, int steps, int sequences, Matrix initial) {
        Sizes.check(inputs, spec.inputs(), initial, spec.gru(), steps, mostTime, sequences, mostBatch);
        time = steps;
        batch = sequences;
        ready = true;
        Matrix x = inputs;
        for (Dense layer : before) {
            x = layer.forward(x);
        }
        if (gru != null) {
            x = gru.forward(x, time, batch, initial);
        }
        for (Dense layer : after) {
            x = layer.forward(x);
        }
        return x;
    }

    @Override
    public Matrix state() {
        return gru == null ? null : gru.last();
    }

    @Override
    public Matrix states() {
        return gru == null ? null : gru.before();
    }

    @Override
    public void backward(Matrix outputGradient) {
        back(outputGradient, true, false);
    }

    @Override
    public Matrix backwardToInputs(Matrix outputGradient, boolean parametersToo) {
        return back(outputGradient, parametersToo, true);
    }

    private Matrix back(Matrix outputGradient, boolean parametersToo, boolean inputsToo) {
        Sizes.checkBack(ready, outputGradient, time * batch, spec.outputs());
        ready = false;
        Matrix d = outputGradient;
        for (int i = after.size() - 1; i >= 0; i--) {
            boolean wanted = i > 0 || gru != null || !before.isEmpty() || inputsToo;
            // The layer behind the GRU writes where the GRU collects.
            Matrix into = i == 0 && gru != null ? gru.outputGradient() : null;
            d = after.get(i).backward(d, parametersToo, wanted, into);
        }
        if (gru != null) {
            d = gru.backward(parametersToo, !before.isEmpty() || inputsToo);
        }
        for (int i = before.size() - 1; i >= 0; i--) {
            d = before.get(i).backward(d, parametersToo, i > 0 || inputsToo, null);
        }
        return d;
    }
}
