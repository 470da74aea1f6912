package io.marllb.policies.host;

import java.util.function.IntPredicate;

/** What weights and a bias must be before any host puts them in force. */
public final class WeightCheck {

    private WeightCheck() {}

    /**
     * Whether weights can be used: each finite and {@code >= 0}, and their sum over the active servers finite and {@code > 0}. While no server is
     * active, any weights can.
     *
     * @param weights {@code [n]}
     * @param active whether a server takes part
     * @return false for weights that must be replaced
     */
    public static boolean weights(double[] weights, IntPredicate active) {
        double sum = 0;
        boolean anyActive = false;
        for (int j = 0; j < weights.length; j++) {
            if (active.test(j)) {
                anyActive = true;
                sum += weights[j];
            }
            if (!(weights[j] >= 0 && weights[j] < Double.POSITIVE_INFINITY)) {
                sum = Double.NaN;
            }
        }
        return !anyActive || (sum > 0 && sum < Double.POSITIVE_INFINITY);
    }

    /**
     * Whether a bias can be used.
     *
     * @param bias the b of {@code argmin (q + b) / w}
     * @return true if it is finite and {@code >= 0}, or NaN, which leaves the rule its own
     */
    public static boolean bias(double bias) {
        return !(bias < 0 || bias == Double.POSITIVE_INFINITY);
    }
}
