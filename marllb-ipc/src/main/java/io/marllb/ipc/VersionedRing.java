package io.marllb.ipc;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * One direction of versioned records: record s lies in slot s % RING, and {@code latest} has the newest s.
 *
 * <p><b>Assumptions.</b> One writer at a time. Any number of readers. A record's first word is its sequence; 0 = being written.
 *
 * <p><b>Guarantees.</b> {@link #copyNewest} hands out only bytes that one {@link #publish} stored, however the two interleave, and never
 * goes back behind a record that the caller accepted. Neither side waits for the other.
 *
 * <pre>
 *   writer                                        reader
 *   sequence := 0        release (after latest)   s := latest        acquire
 *   release fence                                 sequence = s?      acquire
 *   body                 plain                    body               plain
 *   sequence := s        release                  acquire fence
 *   latest := s          release                  sequence = s?      opaque
 * </pre>
 */
final class VersionedRing {

    /** A reader gives up for now after so many records were overwritten under its hands; one lap of the writer is 8 records. */
    private static final int ATTEMPTS = 64;

    private final ByteBuffer memory;
    private final int slots;
    private final int stride;
    private final int bytes;
    private final int latest;

    /**
     * Of a segment.
     *
     * @param slots offset of slot 0
     * @param stride bytes from a slot to the next
     * @param bytes of a record that are in use
     * @param latest offset of the newest sequence
     */
    VersionedRing(ByteBuffer memory, int slots, int stride, int bytes, int latest) {
        this.memory = memory;
        this.slots = slots;
        this.stride = stride;
        this.bytes = bytes;
        this.latest = latest;
    }

    int bytes() {
        return bytes;
    }

    long latest() {
        return Memory.acquire(memory, latest);
    }

    /** Copies a record into its slot and announces it; its first word is ignored. */
    void publish(ByteBuffer record, long sequence) {
        int slot = slot(sequence);
        Memory.release(memory, slot, 0);
        VarHandle.releaseFence();
        memory.put(slot + Long.BYTES, record, Long.BYTES, bytes - Long.BYTES);
        Memory.release(memory, slot, sequence);
        Memory.release(memory, latest, sequence);
    }

    /**
     * Copies the newest record. Returns FRESH with its sequence in the copy's first word; NOTHING_NEW where the newest is one of the two that
     * the caller has dealt with; or why there is none.
     */
    Reading copyNewest(ByteBuffer into, long accepted, long refused) {
        long wanted = latest();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (wanted == accepted) {
                return wanted == 0 ? Reading.NEVER_PUBLISHED : Reading.NOTHING_NEW;
            }
            if (wanted == refused && wanted != 0) {
                return Reading.NOTHING_NEW;
            }
            into.putLong(0, wanted);
            if (wanted < accepted) {
                return Reading.BACKWARDS;
            }
            int slot = slot(wanted);
            if (Memory.acquire(memory, slot) == wanted) {
                into.put(Long.BYTES, memory, slot + Long.BYTES, bytes - Long.BYTES);
                VarHandle.acquireFence();
                if (Memory.opaque(memory, slot) == wanted) {
                    return Reading.FRESH;
                }
            }
            long newer = latest();
            if (newer == wanted) {
                return Reading.SEQUENCE;
            }
            wanted = newer;
        }
        return Reading.BUSY;
    }

    /** Copies the newest record's slot as it is, torn or not: what readers would see without versions. */
    long copyUnchecked(ByteBuffer into) {
        long wanted = latest();
        into.put(0, memory, slot(wanted), bytes);
        return wanted;
    }

    private int slot(long sequence) {
        return slots + (int) Long.remainderUnsigned(sequence, Layout.RING) * stride;
    }
}
