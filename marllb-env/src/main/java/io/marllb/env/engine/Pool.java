package io.marllb.env.engine;

import io.marllb.policies.host.Membership;
import java.util.Arrays;

/** Which servers take part, as the balancers know it: what they were told and what their health checks found. */
final class Pool implements Membership {

    /** A ramp starts here, so that a server that joins is seen at once (and a weight of 0 keeps meaning "none"). */
    private static final double RAMP_START = 0.1;

    final boolean[] joined;
    final boolean[] drained;
    final boolean[] removed;
    final boolean[] dead;
    final double[] staticWeight;
    private final long[] rampFrom;
    private final long slowStart;
    private boolean unsettled; // a ramp was below its end when weights were last set

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

    @Override
    public int slots() {
        return joined.length;
    }

    @Override
    public boolean active(int server) {
        return joined[server] && !drained[server] && !removed[server] && !dead[server];
    }

    @Override
    public double staticWeight(int server) {
        return staticWeight[server];
    }

    void startRamp(int server, long now) {
        rampFrom[server] = now;
        unsettled = slowStart > 0;
    }

    @Override
    public double ramp(int server, long now) {
        if (slowStart == 0) {
            return 1;
        }
        double done = (now - rampFrom[server]) / (double) slowStart;
        return done >= 1 ? 1 : Math.max(RAMP_START, done);
    }

    /** Whether weights must be set anew: a ramp goes on, or has ended since the last call. */
    boolean ramping(long now) {
        if (!unsettled) {
            return false;
        }
        unsettled = false;
        for (long from : rampFrom) {
            unsettled |= now - from < slowStart;
        }
        return true;
    }
}
