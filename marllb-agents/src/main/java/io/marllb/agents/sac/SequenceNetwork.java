package io.marllb.agents.sac;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Network;
import io.marllb.agents.nn.Parameters;

/** A network over windows: memory is warmed up by the burn-in rows first, through which no gradient flows. */
final class SequenceNetwork {

    private final Network window;
    private final Network warming; // a step of all windows; null without memory or without burn-in
    private final Matrix start; // [batch, stateSize]; null likewise
    private final int stateSize;

    SequenceNetwork(Parameters parameters, int servers, int burnIn, int time, int batch) {
        stateSize = parameters.spec().stateSize(servers);
        window = Network.of(parameters.spec(), parameters, servers, time, batch);
        boolean warms = burnIn > 0 && stateSize > 0;
        warming = warms ? Network.of(parameters.spec(), parameters, servers, 1, batch) : null;
        start = warms ? Matrix.zeros(batch, stateSize) : null;
    }

    /**
     * Outputs of the first steps of the windows.
     *
     * @param inputs the windows
     * @param steps the time or the time and what is ahead
     * @return {@code [steps * batch, outputs]}
     */
    Matrix forward(Windows inputs, int steps) {
        if (warming != null) {
            start.fill(0);
            for (int r = 0; r < inputs.burnIn(); r++) {
                warming.forward(inputs.burnInRow(r), 1, inputs.batch(), start);
                start.copyFrom(warming.state());
                forgetWhereNotBegun(inputs, r);
            }
        }
        return window.forward(inputs.first(steps), steps, inputs.batch(), start);
    }

    private void forgetWhereNotBegun(Windows inputs, int row) {
        for (int b = 0; b < inputs.batch(); b++) {
            if (row < inputs.burnIn() - inputs.warmUp(b)) {
                for (int k = 0; k < stateSize; k++) {
                    start.buffer().put(b * stateSize + k, 0f);
                }
            }
        }
    }

    boolean remembers() {
        return stateSize > 0;
    }

    /** The state before each step of the last forward, {@code [steps * batch, stateSize]}; null without memory. */
    Matrix states() {
        return window.states();
    }

    void backward(Matrix outputGradient) {
        window.backward(outputGradient);
    }
}
