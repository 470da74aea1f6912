package io.marllb.ipc;

import java.nio.ByteBuffer;

/**
 * A bounded queue of entries: entry n lies in slot n % capacity, {@code written} and {@code taken} have how many there were so far.
 *
 * <p><b>Assumptions.</b> One writer and one reader at a time. An entry's first word is its sequence. <b>Guarantees.</b> In order, each once, none
 * overwritten before it was taken; cursors that contradict each other lose what waits, and are reported, but stop nobody.
 *
 * <p><b>Memory order.</b> The writer acquires {@code taken}, stores the entry, then releases {@code written}; the reader acquires {@code written},
 * copies the entry, then releases {@code taken}.
 */
final class EntryRing {

    private final ByteBuffer memory;
    private final int slots;
    private final int stride;
    private final int capacity;
    private final int written;
    private final int taken;

    EntryRing(ByteBuffer memory, int slots, int stride, int capacity, int written, int taken) {
        this.memory = memory;
        this.slots = slots;
        this.stride = stride;
        this.capacity = capacity;
        this.written = written;
        this.taken = taken;
    }

    int stride() {
        return stride;
    }

    long written() {
        return Memory.acquire(memory, written);
    }

    long taken() {
        return Memory.acquire(memory, taken);
    }

    /** Appends an entry as number {@code sequence}, or returns false if there is no room; its first word is ignored. */
    boolean offer(ByteBuffer entry, long sequence) {
        if (sequence - 1 - taken() >= capacity) {
            return false;
        }
        int slot = slot(sequence);
        memory.put(slot + Long.BYTES, entry, Long.BYTES, stride - Long.BYTES);
        Memory.release(memory, slot, sequence);
        Memory.release(memory, written, sequence);
        return true;
    }

    /** Copies entry {@code sequence} if it waits: FRESH, NOTHING_NEW, or why not. Leaves it in the ring. */
    Reading copy(ByteBuffer into, long sequence) {
        long waiting = written() - (sequence - 1);
        if (waiting == 0) {
            return Reading.NOTHING_NEW;
        }
        if (waiting < 0 || waiting > capacity) {
            return Reading.CURSOR;
        }
        int slot = slot(sequence);
        if (Memory.acquire(memory, slot) != sequence) {
            return Reading.SEQUENCE;
        }
        into.put(0, memory, slot, stride);
        return Reading.FRESH;
    }

    /** Gives the room of all entries up to this one back to the writer. */
    void taken(long sequence) {
        Memory.release(memory, taken, sequence);
    }

    private int slot(long sequence) {
        return slots + (int) Long.remainderUnsigned(sequence, capacity) * stride;
    }
}
