package io.marllb.core.select;

import io.marllb.core.rng.Streams;
import java.util.Arrays;

/**
 * Consistent hashing with near-minimal disruption: the lookup table of Maglev (Eisenbud et al., NSDI 2016, section 3.4), with weights.
 *
 * <p>Server i prefers the slots {@code (offset_i + j skip_i) mod M}; servers take turns in proportion to their weights, each turn claiming
 * the next free slot of its preference, until the table is full. O(M) typical build, O(1) lookup. Not thread-safe.
 */
public final class MaglevTable {

    /** Slots of the paper's small table; prime, and enough for 1 % balance up to 650 servers. */
    public static final int DEFAULT_SLOTS = 65_537;

    private final int[] slots; // [M], server per slot, -1 while empty
    private final long[] names; // [n], hash of each server's name

    /**
     * An empty table for servers that are named by their index.
     *
     * @param servers number of servers n, {@code >= 1}
     * @param slots M, prime and {@code >= servers}
     */
    public MaglevTable(int servers, int slots) {
        if (servers < 1 || slots < servers || !isPrime(slots)) {
            throw new IllegalArgumentException("slots must be a prime >= servers (" + servers + "), but was " + slots
                    + "; 65537 is the usual choice");
        }
        this.slots = new int[slots];
        names = new long[servers];
        for (int i = 0; i < servers; i++) {
            names[i] = Streams.mix(i + 1L);
        }
        Arrays.fill(this.slots, -1);
    }

    private static boolean isPrime(int x) {
        for (int d = 2; (long) d * d <= x; d++) {
            if (x % d == 0) {
                return false;
            }
        }
        return x >= 2;
    }

    /**
     * Fills the table anew.
     *
     * @param weights {@code [n]}, each finite and {@code >= 0}; a server of weight 0 gets no slot, and if all are 0 the table is empty
     */
    public void build(double[] weights) {
        int n = names.length;
        if (weights.length != n) {
            throw new IllegalArgumentException("weights has " + weights.length + " entries, but the table has " + n);
        }
        double max = 0;
        for (int i = 0; i < n; i++) {
            if (!(weights[i] >= 0 && weights[i] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weights[" + i + "] must be finite and >= 0, but was " + weights[i]);
            }
            max = Math.max(max, weights[i]);
        }
        Arrays.fill(slots, -1);
        if (max == 0) {
            return;
        }
        int m = slots.length;
        int[] position = new int[n];
        int[] skip = new int[n];
        double[] credit = new double[n];
        for (int i = 0; i < n; i++) {
            position[i] = (int) Long.remainderUnsigned(names[i], m);
            skip[i] = m == 2 ? 1 : 1 + (int) Long.remainderUnsigned(Streams.mix(names[i]), m - 1);
        }
        int filled = 0;
        while (filled < m) {
            for (int i = 0; i < n && filled < m; i++) {
                credit[i] += weights[i] / max;
                if (credit[i] >= 1) {
                    credit[i] -= 1;
                    int p = position[i];
                    while (slots[p] >= 0) {
                        p = next(p, skip[i], m);
                    }
                    slots[p] = i;
                    position[i] = next(p, skip[i], m);
                    filled++;
                }
            }
        }
    }

    private static int next(int position, int skip, int m) {
        int p = position + skip;
        return p >= m || p < 0 ? p - m : p;
    }

    /**
     * The server of a flow.
     *
     * @param hash hash of the 5-tuple
     * @return a server in {@code [0, n)}, or -1 if the table is empty
     */
    public int lookup(long hash) {
        return slots[(int) Long.remainderUnsigned(hash, slots.length)];
    }

    /**
     * The server of a slot, for tests and displays.
     *
     * @param slot index in {@code [0, M)}
     * @return a server, or -1 if the table is empty
     */
    public int slot(int slot) {
        return slots[slot];
    }

    /**
     * Table size.
     *
     * @return M
     */
    public int size() {
        return slots.length;
    }
}
