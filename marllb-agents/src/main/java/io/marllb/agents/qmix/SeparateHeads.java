package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;

/** Independent learners: every value is learnt as it is. */
final class SeparateHeads implements Mixer {

    private final MixerSpec spec;

    SeparateHeads(MixerSpec spec) {
        this.spec = spec;
    }

    @Override
    public MixerSpec spec() {
        return spec;
    }

    @Override
    public Parameters parameters() {
        return null;
    }

    @Override
    public Matrix forward(Matrix values, Matrix states) {
        return values;
    }

    @Override
    public Matrix backward(Matrix outputGradient) {
        return outputGradient;
    }
}
