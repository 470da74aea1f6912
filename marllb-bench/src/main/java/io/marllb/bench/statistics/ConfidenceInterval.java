package io.marllb.bench.statistics;

/**
 * A two-sided confidence interval.
 *
 * @param low lower end
 * @param high upper end, {@code >= low}; both are NaN where the estimate is
 * @param level confidence level, in (0, 1)
 */
public record ConfidenceInterval(double low, double high, double level) {

    /** Checks the order of the ends and the level. */
    public ConfidenceInterval {
        requireLevel(level);
        if (low > high) {
            throw new IllegalArgumentException("low must be <= high, but was " + low + " and " + high);
        }
    }

    /**
     * Whether a value is inside, ends included.
     *
     * @param x the value
     * @return false for NaN
     */
    public boolean contains(double x) {
        return low <= x && x <= high;
    }

    /**
     * Half its length.
     *
     * @return {@code >= 0}
     */
    public double halfWidth() {
        return (high - low) / 2;
    }

    static void requireLevel(double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("level must be in (0, 1), but was " + level);
        }
    }
}
