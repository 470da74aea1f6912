package io.marllb.ipc;

/** What a command asks of the data plane. The order is the layout's. */
public enum CommandKind {
    /** Nothing; never sent. */
    NONE,
    /** A new server in an absent slot. */
    ADD,
    /** No new flows for this server. */
    DRAIN,
    /** The server is well again. */
    UP,
    /** The server is dead. */
    DOWN,
    /** The slot becomes absent. */
    REMOVE;

    private static final CommandKind[] VALUES = values();

    static CommandKind of(int code) {
        return VALUES[code];
    }

    static boolean valid(int code) {
        return code > 0 && code < VALUES.length;
    }
}
