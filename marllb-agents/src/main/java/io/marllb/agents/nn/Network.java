package io.marllb.agents.nn;

import io.marllb.policies.frozen.NetworkSpec;

/**
 * A network that learns: the forward and backward pass over a batch of sequences. It owns its buffers, sized once for the largest batch, and
 * borrows its {@link Parameters}, which several networks may share. Not thread-safe.
 *
 * <p>Rows are time-major: row {@code t * batch + b} is step t of sequence b.
 */
public interface Network {

    /**
     * Its shape.
     *
     * @return the specification
     */
    NetworkSpec spec();

    /**
     * Its parameters and their gradients.
     *
     * @return the same object always
     */
    Parameters parameters();

    /**
     * Outputs of every step.
     *
     * @param inputs {@code [time * batch, inputs]}; must stay unchanged until {@link #backward}
     * @param time steps, {@code >= 1}
     * @param batch sequences, {@code >= 1}
     * @param initial state before the first step, {@code [batch, stateSize]}; null for zeros
     * @return {@code [time * batch, outputs]}, owned by the network, valid until the next call
     */
    Matrix forward(Matrix inputs, int time, int batch, Matrix initial);

    /**
     * The state behind the last step of the last {@link #forward}.
     *
     * @return {@code [batch, stateSize]}, owned by the network; null without memory
     */
    Matrix state();

    /**
     * The state before each step of the last {@link #forward}: with it, any one step can be asked again with other inputs.
     *
     * @return {@code [time * batch, stateSize]}, owned by the network, valid until the next forward; null without memory
     */
    Matrix states();

    /**
     * Adds to the gradients what a loss says about the outputs of the last {@link #forward}. Nothing flows into the initial state.
     * Once per forward, whose intermediate results it writes over (the outputs stay).
     *
     * @param outputGradient derivative of the loss by the outputs, {@code [time * batch, outputs]}; may be changed
     * @throws IllegalStateException if there was no forward since the last backward
     */
    void backward(Matrix outputGradient);

    /**
     * As {@link #backward}, and also gives the derivative by the inputs.
     *
     * @param outputGradient derivative of the loss by the outputs, {@code [time * batch, outputs]}; may be changed
     * @param parametersToo whether to add to the parameters' gradients
     * @return {@code [time * batch, inputs]}, owned by the network, valid until the next call
     */
    Matrix backwardToInputs(Matrix outputGradient, boolean parametersToo);

    /**
     * A network.
     *
     * @param spec its shape
     * @param parameters its parameters, of the same shape
     * @param servers n, for networks per server; others ignore it
     * @param time most steps of a sequence
     * @param batch most sequences
     * @return a new network with its own buffers
     */
    static Network of(NetworkSpec spec, Parameters parameters, int servers, int time, int batch) {
        if (!parameters.spec().equals(spec)) {
            throw new IllegalArgumentException("parameters are for " + parameters.spec() + ", not for " + spec);
        }
        if (time < 1 || batch < 1) {
            throw new IllegalArgumentException("time and batch must be >= 1, but were " + time + " and " + batch);
        }
        if (spec instanceof NetworkSpec.Recurrent recurrent) {
            return new RecurrentNetwork(recurrent, parameters, time, batch);
        }
        if (servers < 1) {
            throw new IllegalArgumentException("servers must be >= 1 for a network per server, but was " + servers);
        }
        return new PerServerNetwork((NetworkSpec.PerServer) spec, parameters, servers, time, batch);
    }
}
