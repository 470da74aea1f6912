package io.marllb.sampling;

import io.marllb.core.check.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What can be read from a set of (value, time) samples. NaN when there is no sample.
 *
 * <p>Ages are in seconds. Moments are those of the population, as NumPy's and SciPy's defaults.
 */
public enum Statistic {
    /** Plain mean. */
    MEAN("mean"),
    /** Plain 90th percentile by linear interpolation at rank 0.9 (n - 1), as NumPy's default. */
    P90("p90"),
    /** Standard deviation σ. */
    STD("std"),
    /** Mean with weights {@code 0.9^age}, normalised by their sum; does not depend on when it is read. */
    DISCOUNTED_MEAN("discounted-mean"),
    /** Smallest value with at least 90 % of these weights at or below it, as NumPy's {@code inverted_cdf}. */
    DISCOUNTED_P90("discounted-p90"),
    /** Mean of the products value times {@code 0.9^age}: the published, unnormalised form. */
    PRODUCT_MEAN("product-mean"),
    /** Plain 90th percentile of these products. */
    PRODUCT_P90("product-p90"),
    /** Skewness {@code m3 / σ³}; NaN when all values are equal. */
    SKEWNESS("skewness"),
    /** Excess kurtosis {@code m4 / σ⁴ - 3}; NaN when all values are equal. */
    KURTOSIS("kurtosis"),
    /** Coefficient of variation {@code σ / mean}; NaN when the mean is 0. */
    CV("cv");

    private final String id;

    Statistic(String id) {
        this.id = id;
    }

    /**
     * The name in configurations and feature names.
     *
     * @return lower case, such as {@code "discounted-mean"}
     */
    public String id() {
        return id;
    }

    /**
     * Every name that {@link #named} knows.
     *
     * @return ids in the order of the constants
     */
    public static List<String> names() {
        return Arrays.stream(values()).map(Statistic::id).toList();
    }

    /**
     * A statistic by its name in a configuration.
     *
     * @param name an id
     * @return the statistic
     * @throws IllegalArgumentException if there is none, with the nearest name
     */
    public static Statistic named(String name) {
        Objects.requireNonNull(name, "name");
        for (Statistic s : values()) {
            if (s.id.equals(name)) {
                return s;
            }
        }
        throw new IllegalArgumentException("unknown statistic '" + name + "'" + Nearest.hint(name, names()));
    }
}
