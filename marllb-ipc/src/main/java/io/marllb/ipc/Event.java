package io.marllb.ipc;

import io.marllb.core.Outcome;
import java.nio.ByteBuffer;

/** One event of the data plane. A holder to be used again and again. Not thread-safe. */
public final class Event {

    private static final Schema.Shape RECORD = Layout.SCHEMA.shape("event");
    static final int SEQUENCE = RECORD.offset("sequence");
    private static final int KIND = RECORD.offset("kind");
    private static final int SERVER = RECORD.offset("server");
    private static final int TIME = RECORD.offset("time_nanos");
    private static final int VALUE = RECORD.offset("value");
    private static final int DETAIL = RECORD.offset("detail");
    private static final int HASH = RECORD.offset("hash");
    static final int STRIDE = RECORD.size();

    private static final int OUTCOMES = Outcome.values().length;
    private static final int RESULTS = CommandResult.values().length;

    /** Of this event, 1, 2, ...; set by the writer and by readers. */
    public long sequence;
    /** What happened. */
    public EventKind kind = EventKind.NOTHING;
    /** Slot. */
    public int server;
    /** When, nanoseconds of CLOCK_MONOTONIC. */
    public long timeNanos;
    /** FLOW_END: completion time in nanoseconds. COMMAND_DONE: sequence of the command. */
    public long value;
    /** FLOW_END: ordinal of {@link Outcome}. COMMAND_DONE: ordinal of {@link CommandResult}. */
    public int detail;
    /** FLOW_END: hash of the flow. */
    public long hash;

    void encode(ByteBuffer entry) {
        entry.putInt(KIND, kind.ordinal());
        entry.putInt(SERVER, server);
        entry.putLong(TIME, timeNanos);
        entry.putLong(VALUE, value);
        entry.putInt(DETAIL, detail);
        entry.putLong(HASH, hash);
    }

    static Reading check(ByteBuffer entry, int servers) {
        int kind = entry.getInt(KIND);
        int details = kind == EventKind.FLOW_END.ordinal() ? OUTCOMES : RESULTS;
        if (!EventKind.valid(kind) || Integer.compareUnsigned(entry.getInt(DETAIL), details) >= 0) {
            return Reading.KIND;
        }
        return Integer.compareUnsigned(entry.getInt(SERVER), servers) < 0 ? Reading.FRESH : Reading.SLOT;
    }

    void decode(ByteBuffer entry) {
        sequence = entry.getLong(SEQUENCE);
        kind = EventKind.of(entry.getInt(KIND));
        server = entry.getInt(SERVER);
        timeNanos = entry.getLong(TIME);
        value = entry.getLong(VALUE);
        detail = entry.getInt(DETAIL);
        hash = entry.getLong(HASH);
    }
}
