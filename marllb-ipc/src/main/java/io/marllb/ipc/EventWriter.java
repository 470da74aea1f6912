package io.marllb.ipc;

import java.nio.ByteBuffer;

/**
 * Appends events. Goes on after the last one in the segment, whoever wrote it.
 *
 * <p><b>Assumptions.</b> One writer of a segment at a time, in one thread. <b>Guarantees.</b> Never overwrites what was not taken, never waits, no
 * allocation. <b>Memory order.</b> {@link #write} releases: the reader of the event sees whatever was stored before.
 */
public final class EventWriter {

    private final EntryRing ring;
    private final int servers;
    private final ByteBuffer entry;
    private long sequence;

    EventWriter(EntryRing ring, int servers) {
        this.ring = ring;
        this.servers = servers;
        entry = Memory.scratch(ring.stride());
        sequence = ring.written();
    }

    /**
     * Appends one.
     *
     * @param from the content; its sequence is set if there was room
     * @return its sequence, or 0 if the ring is full
     * @throws IllegalArgumentException if a reader would refuse it, saying why
     */
    public long write(Event from) {
        from.encode(entry);
        Reading reading = Event.check(entry, servers);
        if (reading != Reading.FRESH) {
            throw new IllegalArgumentException("event was not written: it has " + reading.text());
        }
        if (!ring.offer(entry, sequence + 1)) {
            return 0;
        }
        from.sequence = ++sequence;
        return sequence;
    }
}
