package io.marllb.core;

/**
 * One fixed-size message between servers and balancers: the record behind {@link Need#IDLE}, {@link Need#PROBE}, {@link Need#REPORT}
 * and {@link Need#PEERS}. It takes network delay and may be lost or late.
 *
 * <p>Mutable, because hosts reuse one instance for every delivery: a receiver copies what it keeps. Not thread-safe.
 */
public final class Signal {

    /** Who tells whom what. */
    public enum Kind {
        /** Server to one balancer: "I went idle". */
        IDLE,
        /** Server to the balancer that asked. */
        PROBE,
        /** Server to every balancer, each report interval. */
        REPORT,
        /** Balancer to balancers: its own in-flight count at {@link #server}. */
        PEERS
    }

    /** What this message is. */
    public Kind kind = Kind.IDLE;

    /** The server that the message is about, index in {@code [0, n)}. */
    public int server;

    /** Sending balancer of a {@link Kind#PEERS} message, else -1. */
    public int balancer = -1;

    /** When it was sent, nanoseconds on the host's clock. */
    public long sentAt;

    /** Flows in the system at the server; for {@link Kind#PEERS} the sender's own in-flight count. */
    public int inFlight;

    /**
     * Recent response time at the server, nanoseconds; NaN where there is none yet. A report tells a decayed mean, a probe's answer the median of
     * completions that had found about as many flows there as there are now.
     */
    public double latency = Double.NaN;

    /** Recent service time at the server (decayed mean, work only), nanoseconds; NaN where there is none yet. */
    public double service = Double.NaN;

    /** Busy share of the server's cores since its last report, in [0, 1]; NaN where unknown. */
    public double utilisation = Double.NaN;
}
