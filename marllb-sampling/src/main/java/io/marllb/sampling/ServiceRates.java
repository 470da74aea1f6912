package io.marllb.sampling;

import io.marllb.core.Observation;
import java.util.Arrays;

/**
 * A passive estimate of service rates: completions over the time with own flows in flight, both decayed, shrunk towards the pool.
 *
 * <p>Every interval counts as much as it had flow-seconds A in flight, so that a server is judged by what it does under load: {@code r_j =
 * (sum D A + k) / (sum B A + k / r)} with D completions and B busy seconds of an interval, sums decayed with a time constant, r the same quotient
 * over all active servers, and k the pool's mean of A per completion times a prior. A server starts as an average one and needs about as many
 * completions as the prior to be believed. Not thread-safe; allocates nothing once built.
 */
public final class ServiceRates {

    private final double memory; // nanoseconds
    private final double prior;
    private final double[] done; // [n], decayed sums of D A
    private final double[] busy; // [n], decayed sums of B A
    private final double[] completions; // [n], decayed sums of D
    private final long[] lastCompleted;
    private final long[] lastBusy;
    private final double[] lastInFlight;
    private long lastNow;
    private boolean begun;
    private double pooled; // NaN until something completed
    private double shrinkage;

    /**
     * An estimate without data.
     *
     * @param servers n, {@code >= 1}
     * @param memoryNanos time constant of the decay, nanoseconds, {@code > 0}
     * @param prior completions that the pooled rate counts for, {@code > 0}
     */
    public ServiceRates(int servers, double memoryNanos, double prior) {
        if (!(memoryNanos > 0 && prior > 0)) {
            throw new IllegalArgumentException(
                    "memory and prior must be > 0, but were " + memoryNanos + " ns and " + prior);
        }
        memory = memoryNanos;
        this.prior = prior;
        done = new double[servers];
        busy = new double[servers];
        completions = new double[servers];
        lastCompleted = new long[servers];
        lastBusy = new long[servers];
        lastInFlight = new double[servers];
        pooled = Double.NaN;
    }

    /** Forgets everything; the next observation's counters start from 0. */
    public void reset() {
        Arrays.fill(done, 0);
        Arrays.fill(busy, 0);
        Arrays.fill(completions, 0);
        Arrays.fill(lastCompleted, 0);
        Arrays.fill(lastBusy, 0);
        Arrays.fill(lastInFlight, 0);
        begun = false;
        pooled = Double.NaN;
    }

    /**
     * Takes in the interval since the last call.
     *
     * @param observation what the balancer knows now, of n servers
     */
    public void observe(Observation observation) {
        double kept = begun ? StrictMath.exp((lastNow - observation.now()) / memory) : 0;
        begun = true;
        lastNow = observation.now();
        double allDone = 0;
        double allBusy = 0;
        double allCompletions = 0;
        for (int j = 0; j < done.length; j++) {
            add(observation, j, kept);
            if (observation.active(j)) {
                allDone += done[j];
                allBusy += busy[j];
                allCompletions += completions[j];
            }
        }
        pooled = allDone / allBusy;
        shrinkage = prior * allDone / allCompletions;
    }

    private void add(Observation observation, int server, double kept) {
        double area = (observation.inFlightNanos(server) - lastInFlight[server]) * 1e-9;
        double completed = observation.completed(server) - lastCompleted[server];
        double seconds = (observation.busyNanos(server) - lastBusy[server]) * 1e-9;
        done[server] = done[server] * kept + completed * area;
        busy[server] = busy[server] * kept + seconds * area;
        completions[server] = completions[server] * kept + completed;
        lastCompleted[server] = observation.completed(server);
        lastBusy[server] = observation.busyNanos(server);
        lastInFlight[server] = observation.inFlightNanos(server);
    }

    /**
     * Whether there is an estimate: something completed at an active server, and its share has not faded to nothing.
     *
     * @return false at first
     */
    public boolean known() {
        return pooled > 0 && pooled < Double.POSITIVE_INFINITY;
    }

    /**
     * The estimate of one server.
     *
     * @param server index in {@code [0, n)}
     * @return completions per busy second, finite and {@code > 0}, if {@link #known}
     */
    public double rate(int server) {
        return (done[server] + shrinkage) / (busy[server] + shrinkage / pooled);
    }

    /**
     * How much is known of a server.
     *
     * @param server index in {@code [0, n)}
     * @return completions, decayed, {@code >= 0}
     */
    public double completions(int server) {
        return completions[server];
    }
}
