package io.marllb.core.rl;

import io.marllb.core.Words;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Real numbers with bounds per entry; a bound may be infinite, an entry may not. */
public final class Box implements Space {

    private final float[] low; // [size]
    private final float[] high; // [size]
    private final int[] shape;

    private Box(float[] low, float[] high, int[] shape) {
        this.low = low;
        this.high = high;
        this.shape = shape;
    }

    /**
     * The same bounds for every entry.
     *
     * @param low lower bound, may be {@code -Infinity}
     * @param high upper bound, {@code >= low}, may be {@code +Infinity}
     * @param shape at least one dimension, each {@code >= 1}
     * @return the space
     */
    public static Box of(float low, float high, int... shape) {
        int size = 1;
        for (int d : shape) {
            if (d < 1) {
                throw new IllegalArgumentException("shape must have entries >= 1, but was " + Arrays.toString(shape));
            }
            size = Math.multiplyExact(size, d);
        }
        float[] lows = new float[size];
        float[] highs = new float[size];
        Arrays.fill(lows, low);
        Arrays.fill(highs, high);
        return of(lows, highs, shape);
    }

    /**
     * Bounds per entry.
     *
     * @param low lower bounds, {@code [size]}, row-major
     * @param high upper bounds, {@code [size]}, each at least its lower bound
     * @param shape dimensions whose product is size; {@code [size]} when left out
     * @return the space
     */
    public static Box of(float[] low, float[] high, int... shape) {
        if (low.length == 0 || low.length != high.length) {
            throw new IllegalArgumentException(
                    "low and high must have the same length >= 1, but have " + low.length + " and " + high.length);
        }
        int[] dims = shape.length == 0 ? new int[] {low.length} : shape.clone();
        int product = 1;
        for (int d : dims) {
            product = d < 1 ? 0 : product * d;
        }
        if (product != low.length) {
            throw new IllegalArgumentException(
                    "shape " + Arrays.toString(dims) + " does not hold " + low.length + " entries");
        }
        for (int i = 0; i < low.length; i++) {
            if (!(low[i] <= high[i]) || low[i] == Float.POSITIVE_INFINITY || high[i] == Float.NEGATIVE_INFINITY) {
                throw new IllegalArgumentException(
                        "low[" + i + "] must be <= high[" + i + "], but were " + low[i] + " and " + high[i]);
            }
        }
        return new Box(low.clone(), high.clone(), dims);
    }

    /**
     * Lower bound of an entry.
     *
     * @param i index in {@code [0, size)}
     * @return bound, may be {@code -Infinity}
     */
    public float low(int i) {
        return low[i];
    }

    /**
     * Upper bound of an entry.
     *
     * @param i index in {@code [0, size)}
     * @return bound, may be {@code +Infinity}
     */
    public float high(int i) {
        return high[i];
    }

    /**
     * Whether every entry has two finite bounds.
     *
     * @return true if bounded on both sides
     */
    public boolean bounded() {
        for (int i = 0; i < low.length; i++) {
            if (Float.isInfinite(low[i]) || Float.isInfinite(high[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int size() {
        return low.length;
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    @Override
    public boolean contains(float[] x) {
        return x.length == low.length && firstWrong(x) < 0;
    }

    @Override
    public Optional<String> violation(float[] x) {
        if (x.length != low.length) {
            return Optional.of("has " + x.length + " entries, but " + this + " takes " + low.length);
        }
        int i = firstWrong(x);
        return i < 0
                ? Optional.empty()
                : Optional.of(
                        "entry " + i + " must be finite and in [" + low[i] + ", " + high[i] + "], but was " + x[i]);
    }

    private int firstWrong(float[] x) {
        for (int i = 0; i < low.length; i++) {
            if (!(x[i] >= low[i] && x[i] <= high[i]) || Float.isInfinite(x[i])) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Draws each entry on its own: uniform between two finite bounds, bound plus or minus an exponential of mean 1 with one, standard
     * normal with none (as Gymnasium does).
     *
     * @param random source of the draw; takes one word per entry, two per unbounded entry
     * @param into overwritten, {@code [size]}
     */
    @Override
    public void sample(RandomGenerator random, float[] into) {
        for (int i = 0; i < low.length; i++) {
            double u = Words.unit(random.nextLong());
            boolean below = low[i] != Float.NEGATIVE_INFINITY;
            boolean above = high[i] != Float.POSITIVE_INFINITY;
            double x;
            if (below && above) {
                x = low[i] + u * ((double) high[i] - low[i]);
            } else if (below || above) {
                double exponential = -StrictMath.log(1 - u);
                x = below ? low[i] + exponential : high[i] - exponential;
            } else {
                // Box and Muller (1958), one of the pair
                double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - u));
                x = radius * StrictMath.cos(2 * Math.PI * Words.unit(random.nextLong()));
            }
            into[i] = Math.max(low[i], Math.min(high[i], (float) x));
        }
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Box other
                && Arrays.equals(low, other.low)
                && Arrays.equals(high, other.high)
                && Arrays.equals(shape, other.shape);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(low) + Arrays.hashCode(high)) + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return "Box(" + bounds(low) + ", " + bounds(high) + ", " + Arrays.toString(shape) + ")";
    }

    private static String bounds(float[] b) {
        for (float x : b) {
            if (x != b[0]) {
                return Arrays.toString(b);
            }
        }
        return Float.toString(b[0]);
    }
}
