package io.marllb.ipc;

/** What a server slot is to the data plane. The order is the layout's. */
public enum ServerState {
    /** No server in this slot. */
    ABSENT,
    /** Takes new flows. */
    ACTIVE,
    /** Keeps its flows and gets no new ones. */
    DRAINING,
    /** Gets nothing; its flows are placed again. */
    DEAD;

    private static final ServerState[] VALUES = values();

    static ServerState of(int code) {
        return VALUES[code];
    }

    static boolean valid(int code) {
        return code >= 0 && code < VALUES.length;
    }
}
