package io.marllb.ipc;

import java.nio.ByteBuffer;

/** Reads the newest record of a {@link VersionedRing} into a private copy, checks it there, and counts what was refused. Not thread-safe. */
final class RecordReader {

    /** Judges a private copy. */
    interface Check {
        Reading check(ByteBuffer record, int servers);
    }

    private final VersionedRing ring;
    private final int servers;
    private final Check check;
    private final ByteBuffer record;
    private final long[] counts = new long[Reading.values().length];
    private long accepted;
    private long refused;

    RecordReader(VersionedRing ring, int servers, Check check) {
        this.ring = ring;
        this.servers = servers;
        this.check = check;
        record = Memory.scratch(ring.bytes());
    }

    /** FRESH: {@link #record} holds the next good record. */
    Reading read() {
        Reading reading = ring.copyNewest(record, accepted, refused);
        if (reading == Reading.FRESH) {
            reading = check.check(record, servers);
        }
        if (reading == Reading.FRESH) {
            accepted = record.getLong(0);
        } else if (reading.refused()) {
            refused = record.getLong(0);
        }
        counts[reading.ordinal()]++;
        return reading;
    }

    ByteBuffer record() {
        return record;
    }

    long accepted() {
        return accepted;
    }

    long count(Reading reading) {
        return counts[reading.ordinal()];
    }

    long refusals() {
        long sum = 0;
        for (int i = Reading.SEQUENCE.ordinal(); i < counts.length; i++) {
            sum += counts[i];
        }
        return sum;
    }
}
