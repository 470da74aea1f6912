package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;

/**
 * Turns the values of the chosen actions, one per head of every agent, into what is learnt: one joint value, or for independent learners the
 * values themselves. A joint value never falls when a head's value rises, so that each head may choose for itself. Owns its buffers; not
 * thread-safe.
 */
public interface Mixer {

    /**
     * Its shape.
     *
     * @return the specification
     */
    MixerSpec spec();

    /**
     * Its parameters.
     *
     * @return the same object always; null if it has none
     */
    Parameters parameters();

    /**
     * Values of samples.
     *
     * @param values of the chosen actions, {@code [samples, heads]}; must stay unchanged until {@link #backward}
     * @param states {@code [samples, state]}; must stay unchanged until {@link #backward}; ignored by mixers without parameters
     * @return {@code [samples, outputs]}, owned by the mixer, valid until the next call
     */
    Matrix forward(Matrix values, Matrix states);

    /**
     * Adds to the gradients what a loss says about the result of the last {@link #forward}, once.
     *
     * @param outputGradient derivative of the loss by the outputs, {@code [samples, outputs]}
     * @return derivative by the values, {@code [samples, heads]}, owned by the mixer, valid until the next call
     */
    Matrix backward(Matrix outputGradient);

    /**
     * A mixer.
     *
     * @param spec its shape
     * @param parameters of {@link MixerSpec#tensors}; null if there are none
     * @param samples most samples of a call
     * @return a new mixer
     */
    static Mixer of(MixerSpec spec, Parameters parameters, int samples) {
        return switch (spec.kind()) {
            case QMIX -> new MonotonicMixer(spec, parameters, samples);
            case WEIGHTED -> new WeightedMixer(spec, parameters, samples);
            case VDN -> new SumMixer(spec, samples);
            case IQL -> new SeparateHeads(spec);
        };
    }
}
