package io.marllb.ipc;

import java.nio.ByteBuffer;

/** One side of a segment as both see it: which process, whether it lives, when it last gave a sign. Thread-safe; no method but {@link #alive} allocates. */
public final class Peer {

    private final ByteBuffer memory;
    private final int pid;
    private final int start;
    private final int beat;
    private final boolean ours;

    Peer(ByteBuffer memory, int pid, int start, int beat, boolean ours) {
        this.memory = memory;
        this.pid = pid;
        this.start = start;
        this.beat = beat;
        this.ours = ours;
    }

    /**
     * Its process.
     *
     * @return process number, 0 = none yet, or it has left
     */
    public int pid() {
        return Memory.acquireInt(memory, pid);
    }

    /**
     * Whether that process still lives: same number and same start time. Asks the operating system.
     *
     * @return true if it lives
     */
    public boolean alive() {
        int number = pid();
        return Processes.alive(number, Memory.acquire(memory, start));
    }

    /**
     * Its last beat; acquires what it stored before.
     *
     * @return nanoseconds of CLOCK_MONOTONIC, 0 = never
     */
    public long beatNanos() {
        return Memory.acquire(memory, beat);
    }

    /**
     * Whether its last beat is older than {@link Segment#STALE_NANOS}, or there was none: it hangs or is gone.
     *
     * @param nowNanos {@code System.nanoTime()}
     * @return true if it gave no sign lately
     */
    public boolean stale(long nowNanos) {
        long last = beatNanos();
        return last == 0 || nowNanos - last > Segment.STALE_NANOS;
    }

    /**
     * Gives a sign of life; releases what was stored before. Each side beats for itself only.
     *
     * @param nowNanos {@code System.nanoTime()}
     */
    public void beat(long nowNanos) {
        if (!ours) {
            throw new IllegalStateException("this is the other side: it beats for itself");
        }
        Memory.release(memory, beat, nowNanos);
    }

    void enter() {
        int self = Processes.self();
        Memory.releaseInt(memory, pid, 0); // nobody may see the new number with the old start time
        Memory.release(memory, start, Processes.start(self));
        Memory.releaseInt(memory, pid, self);
    }

    void leave() {
        Memory.releaseInt(memory, pid, 0);
    }
}
