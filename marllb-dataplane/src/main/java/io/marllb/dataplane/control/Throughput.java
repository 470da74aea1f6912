package io.marllb.dataplane.control;

import io.marllb.core.Reduction;
import io.marllb.ipc.MsgOut;

/** Flows since this controller came, in totals that never fall, also when a slot is used again or another data plane comes. For one thread. */
final class Throughput {

    private long[] lastStarted = {};
    private long[] lastCompleted = {};
    private int[] generation = {};
    private long lastTime;
    private boolean begun;
    private long started;
    private long completed;
    private double completedPerSecond = Double.NaN;
    private double meanMillis = Double.NaN;
    private long[] lastArea = {};
    private double flowSeconds;
    private long intervalCompleted;

    /** Slots and counters begin anew with the next record; totals go on. */
    void anotherDataPlane() {
        begun = false;
        completedPerSecond = Double.NaN;
        meanMillis = Double.NaN;
    }

    void add(MsgOut out) {
        int n = out.servers;
        if (!begun) {
            lastStarted = new long[n];
            lastCompleted = new long[n];
            generation = new int[n];
            lastArea = new long[n];
        }
        double area = 0;
        long before = completed;
        double seconds = 0;
        long timed = 0;
        for (int j = 0; j < n; j++) {
            // What a data plane did before we came counts too; a slot that is used again starts from 0.
            boolean again = begun && generation[j] != out.generation[j];
            started += Math.max(0, out.started[j] - (again ? 0 : lastStarted[j]));
            long ended = Math.max(0, out.completed[j] - (again ? 0 : lastCompleted[j]));
            completed += ended;
            double mean = out.fct[j][Reduction.MEAN.ordinal()];
            seconds += Double.isNaN(mean) ? 0 : ended * mean;
            timed += Double.isNaN(mean) ? 0 : ended;
            lastStarted[j] = out.started[j];
            lastCompleted[j] = out.completed[j];
            area += Math.max(0, out.inFlightNanos[j] - (again ? 0 : lastArea[j])) * 1e-9;
            lastArea[j] = out.inFlightNanos[j];
            generation[j] = out.generation[j];
        }
        long elapsed = out.timeNanos - lastTime;
        if (begun && elapsed > 0) {
            completedPerSecond = (completed - before) * 1e9 / elapsed;
        }
        flowSeconds = begun ? area : 0;
        intervalCompleted = begun ? completed - before : 0;
        meanMillis = timed > 0 ? seconds / timed * 1e3 : meanMillis;
        lastTime = out.timeNanos;
        begun = true;
    }

    long started() {
        return started;
    }

    long completed() {
        return completed;
    }

    /** Integral of the open flows over the last interval, seconds; 0 before the second record. */
    double flowSeconds() {
        return flowSeconds;
    }

    /** Flows completed in the last interval; 0 before the second record. */
    long intervalCompleted() {
        return intervalCompleted;
    }

    /** Mean completion time by the servers' own statistics, each for the flows that ended there last; NaN while there is none. */
    double meanMillis() {
        return meanMillis;
    }

    /** Over the last interval; NaN before the second record. */
    double completedPerSecond() {
        return completedPerSecond;
    }
}
