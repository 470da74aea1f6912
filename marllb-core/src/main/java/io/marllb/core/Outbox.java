package io.marllb.core;

/** Where a rule leaves its questions; the host delivers them with network delay and never blocks. Not thread-safe. */
@FunctionalInterface
public interface Outbox {

    /** More probes than this for one flow are dropped and counted. */
    int MAX_PROBES_PER_FLOW = 4;

    /** An outbox for hosts without {@link Need#PROBE}: refuses every probe. */
    Outbox NONE = server -> {
        throw new IllegalStateException("this host offers no PROBE; the policy must declare the need");
    };

    /**
     * Asks a server for its state; the answer comes as a {@link Signal.Kind#PROBE} signal, or never.
     *
     * @param server index in {@code [0, n)}
     */
    void probe(int server);
}
