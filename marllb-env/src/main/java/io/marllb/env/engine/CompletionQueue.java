package io.marllb.env.engine;

import java.util.Arrays;

/**
 * When each server has its next event, and which server is next: a tree of fan-out 8 over the servers' times.
 *
 * <p>Servers reschedule on every arrival and departure, so an indexed tree beats a heap with removals. Equal times break by sequence number. A
 * block is searched anew only when its first server moves back.
 */
final class CompletionQueue {

    static final long NEVER = Long.MAX_VALUE;

    private static final int FAN_OUT_BITS = 3;

    private final long[][] times; // [level][node], level 0 = the servers, each level padded to a multiple of 8
    private final int[][] winners; // [level][node], the server that attains the node's time; level 0 is the identity
    private final long[] sequence; // [server], when its time was set
    private final int top;

    CompletionQueue(int servers) {
        int levels = 1;
        for (int nodes = servers; nodes > 1 << FAN_OUT_BITS; nodes = blocks(nodes)) {
            levels++;
        }
        times = new long[levels + 1][];
        winners = new int[levels + 1][];
        int nodes = servers;
        for (int level = 0; level < levels; level++) {
            times[level] = new long[blocks(nodes) << FAN_OUT_BITS];
            winners[level] = new int[blocks(nodes) << FAN_OUT_BITS];
            nodes = blocks(nodes);
        }
        top = levels;
        times[top] = new long[1];
        winners[top] = new int[1];
        sequence = new long[times[0].length];
        for (long[] level : times) {
            Arrays.fill(level, NEVER);
        }
        for (int i = 0; i < winners[0].length; i++) {
            winners[0][i] = i;
        }
    }

    private static int blocks(int nodes) {
        return (nodes + (1 << FAN_OUT_BITS) - 1) >> FAN_OUT_BITS;
    }

    /** Time of the next event, or {@link #NEVER}. */
    long time() {
        return times[top][0];
    }

    /** The server whose event is next; meaningless if there is none. */
    int server() {
        return winners[top][0];
    }

    /** Sequence number of the next event. */
    long sequence() {
        return sequence[winners[top][0]];
    }

    /** Sets a server's next event; the sequence number is larger than all before it. */
    void set(int server, long time, long seq) {
        times[0][server] = time;
        sequence[server] = seq;
        int node = server;
        for (int level = 0; level < top; level++) {
            node >>= FAN_OUT_BITS;
            long[] up = times[level + 1];
            int[] upWinner = winners[level + 1];
            if (time < up[node]) {
                up[node] = time;
                upWinner[node] = server;
            } else if (upWinner[node] == server) {
                rescan(level, node);
            } else {
                return; // it was not first here, and is not now: on equal times the older one goes first
            }
        }
    }

    /** Finds a block's first server, without branches but for ties. */
    private void rescan(int level, int block) {
        long[] t = times[level];
        int from = block << FAN_OUT_BITS;
        long t0 = t[from];
        long t1 = t[from + 1];
        long t2 = t[from + 2];
        long t3 = t[from + 3];
        long t4 = t[from + 4];
        long t5 = t[from + 5];
        long t6 = t[from + 6];
        long t7 = t[from + 7];
        long min = Math.min(Math.min(Math.min(t0, t1), Math.min(t2, t3)), Math.min(Math.min(t4, t5), Math.min(t6, t7)));
        int mask = (t0 == min ? 1 : 0)
                | (t1 == min ? 2 : 0)
                | (t2 == min ? 4 : 0)
                | (t3 == min ? 8 : 0)
                | (t4 == min ? 16 : 0)
                | (t5 == min ? 32 : 0)
                | (t6 == min ? 64 : 0)
                | (t7 == min ? 128 : 0);
        int[] below = winners[level];
        times[level + 1][block] = min;
        winners[level + 1][block] = (mask & (mask - 1)) == 0 || min == NEVER
                ? below[from + Integer.numberOfTrailingZeros(mask)]
                : earliest(below, from, mask);
    }

    private int earliest(int[] below, int from, int mask) {
        int winner = -1;
        for (int rest = mask; rest != 0; rest &= rest - 1) {
            int candidate = below[from + Integer.numberOfTrailingZeros(rest)];
            if (winner < 0 || sequence[candidate] < sequence[winner]) {
                winner = candidate;
            }
        }
        return winner;
    }
}
