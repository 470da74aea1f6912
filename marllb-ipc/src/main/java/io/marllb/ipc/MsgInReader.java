package io.marllb.ipc;

/**
 * Reads the newest {@code msg_in}. A record that is torn, damaged or out of range never gets out: the caller keeps the last good one.
 *
 * <p><b>Assumptions.</b> One thread per reader; any number of readers. <b>Guarantees.</b> Sequences only grow. No allocation, no waiting: at most 64
 * attempts against a writer that never pauses. <b>Memory order.</b> {@link #read} acquires: whatever the writer stored before it published is visible.
 */
public final class MsgInReader {

    private final RecordReader reader;

    MsgInReader(VersionedRing ring, int servers) {
        reader = new RecordReader(ring, servers, MsgIn::check);
    }

    /**
     * Copies the newest record if it is newer than the last good one.
     *
     * @param into is filled if the answer is {@link Reading#FRESH}, else left as it is; as many slots as the segment
     * @return what came of it; a refused record is reported once
     */
    public Reading read(MsgIn into) {
        Reading reading = reader.read();
        if (reading == Reading.FRESH) {
            into.decode(reader.record());
        }
        return reading;
    }

    /**
     * Sequence of the last good record.
     *
     * @return 0 before the first
     */
    public long sequence() {
        return reader.accepted();
    }

    /**
     * How often a call came out so.
     *
     * @param reading what came of it
     * @return calls of {@link #read}
     */
    public long count(Reading reading) {
        return reader.count(reading);
    }

    /**
     * Records that were refused, for any reason.
     *
     * @return their number
     */
    public long refusals() {
        return reader.refusals();
    }
}
