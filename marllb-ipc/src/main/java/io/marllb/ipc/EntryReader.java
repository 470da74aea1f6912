package io.marllb.ipc;

import java.nio.ByteBuffer;

/** Takes entries out of an {@link EntryRing}, checks them and counts what was refused. Not thread-safe. */
final class EntryReader {

    private final EntryRing ring;
    private final int servers;
    private final RecordReader.Check check;
    private final ByteBuffer entry;
    private long taken;
    private long refusals;

    EntryReader(EntryRing ring, int servers, RecordReader.Check check) {
        this.ring = ring;
        this.servers = servers;
        this.check = check;
        entry = Memory.scratch(ring.stride());
        taken = ring.taken();
    }

    /** FRESH: {@link #entry} holds the next good entry. A refused one is skipped. */
    Reading take() {
        Reading reading = ring.copy(entry, taken + 1);
        if (reading == Reading.NOTHING_NEW) {
            return reading;
        }
        if (reading == Reading.FRESH) {
            reading = check.check(entry, servers);
        }
        if (reading.refused()) {
            refusals++;
        }
        taken = reading == Reading.CURSOR ? ring.written() : taken + 1;
        ring.taken(taken);
        return reading;
    }

    ByteBuffer entry() {
        return entry;
    }

    long refusals() {
        return refusals;
    }
}
