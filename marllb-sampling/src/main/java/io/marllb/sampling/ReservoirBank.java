package io.marllb.sampling;

import io.marllb.core.Reduction;
import io.marllb.core.Words;
import io.marllb.core.check.Checks;
import java.util.Arrays;
import java.util.Objects;

/**
 * Many recency-biased reservoirs of (value, time) samples in one flat array, such as two for every server of a balancer.
 *
 * <p>A reservoir first fills; then each kept sample replaces a uniformly random slot, so the ages of the samples are geometric and the
 * reservoir follows the recent past without a window (Yao et al. 2022, arXiv:2201.11727, section 3 and Algorithm 2: with K slots and keep
 * probability p, the expected number of samples that survive T seconds at rate λ is {@code λ p ((K - p) / K)^(λ T)} per second). Unlike
 * Algorithm 2, whether to keep and which slot to replace come from disjoint halves of the random word, and an empty reservoir is empty
 * instead of full of zeros.
 *
 * <p>Percentiles: {@link Reduction#P90} is NumPy's default (linear interpolation at rank 0.9 (n - 1)); {@link Reduction#DISCOUNTED_P90} is
 * the smallest value that has at least 90 % of the weight at or below it (NumPy's {@code inverted_cdf}, the only one it weighs).
 *
 * <p>No method but the constructors allocates. Not thread-safe, not even for concurrent reads: reductions share scratch space.
 */
public final class ReservoirBank {

    private static final long LOW_HALF = 0xffffffffL;
    private static final double TWO_32 = 0x1.0p32;

    // places in the output of reduceAll, in the order of Reduction
    private static final int MEAN = 0;
    private static final int P90 = 1;
    private static final int STD = 2;
    private static final int DISCOUNTED_MEAN = 3;
    private static final int DISCOUNTED_P90 = 4;

    private final int slots;
    private final long keepBelow; // keep if the low half of a word is below; 2^32 = always
    private final Discounting discounting;
    private final double[] samples; // [reservoirs, slots, (value, nanoseconds)]
    private final int[] sizes; // [reservoirs]
    private final Reducer reducer;

    /**
     * Empty reservoirs that keep every sample and discount by normalised weights.
     *
     * @param reservoirs how many, {@code >= 1}
     * @param slots samples that each holds at most, {@code >= 1}; 128 in the original
     */
    public ReservoirBank(int reservoirs, int slots) {
        this(reservoirs, slots, 1, Discounting.NORMALISED);
    }

    /**
     * Empty reservoirs.
     *
     * @param reservoirs how many, {@code >= 1}
     * @param slots samples that each holds at most, {@code >= 1}
     * @param keepProbability probability p that a sample is kept once a reservoir is full, in (0, 1]
     * @param discounting form of the two discounted reductions
     */
    public ReservoirBank(int reservoirs, int slots, double keepProbability, Discounting discounting) {
        new Checks("ReservoirBank")
                .atLeast("reservoirs", reservoirs, 1)
                .atLeast("slots", slots, 1)
                .that(
                        2L * reservoirs * slots <= Integer.MAX_VALUE - 8,
                        "reservoirs x slots must be below 2^30, but was " + (long) reservoirs * slots)
                .that(
                        keepProbability > 0 && keepProbability <= 1,
                        "keepProbability must be in (0, 1], but was " + keepProbability)
                .throwIfAny();
        this.slots = slots;
        this.keepBelow = (long) Math.ceil(keepProbability * TWO_32);
        this.discounting = Objects.requireNonNull(discounting, "discounting");
        samples = new double[2 * reservoirs * slots];
        sizes = new int[reservoirs];
        reducer = new Reducer(slots);
    }

    /**
     * Number of reservoirs.
     *
     * @return count, {@code >= 1}
     */
    public int reservoirs() {
        return sizes.length;
    }

    /**
     * Capacity of each reservoir.
     *
     * @return count, {@code >= 1}
     */
    public int slots() {
        return slots;
    }

    /**
     * Offers a sample. Times are kept as doubles: exact to 2^53 ns (104 days) from the clock's zero.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param value finite; seconds where it is a time
     * @param nowNanos when it was taken
     * @param word 64 uniform random bits; used only once the reservoir is full
     */
    public void add(int reservoir, double value, long nowNanos, long word) {
        assert Double.isFinite(value) : value;
        int size = sizes[reservoir];
        int slot;
        if (size < slots) {
            slot = size;
            sizes[reservoir] = size + 1;
        } else {
            if ((word & LOW_HALF) >= keepBelow) {
                return;
            }
            slot = Words.below(word, slots); // upper half
        }
        int at = 2 * (reservoir * slots + slot);
        samples[at] = value;
        samples[at + 1] = nowNanos;
    }

    /**
     * Number of samples in a reservoir.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @return count in {@code [0, slots]}
     */
    public int size(int reservoir) {
        return sizes[reservoir];
    }

    /**
     * A sample's value.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param slot index in {@code [0, size(reservoir))}
     * @return the value as it was added
     */
    public double value(int reservoir, int slot) {
        return samples[2 * (reservoir * slots + Objects.checkIndex(slot, sizes[reservoir]))];
    }

    /**
     * When a sample was taken.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param slot index in {@code [0, size(reservoir))}
     * @return nanoseconds on the clock of {@link #add}
     */
    public long timeNanos(int reservoir, int slot) {
        return (long) samples[2 * (reservoir * slots + Objects.checkIndex(slot, sizes[reservoir])) + 1];
    }

    /**
     * Empties a reservoir.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     */
    public void clear(int reservoir) {
        sizes[reservoir] = 0;
    }

    /** Empties every reservoir. */
    public void clear() {
        Arrays.fill(sizes, 0);
    }

    /**
     * A statistic of a reservoir.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param reduction which statistic
     * @param nowNanos time of reading; matters only under {@link Discounting#PRODUCTS}
     * @return its value; NaN when the reservoir is empty
     */
    public double reduce(int reservoir, Reduction reduction, long nowNanos) {
        boolean normalised = discounting == Discounting.NORMALISED;
        return switch (reduction) {
            case MEAN -> statistic(reservoir, Statistic.MEAN, nowNanos);
            case P90 -> statistic(reservoir, Statistic.P90, nowNanos);
            case STD -> statistic(reservoir, Statistic.STD, nowNanos);
            case DISCOUNTED_MEAN ->
                statistic(reservoir, normalised ? Statistic.DISCOUNTED_MEAN : Statistic.PRODUCT_MEAN, nowNanos);
            case DISCOUNTED_P90 ->
                statistic(reservoir, normalised ? Statistic.DISCOUNTED_P90 : Statistic.PRODUCT_P90, nowNanos);
        };
    }

    /**
     * Any statistic of a reservoir.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param statistic which one
     * @param nowNanos time of reading
     * @return its value; NaN when the reservoir is empty
     */
    public double statistic(int reservoir, Statistic statistic, long nowNanos) {
        load(reservoir);
        return reducer.statistic(statistic, nowNanos);
    }

    /**
     * All statistics of a reservoir at once, the same bits as one by one.
     *
     * @param reservoir index in {@code [0, reservoirs)}
     * @param nowNanos time of reading; matters only under {@link Discounting#PRODUCTS}
     * @param out {@code [5]}, overwritten: mean, p90, std, discounted mean, discounted p90 (the order of {@link Reduction}); NaN when the reservoir is empty
     */
    public void reduceAll(int reservoir, long nowNanos, double[] out) {
        load(reservoir);
        double mean = reducer.mean();
        out[MEAN] = mean;
        out[STD] = reducer.std(mean);
        if (discounting == Discounting.NORMALISED) {
            reducer.weigh(reducer.newest());
            out[DISCOUNTED_MEAN] = reducer.weightedMean();
            reducer.bothP90(out, P90, DISCOUNTED_P90);
        } else {
            out[P90] = reducer.p90();
            reducer.weigh((double) nowNanos);
            reducer.multiplyByWeights();
            out[DISCOUNTED_MEAN] = reducer.mean();
            out[DISCOUNTED_P90] = reducer.p90();
        }
    }

    private void load(int reservoir) {
        reducer.load(samples, 2 * reservoir * slots, sizes[reservoir]);
    }
}
