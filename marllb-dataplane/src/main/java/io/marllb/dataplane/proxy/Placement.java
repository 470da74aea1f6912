package io.marllb.dataplane.proxy;

import java.net.InetSocketAddress;
import java.util.Arrays;

/** Where a connection was placed: filled by the {@link Balancer}, kept by the connection. */
class Placement {

    /** Of the client's side. */
    long hash;

    /** Its server; -1 if no server may take it. */
    int slot = -1;

    /** Of the slot, when it was placed there. */
    int generation;

    InetSocketAddress address;

    /** Servers that have refused this connection: the first {@link #refusals} are in use. */
    private int[] refusedBy = {};

    private int refusals;

    /** Its server has refused it. */
    final void refused() {
        if (refusals == refusedBy.length) {
            refusedBy = Arrays.copyOf(refusedBy, refusals + 2);
        }
        refusedBy[refusals++] = slot;
    }

    final int refusals() {
        return refusals;
    }

    final boolean refusedBy(int server) {
        for (int i = 0; i < refusals; i++) {
            if (refusedBy[i] == server) {
                return true;
            }
        }
        return false;
    }
}
