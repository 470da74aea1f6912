package io.marllb.bench.frozen;

import io.marllb.core.Observation;
import io.marllb.core.Reduction;

/** An observation that costs nothing to make, so that only the policy is measured. */
final class FixedObservation implements Observation {

    private static final double SECONDS = 0.05; // a typical flow duration

    int flows;
    private final int servers;

    FixedObservation(int servers) {
        this.servers = servers;
    }

    @Override
    public int n() {
        return servers;
    }

    @Override
    public long now() {
        return 0;
    }

    @Override
    public boolean active(int server) {
        return true;
    }

    @Override
    public double staticWeight(int server) {
        return 1;
    }

    @Override
    public int inFlight(int server) {
        return flows + server;
    }

    @Override
    public long started(int server) {
        return 0;
    }

    @Override
    public long completed(int server) {
        return 0;
    }

    @Override
    public long busyNanos(int server) {
        return 0;
    }

    @Override
    public double inFlightNanos(int server) {
        return 0;
    }

    @Override
    public double flowCompletionTime(int server, Reduction reduction) {
        return SECONDS;
    }

    @Override
    public double flowDuration(int server, Reduction reduction) {
        return SECONDS;
    }
}
