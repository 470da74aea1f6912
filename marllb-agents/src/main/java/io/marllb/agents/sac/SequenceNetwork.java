package io.marllb.agents.sac;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Network;
import io.marllb.agents.nn.Parameters;

/** A network over windows: memory is warmed up by the burn-in rows first, through which no gradient flows. */
final class SequenceNetwork {

    private final Network window;
    private final Network warming; // null without memory or without burn-in
    private final Matrix start; // [batch, stateSize]; null likewise
    private final int stateSize;
    private final float[] state; // one window's

    SequenceNetwork(Parameters parameters, int servers, int burnIn, int time, int batch) {
        stateSize = parameters.spec().stateSize(servers);
        window = Network.of(parameters.spec(), parameters, servers, time, batch);
        boolean warms = burnIn > 0 && stateSize > 0;
        warming = warms ? Network.of(parameters.spec(), parameters, servers, burnIn, batch) : null;
        start = warms ? Matrix.zeros(batch, stateSize) : null;
        state = new float[stateSize];
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
            warming.forward(inputs.warmUpRows(), inputs.burnIn(), inputs.batch(), null);
            Matrix last = warming.state();
            Matrix before = warming.states();
            for (int b = 0; b < inputs.batch(); b++) {
                int warm = inputs.warmUp(b);
                // what lies behind the rows that a window has is never looked at
                if (warm == inputs.burnIn()) {
                    last.get(b * stateSize, state, 0, stateSize);
                } else {
                    before.get((warm * inputs.batch() + b) * stateSize, state, 0, stateSize);
                }
                start.put(b * stateSize, state, 0, stateSize);
            }
        }
        return window.forward(inputs.first(steps), steps, inputs.batch(), start);
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
