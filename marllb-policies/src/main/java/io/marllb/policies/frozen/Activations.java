package io.marllb.policies.frozen;

/**
 * The activation functions of every network, the same when it learns and when it serves. Stateless.
 *
 * <p>Plain float arithmetic in loops without branches: the compiler may run several elements at once, and since no element depends on another
 * the result has the same bits on every machine, whatever its vector width.
 */
public final class Activations {

    /** Where tanh is 1 in float32: beyond it the argument counts as this. */
    private static final float CLAMP = 7.905311f;

    // Minimax rational approximation of odd degree 13 over even degree 6, as in Eigen's and XLA's float tanh.
    private static final float A1 = (float) 4.89352455891786e-03;
    private static final float A3 = (float) 6.37261928875436e-04;
    private static final float A5 = (float) 1.48572235717979e-05;
    private static final float A7 = (float) 5.12229709037114e-08;
    private static final float A9 = (float) -8.60467152213735e-11;
    private static final float A11 = (float) 2.00018790482477e-13;
    private static final float A13 = (float) -2.76076847742355e-16;
    private static final float B0 = (float) 4.89352518554385e-03;
    private static final float B2 = (float) 2.26843463243900e-03;
    private static final float B4 = (float) 1.18534705686654e-04;
    private static final float B6 = (float) 1.19825839466702e-06;

    private Activations() {}

    /**
     * Hyperbolic tangent, within 4e-7 of the exact value.
     *
     * @param x any number
     * @return in [-1, 1]; NaN for NaN
     */
    public static float tanh(float x) {
        float c = Math.min(Math.max(x, -CLAMP), CLAMP);
        float s = c * c;
        float p = c * (A1 + s * (A3 + s * (A5 + s * (A7 + s * (A9 + s * (A11 + s * A13))))));
        float q = B0 + s * (B2 + s * (B4 + s * B6));
        return p / q;
    }

    /**
     * Logistic function {@code 1 / (1 + exp(-x))}, within 3e-7 of the exact value.
     *
     * @param x any number
     * @return in [0, 1]; NaN for NaN
     */
    public static float sigmoid(float x) {
        return 0.5f + 0.5f * tanh(0.5f * x);
    }

    /**
     * {@link #tanh(float)} of a range, in place.
     *
     * @param values overwritten from {@code from} to {@code to}
     * @param from first index
     * @param to index behind the last
     */
    public static void tanh(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = tanh(values[i]);
        }
    }

    /**
     * {@link #sigmoid(float)} of a range, in place.
     *
     * @param values overwritten from {@code from} to {@code to}
     * @param from first index
     * @param to index behind the last
     */
    public static void sigmoid(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = sigmoid(values[i]);
        }
    }

    /**
     * {@code max(x, 0)} of a range, in place; NaN stays NaN.
     *
     * @param values overwritten from {@code from} to {@code to}
     * @param from first index
     * @param to index behind the last
     */
    public static void relu(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = Math.max(values[i], 0f);
        }
    }
}
