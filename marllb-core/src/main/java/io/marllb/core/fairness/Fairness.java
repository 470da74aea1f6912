package io.marllb.core.fairness;

import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Measures of how evenly n loads are spread; more is better, and equal loads are best.
 *
 * <p>Loads are finite and {@code >= 0}; their unit is the caller's (seconds of flow duration, flows in flight per core). Scale-free
 * measures do not change when every load is multiplied by the same factor. No load at all, and no server at all, count as equal loads. None
 * depends on the order of the loads beyond rounding. O(n) without allocation, except {@link #GINI}.
 *
 * <p>Where earlier programs had defects, this is the mended form, and the constant says so.
 */
public enum Fairness {
    /**
     * Jain's index {@code (Σx)² / (n Σx²)}, in [1/n, 1]; scale-free (Jain, Chiu and Hawe 1984, DEC-TR-301). Loads are divided by their
     * maximum first, so that neither sum can overflow, and rounding is clipped to the range.
     */
    JAIN("jain", 1),
    /**
     * The product {@code F = Π (x_j / max x)}, in [0, 1]; scale-free (Yao et al. 2022, arXiv:2201.11727, section 3). Earlier programs
     * divided the product by one maximum only, or summed {@code ln(x + 1e-10)}; both reward more load everywhere, this does not.
     */
    PRODUCT("product", 1),
    /**
     * Variance-based fairness {@code -Var(x)} of the population, {@code <= 0} (Yao et al. 2022, arXiv:2206.01451): the reward that makes
     * the balancers' game a potential game. Also named {@code vbf}.
     */
    VARIANCE("variance", 0, "vbf"),
    /** {@code -σ}, the negative standard deviation of the population, {@code <= 0}. */
    STD("std", 0),
    /** {@code -σ/μ}, the negative coefficient of variation, in [-√(n-1), 0]; scale-free. */
    CV("cv", 0),
    /** {@code -max x}, {@code <= 0}: the makespan when loads are times. Also named {@code makespan}. */
    MAX("max", 0, "makespan"),
    /**
     * {@code min x / max x}, in [0, 1]; scale-free. An earlier program returned the minimum itself, which rewards more load on every server;
     * here the minimum is compared with the maximum.
     */
    MIN("min", 1),
    /** {@code -(max x - min x)}, {@code <= 0}. */
    RANGE("range", 0),
    /**
     * The negative Gini coefficient {@code -Σ_i Σ_j |x_i - x_j| / (2 n² μ)}, in [-(n-1)/n, 0]; scale-free. Sorts a copy: O(n log n) instead
     * of the n² terms of earlier programs.
     */
    GINI("gini", 0),
    /** {@code exp(-10000 Var(x))}, in [0, 1]: the original program's reward for loads in seconds. */
    VARIANCE_EXP("variance-exp", 1, "var-exp"),
    /** {@code -ln Var(x)}, with the variance floored at 1e-12 so that equal loads score 27.6 and not infinity. */
    VARIANCE_LOG("variance-log", -StrictMath.log(Fairness.FLOOR), "var-log"),
    /** {@code exp(-10000 max x)}, in [0, 1]: the original program's reward for loads in seconds. */
    MAX_EXP("max-exp", 1),
    /** {@code -ln max x}, with the maximum floored at 1e-12 so that no load scores 27.6 and not infinity. */
    MAX_LOG("max-log", -StrictMath.log(Fairness.FLOOR));

    private static final double STEEPNESS = 10_000; // of the original program's exponential rewards
    private static final double FLOOR = 1e-12; // of what logarithms see

    private final String id;
    private final double best;
    private final String alias; // its own id where there is no other name

    Fairness(String id, double best) {
        this(id, best, id);
    }

    Fairness(String id, double best, String alias) {
        this.id = id;
        this.best = best;
        this.alias = alias;
    }

    /**
     * The name in configurations.
     *
     * @return lower case, such as {@code "jain"}
     */
    public String id() {
        return id;
    }

    /**
     * The value of equal loads (of no load, for the measures of the maximum).
     *
     * @return the largest value that {@link #of} returns
     */
    public double best() {
        return best;
    }

    /**
     * Every name that {@link #named} knows.
     *
     * @return ids first, then other names
     */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        for (Fairness f : values()) {
            names.add(f.id);
        }
        for (Fairness f : values()) {
            if (!f.alias.equals(f.id)) {
                names.add(f.alias);
            }
        }
        return names;
    }

    /**
     * A measure by its name in a configuration.
     *
     * @param name an id or another name of a measure
     * @return the measure
     * @throws IllegalArgumentException if there is none, with the nearest name
     */
    public static Fairness named(String name) {
        Objects.requireNonNull(name, "name");
        for (Fairness f : values()) {
            if (f.id.equals(name) || f.alias.equals(name)) {
                return f;
            }
        }
        throw new IllegalArgumentException("unknown fairness '" + name + "'" + Nearest.hint(name, names()));
    }

    /**
     * The measure of some loads.
     *
     * @param loads {@code [n]}, of active servers only, each finite and {@code >= 0}
     * @return the measure, finite
     * @throws IllegalArgumentException if a load is negative, infinite or NaN
     */
    public double of(double[] loads) {
        return of(loads, loads.length);
    }

    /**
     * The measure of the first n loads of a longer array.
     *
     * @param loads {@code [>= n]}, the first n of active servers only, each finite and {@code >= 0}
     * @param n how many count, {@code >= 0}
     * @return the measure, finite
     * @throws IllegalArgumentException if a load is negative, infinite or NaN
     */
    public double of(double[] loads, int n) {
        Objects.checkFromIndexSize(0, n, loads.length);
        double max = max(loads, n);
        return switch (this) {
            case JAIN -> jain(loads, n, max);
            case PRODUCT -> product(loads, n, max);
            case VARIANCE -> 0 - variance(loads, n);
            case STD -> 0 - Math.sqrt(variance(loads, n));
            case CV -> max == 0 ? 0 : 0 - Math.sqrt(variance(loads, n)) / mean(loads, n);
            case MAX -> 0 - max;
            case MIN -> max == 0 ? 1 : min(loads, n) / max;
            case RANGE -> max == 0 ? 0 : min(loads, n) - max;
            case GINI -> max == 0 ? 0 : 0 - gini(loads, n);
            case VARIANCE_EXP -> StrictMath.exp(-STEEPNESS * variance(loads, n));
            case VARIANCE_LOG -> -StrictMath.log(Math.max(variance(loads, n), FLOOR));
            case MAX_EXP -> StrictMath.exp(-STEEPNESS * max);
            case MAX_LOG -> -StrictMath.log(Math.max(max, FLOOR));
        };
    }

    private static double max(double[] x, int n) {
        double max = 0;
        for (int i = 0; i < n; i++) {
            requireLoad(x[i], i);
            max = x[i] > max ? x[i] : max;
        }
        return max;
    }

    static void requireLoad(double load, int index) {
        if (!(load >= 0 && load < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("loads[" + index + "] must be finite and >= 0, but was " + load);
        }
    }

    private static double min(double[] x, int n) {
        double min = x[0];
        for (int i = 1; i < n; i++) {
            min = x[i] < min ? x[i] : min;
        }
        return min;
    }

    private static double mean(double[] x, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[i];
        }
        return sum / n;
    }

    private static double variance(double[] x, int n) {
        if (n == 0) {
            return 0;
        }
        double mean = mean(x, n);
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (x[i] - mean) * (x[i] - mean);
        }
        return sum / n;
    }

    private static double jain(double[] x, int n, double max) {
        if (max == 0) {
            return 1;
        }
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double share = x[i] / max;
            sum += share;
            squares += share * share;
        }
        return Math.max(1.0 / n, Math.min(1, sum * sum / (n * squares)));
    }

    private static double product(double[] x, int n, double max) {
        double product = 1;
        for (int i = 0; i < n && max > 0; i++) {
            product *= x[i] / max;
        }
        return product;
    }

    private static double gini(double[] x, int n) {
        double[] sorted = Arrays.copyOf(x, n);
        Arrays.sort(sorted);
        double sum = 0;
        double ranked = 0;
        for (int i = 0; i < n; i++) {
            sum += sorted[i];
            ranked += (2.0 * i - n + 1) * sorted[i];
        }
        return Math.max(0, ranked / (n * sum));
    }
}
