package io.marllb.dataplane.control;

/** What every host demands of a policy's weights. */
final class WeightCheck {

    private WeightCheck() {}

    /** Finite, not negative, and not all 0 over the servers that take part. */
    static boolean valid(double[] weights, boolean[] active) {
        double sum = 0;
        boolean any = false;
        for (int j = 0; j < weights.length; j++) {
            if (!(weights[j] >= 0 && weights[j] < Double.POSITIVE_INFINITY)) {
                return false;
            }
            if (active[j]) {
                any = true;
                sum += weights[j];
            }
        }
        return !any || sum > 0 && sum < Double.POSITIVE_INFINITY;
    }
}
