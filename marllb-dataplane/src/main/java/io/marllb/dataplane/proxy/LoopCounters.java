package io.marllb.dataplane.proxy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What one loop counts, written by it alone and read by anyone at any time; no store needs a lock. */
final class LoopCounters {

    static final int ACCEPTED = 0;
    static final int PLACED = 1;
    static final int OPEN = 2; // connections, now
    static final int CHUNKS_IN = 3;
    static final int CHUNKS_OUT = 4;
    static final int CHUNKS_LOST = 5; // their receiver went away
    static final int BYTES_IN = 6;
    static final int BYTES_OUT = 7;
    static final int NO_BUFFER = 8; // connections closed since there was no buffer left
    static final int IDLE = 9; // connections closed since nothing moved
    static final int BUFFERS = 10; // that exist
    static final int TURNED_AWAY = 11; // connections that were accepted and found no server

    private static final int GENERAL = 16; // two cache lines, then two counters for each server
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] values;

    LoopCounters(int slots) {
        values = new long[GENERAL + 2 * slots];
    }

    void add(int counter, long n) {
        LONGS.setOpaque(values, counter, values[counter] + n);
    }

    void set(int counter, long value) {
        LONGS.setOpaque(values, counter, value);
    }

    /** A chunk goes to a server. */
    void toServer(int slot, long bytes) {
        add(GENERAL + 2 * slot, 1);
        add(GENERAL + 2 * slot + 1, bytes);
    }

    long get(int counter) {
        return (long) LONGS.getOpaque(values, counter);
    }

    long chunksToServer(int slot) {
        return get(GENERAL + 2 * slot);
    }

    long bytesToServer(int slot) {
        return get(GENERAL + 2 * slot + 1);
    }
}
