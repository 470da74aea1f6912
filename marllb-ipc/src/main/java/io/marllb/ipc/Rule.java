package io.marllb.ipc;

/** The rule by which the data plane places a new flow. The order is the layout's. */
public enum Rule {
    /** Draws from the alias table. */
    WEIGHTED_RANDOM,
    /** Draws a few and takes the one of the least key. */
    TWO_CHOICES,
    /** Takes the least key of all servers. */
    SED,
    /** Takes the server of the fewest flows. */
    LEAST_FLOWS,
    /** Weighted consistent hashing. */
    MAGLEV;

    private static final Rule[] VALUES = values();

    static Rule of(int code) {
        return VALUES[code];
    }

    static boolean valid(int code) {
        return code >= 0 && code < VALUES.length;
    }
}
