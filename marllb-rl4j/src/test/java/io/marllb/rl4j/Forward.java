package io.marllb.rl4j;

import io.marllb.policies.frozen.NetworkSpec;

/** The forward pass by the specification's own words, in doubles: what the flat parameters must mean. */
final class Forward {

    private Forward() {}

    static float[] of(DqnTraining training, float[] input) {
        float[] p = training.parameters();
        double[] x = new double[input.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = input[i];
        }
        var tensors = training.spec().tensors();
        for (int k = 0; k < tensors.size(); k += 2) {
            NetworkSpec.Tensor w = tensors.get(k);
            NetworkSpec.Tensor b = tensors.get(k + 1);
            double[] y = new double[w.columns()];
            for (int c = 0; c < y.length; c++) {
                y[c] = p[b.offset() + c];
                for (int r = 0; r < w.rows(); r++) {
                    y[c] += x[r] * p[w.offset() + r * w.columns() + c];
                }
                boolean last = k + 2 == tensors.size();
                y[c] = last ? y[c] : Math.max(0, y[c]);
            }
            x = y;
        }
        float[] out = new float[x.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) x[i];
        }
        return out;
    }
}
