package io.marllb.sampling;

import io.marllb.core.Words;
import io.marllb.core.check.Checks;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * A sample of the recent past: once full, each kept offer replaces a uniformly random slot, so the age of a slot's sample, counted in offers,
 * is geometric with mean K/p for K slots and keep probability p. One reservoir of {@link ReservoirBank}, that can be merged.
 */
public final class RecencyReservoir extends SlotReservoir {

    private static final long LOW_HALF = 0xffffffffL;
    private static final double TWO_32 = 0x1.0p32;

    private final RandomGenerator random;
    private final double keepProbability;
    private final long keepBelow; // keep if the low half of a word is below; 2^32 = always
    private final long[] ordinals; // [capacity], which offer a slot holds, from 1
    private long firstNanos;
    private long lastNanos;

    /**
     * An empty reservoir that keeps every offer.
     *
     * @param random the reservoir's own stream
     * @param capacity samples that are held at most, {@code >= 1}
     */
    public RecencyReservoir(RandomGenerator random, int capacity) {
        this(random, capacity, 1);
    }

    /**
     * An empty reservoir.
     *
     * @param random the reservoir's own stream
     * @param capacity samples that are held at most, {@code >= 1}
     * @param keepProbability probability p that an offer is kept once the reservoir is full, in (0, 1]
     */
    public RecencyReservoir(RandomGenerator random, int capacity, double keepProbability) {
        super(capacity);
        new Checks("RecencyReservoir")
                .that(
                        keepProbability > 0 && keepProbability <= 1,
                        "keepProbability must be in (0, 1], but was " + keepProbability)
                .throwIfAny();
        this.random = Objects.requireNonNull(random, "random");
        this.keepProbability = keepProbability;
        keepBelow = (long) Math.ceil(keepProbability * TWO_32);
        ordinals = new long[capacity];
    }

    @Override
    public void add(double value, long nowNanos) {
        assert Double.isFinite(value) : value;
        long n = offer();
        if (n == 1) {
            firstNanos = nowNanos;
        }
        lastNanos = nowNanos;
        int slot = size();
        if (slot == capacity()) {
            long word = random.nextLong();
            if ((word & LOW_HALF) >= keepBelow) {
                return;
            }
            slot = Words.below(word, slot);
        }
        put(slot, value, nowNanos);
        ordinals[slot] = n;
    }

    /**
     * Adds what another reservoir has seen: afterwards this is a recency reservoir of both streams together, so the busier stream has more
     * samples and ages shrink as if every offer had come here.
     *
     * <p>The law: let a sample be offer r of its n, and offer R of the N = n + n' of both streams in order of time. It survived its own
     * reservoir with probability {@code q^(n - max(r, K))}, where {@code q = 1 - p/K}, and would have survived the common one with
     * {@code q^(N - max(R, K))} (exponents below 0 count as 0; and was kept at all with p if R > K). Samples are included with probabilities
     * proportional to the ratio of the two, by systematic sampling in order of time, until min(K, N) are held. Exact while N is at most K;
     * beyond, R is known only to the offers between two samples of the other stream, interpolated in time.
     *
     * @param other of the same capacity and keep probability, from another stream; unchanged
     * @throws IllegalArgumentException if these differ or the other is this one
     */
    public void merge(RecencyReservoir other) {
        requireSameCapacity(other);
        if (other.keepProbability != keepProbability) {
            throw new IllegalArgumentException("reservoirs to merge must have the same keep probability, but have "
                    + keepProbability + " and " + other.keepProbability);
        }
        Offers mine = new Offers(this);
        Offers theirs = new Offers(other);
        int pool = size() + other.size();
        long total = offered() + other.offered();
        int held = Math.min(capacity(), pool);
        double[] samples = new double[2 * pool];
        long[] ranks = new long[pool];
        double[] inclusion = new double[pool];
        int a = 0;
        int b = 0;
        for (int i = 0; i < pool; i++) { // merge by time
            boolean fromMine = b == theirs.size || (a < mine.size && mine.times[a] <= theirs.times[b]);
            Offers own = fromMine ? mine : theirs;
            Offers others = fromMine ? theirs : mine;
            int at = fromMine ? a++ : b++;
            samples[2 * i] = own.values[at];
            samples[2 * i + 1] = own.times[at];
            ranks[i] = own.ordinals[at] + Math.round(others.before(own.times[at]));
            inclusion[i] = survivalRatio(ranks[i], total, own.ordinals[at], own.offered);
        }
        scaleTo(held, inclusion);
        double[] merged = new double[2 * held];
        double next = Words.unit(
                random.nextLong()); // where the next sample is taken, on the sum of the inclusion probabilities
        double sum = 0;
        int taken = 0;
        for (int i = 0; i < pool; i++) {
            sum += inclusion[i];
            boolean lastChance = pool - i == held - taken; // rounding of the sum may leave it short
            if (taken < held && (sum > next || lastChance)) {
                merged[2 * taken] = samples[2 * i];
                merged[2 * taken + 1] = samples[2 * i + 1];
                ordinals[taken] = ranks[i];
                taken++;
                next++;
            }
        }
        if (other.offered() > 0) {
            firstNanos = offered() > 0 ? Math.min(firstNanos, other.firstNanos) : other.firstNanos;
            lastNanos = offered() > 0 ? Math.max(lastNanos, other.lastNanos) : other.lastNanos;
        }
        replaceAll(merged, held, total);
    }

    /** Probability to survive as offer R of N, given that it survived as offer r of n. */
    private double survivalRatio(long bigR, long bigN, long r, long n) {
        int k = capacity();
        long replacements = Math.max(0, bigN - Math.max(bigR, k)) - Math.max(0, n - Math.max(r, k));
        double kept = bigR > k && r <= k ? keepProbability : 1;
        return kept * StrictMath.pow(1 - keepProbability / k, (double) Math.max(0, replacements));
    }

    /** Scales inclusion probabilities to a sum, none above 1. */
    private static void scaleTo(int target, double[] probabilities) {
        boolean capped = true;
        while (capped) {
            double certain = 0;
            double uncertain = 0;
            for (double p : probabilities) {
                certain += p == 1 ? 1 : 0;
                uncertain += p < 1 ? p : 0;
            }
            boolean tooMany = certain + uncertain > target;
            double factor = tooMany ? target / (certain + uncertain) : (target - certain) / uncertain;
            capped = false;
            for (int i = 0; i < probabilities.length; i++) {
                if (tooMany || (probabilities[i] > 0 && probabilities[i] < 1)) {
                    probabilities[i] = Math.min(1, probabilities[i] * factor);
                    capped |= probabilities[i] == 1; // what it cannot take, the others must
                }
            }
        }
    }

    /** The samples of a reservoir in order of time, and how many offers it had seen by then. */
    private static final class Offers {
        final int size;
        final double[] values;
        final double[] times;
        final long[] ordinals;
        final long offered;
        private final double first;
        private final double last;

        Offers(RecencyReservoir of) {
            size = of.size();
            offered = of.offered();
            first = of.firstNanos;
            last = of.lastNanos;
            values = new double[size];
            times = new double[size];
            ordinals = new long[size];
            Integer[] order = new Integer[size];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparingLong(i -> of.ordinals[i])); // times do not decrease with the ordinal
            for (int i = 0; i < size; i++) {
                values[i] = of.value(order[i]);
                times[i] = of.timeNanos(order[i]);
                ordinals[i] = of.ordinals[order[i]];
            }
        }

        /** Offers up to a time, interpolated between the samples that are held. */
        double before(double time) {
            if (size == 0 || time < first) {
                return 0;
            }
            if (time >= last) {
                return offered;
            }
            int above = 0;
            while (above < size && times[above] <= time) {
                above++;
            }
            double fromTime = above == 0 ? first : times[above - 1];
            double fromCount = above == 0 ? 1 : ordinals[above - 1];
            double toTime = above == size ? last : times[above];
            double toCount = above == size ? offered : ordinals[above];
            double between = toCount - 1 - fromCount; // the offer at toTime itself comes later
            return between > 0 ? fromCount + (time - fromTime) / (toTime - fromTime) * between : fromCount;
        }
    }
}
