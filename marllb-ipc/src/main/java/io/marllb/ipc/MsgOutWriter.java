package io.marllb.ipc;

import java.nio.ByteBuffer;

/**
 * Publishes {@code msg_out} records. Goes on after the newest sequence in the segment, whoever wrote it.
 *
 * <p><b>Assumptions.</b> One writer of a segment at a time, in one thread. <b>Guarantees.</b> Readers see a record whole or not at all, also if the
 * writer dies half-way. No allocation, no waiting. <b>Memory order.</b> {@link #publish} releases: a reader of the record sees whatever was stored before.
 */
public final class MsgOutWriter {

    private final VersionedRing ring;
    private final int servers;
    private final ByteBuffer record;
    private long sequence;

    MsgOutWriter(VersionedRing ring, int servers) {
        this.ring = ring;
        this.servers = servers;
        record = Memory.scratch(ring.bytes());
        sequence = Math.max(0, ring.latest());
    }

    /**
     * Copies a record into the segment and announces it.
     *
     * @param from the content; its sequence is set; as many slots as the segment
     * @return the sequence, 1 more than the last
     * @throws IllegalArgumentException if a reader would refuse it, saying why; nothing is published then
     */
    public long publish(MsgOut from) {
        from.encode(record);
        Reading reading = MsgOut.ranges(record, servers);
        if (reading != Reading.FRESH) {
            throw new IllegalArgumentException("msg_out was not published: it has " + reading.text());
        }
        ring.publish(record, ++sequence);
        from.sequence = sequence;
        return sequence;
    }

    /**
     * Sequence of the newest record.
     *
     * @return 0 before the first
     */
    public long sequence() {
        return sequence;
    }
}
