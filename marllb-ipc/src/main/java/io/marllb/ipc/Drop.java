package io.marllb.ipc;

/** Why a packet was dropped: the index into {@link MsgOut#drops}. The order is the layout's. */
public enum Drop {
    /** Shorter than its headers say. */
    TRUNCATED,
    /** Headers that contradict themselves. */
    MALFORMED,
    /** Neither IPv4, IPv6, ARP nor neighbour discovery. */
    NOT_IP,
    /** Not for a virtual address that is served. */
    NOT_VIP,
    /** Hops used up. */
    TTL,
    /** No server may take it. */
    NO_SERVER,
    /** A fragment whose first one was not seen. */
    FRAGMENT,
    /** No room in a table. */
    TABLE_FULL,
    /** Too long after encapsulation. */
    TOO_LONG,
    /** The next hop's hardware address is unknown. */
    NO_NEIGHBOUR,
    /** A protocol that is not balanced. */
    UNSUPPORTED_PROTOCOL,
    /** The port took no more. */
    TX_FULL
}
