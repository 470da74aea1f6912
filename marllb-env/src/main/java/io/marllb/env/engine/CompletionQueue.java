package io.marllb.env.engine;

import java.util.Arrays;

/**
 * When each server has its next event, and which server is next: a tournament over the servers' times.
 *
 * <p>Servers reschedule on every arrival and departure, so an indexed tree beats a heap with removals. Who wins a match cannot be predicted, so
 * matches are decided by arithmetic instead of branches; the siblings on the way up are known beforehand, so their loads overlap: a match costs
 * a few cycles. Equal times go by sequence number.
 */
final class CompletionQueue {

    static final long NEVER = Long.MAX_VALUE;

    private final int leaves; // power of two
    private final long[] times; // [node], 1 is the root, leaves follow the inner nodes
    private final int[] winners; // [node], the server that attains the node's time
    private final long[] sequence; // [server], when its time was set

    CompletionQueue(int servers) {
        leaves = Integer.highestOneBit(Math.max(1, 2 * servers - 1));
        times = new long[2 * leaves];
        winners = new int[2 * leaves];
        sequence = new long[leaves];
        Arrays.fill(times, NEVER);
        for (int server = 0; server < leaves; server++) {
            winners[leaves + server] = server;
        }
    }

    /** Time of the next event, or {@link #NEVER}. */
    long time() {
        return times[1];
    }

    /** The server whose event is next; meaningless if there is none. */
    int server() {
        return winners[1];
    }

    /** Sequence number of the next event. */
    long sequence() {
        return sequence[winners[1]];
    }

    /** Sets a server's next event; the sequence number is larger than all before it. */
    @SuppressWarnings(
            "ShortCircuitBoolean") // idle servers tie at NEVER all the time: one branch that is never taken instead of
    // one that often is
    void set(int server, long time, long seq) {
        sequence[server] = seq;
        long best = time;
        int winner = server;
        int node = leaves + server;
        times[node] = time;
        while (node > 1) {
            long rival = times[node ^ 1];
            int rivalWinner = winners[node ^ 1];
            long earlier = (rival - best) >> 63; // all ones if the rival is earlier; times are never negative
            if (rival == best & best != NEVER) {
                earlier = sequence[rivalWinner] < sequence[winner] ? -1 : 0;
            }
            best += (rival - best) & earlier;
            winner ^= (winner ^ rivalWinner) & (int) earlier;
            node >>= 1;
            times[node] = best;
            winners[node] = winner;
        }
    }
}
