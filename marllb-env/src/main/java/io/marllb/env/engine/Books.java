package io.marllb.env.engine;

import io.marllb.core.Outcome;

/**
 * What a run counts: all its flows, to prove at the end that the books balance, and apart from them the flows and the time after warm-up, which
 * make the result.
 */
final class Books {

    private final RunResult result;
    private final Server[] servers;
    private final FlowTable flows;

    // All flows, warm-up included.
    private long arrived;
    private long completed;
    private long rejected;
    private long sojournNanos; // of flows that have left their server
    private double fctSum;

    // The measured time.
    private boolean open;
    private boolean closed;
    private long openedAt;
    private final double[] busyAtOpening;
    private final long[] inSystemAtOpening;
    private double jainSum;
    private long jainSamples;
    private final BatchMeans batches = new BatchMeans();

    Books(RunResult result, Server[] servers, FlowTable flows) {
        this.result = result;
        this.servers = servers;
        this.flows = flows;
        busyAtOpening = new double[servers.length];
        inSystemAtOpening = new long[servers.length];
    }

    long arrived() {
        return arrived;
    }

    long completed() {
        return completed;
    }

    double fctSum() {
        return fctSum;
    }

    /** Whether the measured time has begun and has not ended. */
    boolean measuring() {
        return open && !closed;
    }

    /** Whether the measured time has ended. */
    boolean closed() {
        return closed;
    }

    /** A flow arrives; returns its number. */
    long arrive(boolean measured, long now) {
        result.events++;
        if (measured) {
            open(now);
            result.flows++;
        }
        return arrived++;
    }

    /** A flow has been served, after {@code fct} nanoseconds as its client sees it. */
    void complete(int f, long fct, long now) {
        result.events++;
        sojournNanos += now - flows.enteredAt[f];
        completed++;
        fctSum += fct;
        if (flows.measured[f]) {
            int c = flows.flowClass[f];
            result.fctByClass[c].recordValue(fct);
            result.fctSumByClass[c] += fct;
            result.completedByClass[c]++;
            result.serverCompleted[flows.server[f]]++;
            batches.add((double) fct);
        }
    }

    /** A flow will not be served. One that was inside a server leaves it now. */
    void reject(boolean measured, Outcome outcome) {
        rejected++;
        if (measured) {
            result.rejected++;
            result.aborted += outcome == Outcome.ABORTED ? 1 : 0;
        }
    }

    /** An accepted flow dies with its server; {@link #reject} counts it. */
    void leaveUnserved(int f, long now) {
        sojournNanos += now - flows.enteredAt[f];
    }

    void sampleJain(double jain) {
        if (measuring()) {
            jainSum += jain;
            jainSamples++;
        }
    }

    /** Warm-up is over; the first call counts. */
    void open(long now) {
        if (open) {
            return;
        }
        open = true;
        openedAt = now;
        for (int j = 0; j < servers.length; j++) {
            servers[j].touch(now);
            busyAtOpening[j] = servers[j].busyNanos();
            inSystemAtOpening[j] = servers[j].inSystemNanos();
        }
    }

    /** The arrivals are over, and with them the measured time; the first call counts. */
    void close(long now) {
        if (closed) {
            return;
        }
        closed = true;
        long measured = open ? now - openedAt : 0;
        result.measuredNanos = measured;
        result.serverUtilisation = new double[servers.length];
        result.serverMeanInFlight = new double[servers.length];
        for (int j = 0; j < servers.length; j++) {
            servers[j].touch(now);
            if (measured > 0) {
                result.serverUtilisation[j] = (servers[j].busyNanos() - busyAtOpening[j]) / measured;
                result.serverMeanInFlight[j] = (servers[j].inSystemNanos() - inSystemAtOpening[j]) / (double) measured;
            }
        }
    }

    /**
     * Proves conservation and Little's law, and completes the result.
     *
     * @throws IllegalStateException if the books do not balance
     */
    void balance(Balancer[] balancers, long now) {
        close(now);
        long integral = 0;
        int inside = 0;
        for (Server server : servers) {
            server.touch(now);
            integral += server.inSystemNanos();
            inside += server.inSystem();
        }
        long sojourn = sojournNanos;
        int stillOpen = 0;
        int openInside = 0;
        for (int f = 0; f < flows.used(); f++) {
            byte state = flows.state[f];
            stillOpen += state == FlowTable.FREE || state == FlowTable.LEAVING ? 0 : 1;
            if (flows.atServer(f)) {
                sojourn += now - flows.enteredAt[f];
                openInside++;
            }
        }
        if (arrived != completed + rejected + stillOpen || inside != openInside) {
            throw new IllegalStateException("conservation violated: arrived " + arrived + ", completed " + completed
                    + ", rejected " + rejected + ", open " + stillOpen + ", at servers " + inside + " by count and "
                    + openInside + " by state");
        }
        if (integral != sojourn) {
            throw new IllegalStateException("Little's law violated: flows spent " + sojourn
                    + " ns at servers, but the integral of the flows there is " + integral + " ns");
        }
        result.batchMeans = batches.means();
        result.jainMean = jainSum / jainSamples;
        result.endNanos = now;
        result.invalidDecisions = 0;
        for (Balancer balancer : balancers) {
            result.invalidDecisions += balancer.invalidDecisions();
        }
    }
}
