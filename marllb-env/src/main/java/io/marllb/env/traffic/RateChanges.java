package io.marllb.env.traffic;

import io.marllb.core.check.Checks;

/**
 * How the arrival rate changes during a run: from each moment on it is a factor times the base rate. Immutable.
 *
 * <p>The base traffic lives in operational time; a run's time follows from it by the inverse of the accumulated factor. So a change is exact
 * for every kind of arrivals: a Poisson process stays one, a trace is played faster or slower, and a factor of 1 changes no bit.
 */
public final class RateChanges {

    /** No change. */
    public static final RateChanges NONE = of(new long[0], new double[0]);

    private final long[] at; // [changes], never decreasing, >= 0
    private final double[] factors; // [changes], finite, > 0

    private RateChanges(long[] at, double[] factors) {
        this.at = at;
        this.factors = factors;
    }

    /**
     * Changes in the order of time; of several at the same moment the last holds.
     *
     * @param at nanoseconds from the start of the run, {@code >= 0}, never decreasing; copied
     * @param factors times the base rate, finite, {@code > 0}; copied
     * @return the changes
     */
    public static RateChanges of(long[] at, double[] factors) {
        Checks checks = new Checks("rate changes")
                .that(
                        at.length == factors.length,
                        "there are " + at.length + " moments and " + factors.length
                                + " factors; give one factor for each");
        for (int i = 0; i < at.length; i++) {
            checks.atLeast("at[" + i + "]", at[i], i == 0 ? 0 : at[i - 1]);
        }
        for (int i = 0; i < factors.length; i++) {
            checks.positive("factors[" + i + "]", factors[i]);
        }
        checks.throwIfAny();
        return new RateChanges(at.clone(), factors.clone());
    }

    int size() {
        return at.length;
    }

    long at(int i) {
        return at[i];
    }

    double factor(int i) {
        return factors[i];
    }
}
