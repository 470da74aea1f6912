package io.marllb.policies.frozen;

/**
 * Shift and scale of each input of a network, then a clip: {@code clamp((x - mean) * scale, -10, 10)}. Immutable and thread-safe.
 *
 * <p>It is what {@link io.marllb.core.rl.NormalizeObservation} did in training, with its moments frozen.
 */
public final class InputScaling {

    /** Largest magnitude that comes out. */
    public static final float CLIP = 10;

    private static final double EPSILON = 1e-8; // added to the variance, as in Gymnasium

    private final float[] mean;
    private final float[] scale;

    private InputScaling(float[] mean, float[] scale) {
        this.mean = mean;
        this.scale = scale;
    }

    /**
     * Scaling by given numbers.
     *
     * @param mean {@code [inputs]}, finite
     * @param scale {@code [inputs]}, finite and {@code > 0}
     * @return a copy of them
     */
    public static InputScaling of(float[] mean, float[] scale) {
        if (mean.length != scale.length) {
            throw new IllegalArgumentException("mean has " + mean.length + " entries, but scale " + scale.length);
        }
        for (int i = 0; i < mean.length; i++) {
            if (!(Math.abs(mean[i]) <= Float.MAX_VALUE && scale[i] > 0 && scale[i] <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException(
                        "input " + i + " must have a finite mean and a finite scale > 0, but they were " + mean[i]
                                + " and " + scale[i]);
            }
        }
        return new InputScaling(mean.clone(), scale.clone());
    }

    /**
     * Scaling to mean 0 and variance 1.
     *
     * @param mean {@code [inputs]}, finite
     * @param variance {@code [inputs]}, finite and {@code >= 0}
     * @return the scaling
     */
    public static InputScaling standard(double[] mean, double[] variance) {
        float[] m = new float[mean.length];
        float[] s = new float[variance.length];
        for (int i = 0; i < s.length; i++) {
            m[i] = (float) mean[i];
            s[i] = (float) (1 / Math.sqrt(variance[i] + EPSILON));
        }
        return of(m, s);
    }

    /**
     * Number of inputs.
     *
     * @return length of a row
     */
    public int size() {
        return mean.length;
    }

    /**
     * What is subtracted.
     *
     * @return a copy
     */
    public float[] mean() {
        return mean.clone();
    }

    /**
     * What the rest is multiplied by.
     *
     * @return a copy
     */
    public float[] scale() {
        return scale.clone();
    }

    /**
     * Scales a row in place.
     *
     * @param inputs overwritten, {@code [size]}
     */
    public void apply(float[] inputs) {
        for (int i = 0; i < mean.length; i++) {
            inputs[i] = Math.max(-CLIP, Math.min(CLIP, (inputs[i] - mean[i]) * scale[i]));
        }
    }
}
