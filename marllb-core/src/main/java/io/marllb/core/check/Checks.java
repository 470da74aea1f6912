package io.marllb.core.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Collects the violations of one configuration record, so that a user sees all of them at once. Not thread-safe. */
public final class Checks {

    private final String subject;
    private final List<String> violations = new ArrayList<>();

    /**
     * Starts with no violation.
     *
     * @param subject name of the record that is checked, first word of the message
     */
    public Checks(String subject) {
        this.subject = subject;
    }

    /**
     * Requires a finite value in a closed range; NaN fails.
     *
     * @param name component name
     * @param x its value
     * @param min smallest allowed value
     * @param max largest allowed value
     * @return this
     */
    public Checks inRange(String name, double x, double min, double max) {
        return that(x >= min && x <= max, name + " must be in [" + min + ", " + max + "], but was " + x);
    }

    /**
     * Requires a finite value {@code > 0}; NaN fails.
     *
     * @param name component name
     * @param x its value
     * @return this
     */
    public Checks positive(String name, double x) {
        return that(x > 0 && x < Double.POSITIVE_INFINITY, name + " must be finite and > 0, but was " + x);
    }

    /**
     * Requires a positive duration.
     *
     * @param name component name
     * @param x its value
     * @return this
     */
    public Checks positive(String name, Duration x) {
        return that(!x.isNegative() && !x.isZero(), name + " must be > 0, but was " + x);
    }

    /**
     * Requires a finite value {@code >= 0}; NaN fails.
     *
     * @param name component name
     * @param x its value
     * @return this
     */
    public Checks notNegative(String name, double x) {
        return that(x >= 0 && x < Double.POSITIVE_INFINITY, name + " must be finite and >= 0, but was " + x);
    }

    /**
     * Requires at least a number.
     *
     * @param name component name
     * @param x its value
     * @param min smallest allowed value
     * @return this
     */
    public Checks atLeast(String name, long x, long min) {
        return that(x >= min, name + " must be >= " + min + ", but was " + x);
    }

    /**
     * Records a violation unless a condition holds.
     *
     * @param condition what must hold
     * @param violation name, rule, value and the fix when it is known
     * @return this
     */
    public Checks that(boolean condition, String violation) {
        if (!condition) {
            violations.add(violation);
        }
        return this;
    }

    /**
     * What was violated so far.
     *
     * @return a copy, in the order of the checks
     */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /**
     * Ends the check.
     *
     * @throws IllegalArgumentException with every violation, if there is any
     */
    public void throwIfAny() {
        if (!violations.isEmpty()) {
            throw new IllegalArgumentException(subject + ": " + String.join("; ", violations));
        }
    }
}
