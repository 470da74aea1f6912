package io.marllb.dataplane.control;

/**
 * Bounds how fast weights change: from one interval to the next a server's share of the mean weight changes by at most a factor. Only shares count, since
 * the rules do not care for a common factor. What keeps within the bound passes with its very bits. Not thread-safe; allocates nothing once built.
 */
final class StepLimit {

    /** Of the mean: from here a weight may go to 0, and a weight that was 0 rises from here. */
    static final double FLOOR = 0.01;

    private final double[] inForce; // [n]
    private final boolean[] known; // [n], it was active when that weight was set
    private long limited;

    StepLimit(int slots) {
        inForce = new double[slots];
        known = new boolean[slots];
    }

    /**
     * Bounds new weights against those in force, which they become.
     *
     * @param weights valid; overwritten where the bound is passed
     * @param active who takes part
     * @param factor the bound, {@code > 1}
     */
    void apply(double[] weights, boolean[] active, double factor) {
        double oldSum = 0;
        double newSum = 0;
        int both = 0;
        for (int j = 0; j < weights.length; j++) {
            if (active[j] && known[j]) {
                oldSum += inForce[j];
                newSum += weights[j];
                both++;
            }
        }
        // Means below the smallest normal number or infinite ones carry no shares; such weights are passed on as they
        // are.
        boolean comparable = usable(oldSum) && usable(newSum);
        if (comparable && exceeds(weights, active, factor, both / oldSum, both / newSum)) {
            limited++;
            bound(weights, active, factor, both / oldSum, both / newSum);
        }
        replace(weights, active);
    }

    private static boolean usable(double sum) {
        return sum >= Double.MIN_NORMAL && sum < Double.POSITIVE_INFINITY;
    }

    private boolean exceeds(double[] weights, boolean[] active, double factor, double perOld, double perNew) {
        for (int j = 0; j < weights.length; j++) {
            if (active[j] && known[j]) {
                double before = inForce[j] * perOld;
                double share = weights[j] * perNew;
                if (share > most(before, factor) || share < least(before, factor)) {
                    return true;
                }
            }
        }
        return false;
    }

    private void bound(double[] weights, boolean[] active, double factor, double perOld, double perNew) {
        for (int j = 0; j < weights.length; j++) {
            double share = weights[j] * perNew;
            if (active[j] && known[j]) {
                double before = inForce[j] * perOld;
                weights[j] = Math.max(least(before, factor), Math.min(most(before, factor), share));
            } else {
                weights[j] = share < Double.POSITIVE_INFINITY ? share : 1;
            }
        }
    }

    private static double most(double before, double factor) {
        return Math.max(before, FLOOR) * factor;
    }

    private static double least(double before, double factor) {
        return before <= FLOOR ? 0 : before / factor;
    }

    /** These weights are in force now, however they came about. */
    void replace(double[] weights, boolean[] active) {
        System.arraycopy(weights, 0, inForce, 0, weights.length);
        System.arraycopy(active, 0, known, 0, active.length);
    }

    /** How often the bound was passed. */
    long limited() {
        return limited;
    }
}
