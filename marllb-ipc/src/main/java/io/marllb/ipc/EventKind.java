package io.marllb.ipc;

/** What happened in the data plane. The order is the layout's. */
public enum EventKind {
    /** Nothing; never sent. */
    NOTHING,
    /** A flow ended; a sample, not each. */
    FLOW_END,
    /** A command was executed or refused. */
    COMMAND_DONE;

    private static final EventKind[] VALUES = values();

    static EventKind of(int code) {
        return VALUES[code];
    }

    static boolean valid(int code) {
        return code > 0 && code < VALUES.length;
    }
}
