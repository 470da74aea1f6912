package io.marllb.dataplane;

import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import io.marllb.core.View;
import io.marllb.ipc.MsgOut;
import java.util.Arrays;

/**
 * A record of a data plane as policies see it: exactly its numbers, with what only the controller knows beside them (who takes part, configured weights,
 * weights in force). A holder to be filled again and again; not thread-safe.
 */
public final class LiveObservation implements Observation, View {

    /** What the data plane said; to be filled before {@link #set}. */
    public final MsgOut record;

    private final boolean[] active;
    private final double[] staticWeight;
    private final double[] weight;
    private double bias = Double.NaN;

    /**
     * An observation of an empty pool.
     *
     * @param slots n, as of the data plane
     */
    public LiveObservation(int slots) {
        record = new MsgOut(slots);
        active = new boolean[slots];
        staticWeight = new double[slots];
        weight = new double[slots];
        Arrays.fill(staticWeight, 1);
    }

    /**
     * Copies what the controller knows.
     *
     * @param active who takes part
     * @param staticWeight configured weights, each finite and {@code > 0}
     * @param weight weights in force, each finite and {@code >= 0}
     * @param bias in force; NaN for the rule's own
     */
    public void set(boolean[] active, double[] staticWeight, double[] weight, double bias) {
        System.arraycopy(active, 0, this.active, 0, active.length);
        System.arraycopy(staticWeight, 0, this.staticWeight, 0, active.length);
        System.arraycopy(weight, 0, this.weight, 0, active.length);
        this.bias = bias;
    }

    @Override
    public int n() {
        return active.length;
    }

    @Override
    public long now() {
        return record.timeNanos;
    }

    @Override
    public boolean active(int server) {
        return active[server];
    }

    @Override
    public boolean eligible(int server) {
        return active[server] && weight[server] > 0;
    }

    @Override
    public double staticWeight(int server) {
        return staticWeight[server];
    }

    @Override
    public double weight(int server) {
        return weight[server];
    }

    @Override
    public double bias() {
        return bias;
    }

    @Override
    public int inFlight(int server) {
        return record.inFlight[server];
    }

    @Override
    public long started(int server) {
        return record.started[server];
    }

    @Override
    public long completed(int server) {
        return record.completed[server];
    }

    @Override
    public long busyNanos(int server) {
        return record.busyNanos[server];
    }

    @Override
    public double inFlightNanos(int server) {
        return record.inFlightNanos[server];
    }

    @Override
    public double flowCompletionTime(int server, Reduction reduction) {
        return record.fct[server][reduction.ordinal()];
    }

    @Override
    public double flowDuration(int server, Reduction reduction) {
        return record.duration[server][reduction.ordinal()];
    }
}
