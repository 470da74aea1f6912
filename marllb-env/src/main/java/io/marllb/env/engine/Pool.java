package io.marllb.env.engine;

import java.util.Arrays;

/** Which servers take part, as the balancers know it: what they were told and what their health checks found. */
final class Pool {

    /** A ramp starts here, so that a server that joins is seen at once (and a weight of 0 keeps meaning "none"). */
    private static final double RAMP_START = 0.1;

    final boolean[] joined;
    final boolean[] drained;
    final boolean[] removed;
    final boolean[] dead;
    final double[] staticWeight;
    private final long[] rampFrom;
    private final long slowStart;

    Pool(int slots, long slowStart) {
        joined = new boolean[slots];
        drained = new boolean[slots];
        removed = new boolean[slots];
        dead = new boolean[slots];
        staticWeight = new double[slots];
        rampFrom = new long[slots];
        Arrays.fill(rampFrom, Long.MIN_VALUE / 2);
        this.slowStart = slowStart;
    }

    int slots() {
        return joined.length;
    }

    boolean active(int server) {
        return joined[server] && !drained[server] && !removed[server] && !dead[server];
    }

    void startRamp(int server, long now) {
        rampFrom[server] = now;
    }

    double ramp(int server, long now) {
        if (slowStart == 0) {
            return 1;
        }
        double done = (now - rampFrom[server]) / (double) slowStart;
        return done >= 1 ? 1 : Math.max(RAMP_START, done);
    }

    boolean ramping(long now) {
        if (slowStart == 0) {
            return false;
        }
        for (long from : rampFrom) {
            // One interval more than the ramp, so that the full weight is set once.
            if (now - from < 2 * slowStart) {
                return true;
            }
        }
        return false;
    }
}
