package io.marllb.env.engine;

import io.marllb.core.Outcome;
import java.util.Arrays;

/** The open flows, one slot each, in parallel arrays that grow and are reused; closed slots form a free list. */
final class FlowTable {

    static final int NONE = -1;

    static final byte FREE = 0;
    static final byte TO_SERVER = 1;
    static final byte WAITING = 2;
    static final byte RUNNING = 3;
    static final byte IN_IO = 4;
    /** Left the server; its balancer has not seen the end yet. */
    static final byte LEAVING = 5;

    byte[] state = new byte[64];
    boolean[] measured = new boolean[64];
    byte[] acksSeen = new byte[64];
    Outcome[] outcome = new Outcome[64];
    int[] generation = new int[64];
    int[] foundOnArrival = new int[64]; // flows at the server when it came
    int[] next = new int[64]; // free list, or the server's waiting line
    int[] balancer = new int[64];
    int[] server = new int[64];
    int[] flowClass = new int[64];
    long[] hash = new long[64];
    long[] sentAt = new long[64];
    long[] enteredAt = new long[64]; // at the server
    long[] io = new long[64];
    double[] cpu = new double[64];
    double[] startV = new double[64]; // the server's attained service when the flow began to run

    private int free = NONE;
    private int used;
    private int open;

    int open() {
        return open;
    }

    /** Slots that were ever used, to scan. */
    int used() {
        return used;
    }

    /** Running, in I/O or waiting. */
    boolean atServer(int f) {
        return state[f] == WAITING || state[f] == RUNNING || state[f] == IN_IO;
    }

    int allocate() {
        open++;
        if (free != NONE) {
            int f = free;
            free = next[f];
            return f;
        }
        if (used == state.length) {
            grow();
        }
        return used++;
    }

    void release(int f) {
        state[f] = FREE;
        generation[f]++;
        next[f] = free;
        free = f;
        open--;
    }

    private void grow() {
        int n = used * 2;
        state = Arrays.copyOf(state, n);
        measured = Arrays.copyOf(measured, n);
        acksSeen = Arrays.copyOf(acksSeen, n);
        outcome = Arrays.copyOf(outcome, n);
        generation = Arrays.copyOf(generation, n);
        foundOnArrival = Arrays.copyOf(foundOnArrival, n);
        next = Arrays.copyOf(next, n);
        balancer = Arrays.copyOf(balancer, n);
        server = Arrays.copyOf(server, n);
        flowClass = Arrays.copyOf(flowClass, n);
        hash = Arrays.copyOf(hash, n);
        sentAt = Arrays.copyOf(sentAt, n);
        enteredAt = Arrays.copyOf(enteredAt, n);
        io = Arrays.copyOf(io, n);
        cpu = Arrays.copyOf(cpu, n);
        startV = Arrays.copyOf(startV, n);
    }
}
