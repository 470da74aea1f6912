package io.marllb.agents.qmix;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;

/** VDN: the joint value is the sum of the values (Sunehag et al., 2018, equation 1). */
final class SumMixer implements Mixer {

    private final MixerSpec spec;
    private final Buffers out;
    private final Buffers back;

    SumMixer(MixerSpec spec, int samples) {
        this.spec = spec;
        out = new Buffers(samples, 1);
        back = new Buffers(samples, spec.heads());
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
        int heads = spec.heads();
        Matrix y = out.rows(values.rows());
        for (int s = 0; s < values.rows(); s++) {
            float sum = 0;
            for (int i = 0; i < heads; i++) {
                sum += values.buffer().get(s * heads + i);
            }
            y.buffer().put(s, sum);
        }
        return y;
    }

    @Override
    public Matrix backward(Matrix outputGradient) {
        int heads = spec.heads();
        Matrix g = back.rows(outputGradient.rows());
        for (int s = 0; s < g.rows(); s++) {
            for (int i = 0; i < heads; i++) {
                g.buffer().put(s * heads + i, outputGradient.buffer().get(s));
            }
        }
        return g;
    }
}
