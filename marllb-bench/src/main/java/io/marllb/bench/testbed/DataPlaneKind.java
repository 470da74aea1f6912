package io.marllb.bench.testbed;

import java.util.Locale;

/** What carries the flows on a testbed. */
public enum DataPlaneKind {
    /** The Java proxy with its own controller. */
    PROXY,
    /** The DPDK program, servers answer directly; a controller beside it. */
    DSR,
    /** The DPDK program, answers come back through it; a controller beside it. */
    NAT;

    /**
     * The name in commands and tables.
     *
     * @return lower case
     */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
