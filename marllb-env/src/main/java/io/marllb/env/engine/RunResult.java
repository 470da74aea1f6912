package io.marllb.env.engine;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one run measured. Counts and times cover the flows that arrived after warm-up; integrals cover the time from the end of warm-up to the
 * end of the arrivals. Times are nanoseconds. Arrays are the result's own: read, do not write.
 */
public final class RunResult {

    final String policy;
    final long seed;
    final List<String> classNames;
    long flows;
    long rejected;
    long aborted;
    long events;
    long otherEvents;
    long signalsSent;
    long signalsLost;
    long probesDropped;
    long invalidDecisions;
    boolean cancelled;
    Histogram[] fctByClass;
    double[] fctSumByClass;
    long[] completedByClass;
    double[] batchMeans;
    double jainMean;
    double[] serverUtilisation;
    double[] serverMeanInFlight;
    long[] serverCompleted;
    Histogram decisionNanos;
    TimeSeries series;
    long measuredNanos;
    long endNanos;

    RunResult(String policy, long seed, List<String> classNames) {
        this.policy = policy;
        this.seed = seed;
        this.classNames = List.copyOf(classNames);
    }

    /**
     * The policy, as users write it.
     *
     * @return its name
     */
    public String policy() {
        return policy;
    }

    /**
     * The run's seed.
     *
     * @return seed
     */
    public long seed() {
        return seed;
    }

    /**
     * Flows that arrived after warm-up.
     *
     * @return count
     */
    public long flows() {
        return flows;
    }

    /**
     * Of these, the completed ones.
     *
     * @return count
     */
    public long completed() {
        long sum = 0;
        for (long n : completedByClass) {
            sum += n;
        }
        return sum;
    }

    /**
     * Of these, the ones refused by a full or dead server or for want of an eligible one, and the ones that died with their server.
     *
     * @return count
     */
    public long rejected() {
        return rejected;
    }

    /**
     * Of the rejected, the ones that had been accepted and died with their server.
     *
     * @return count
     */
    public long aborted() {
        return aborted;
    }

    /**
     * Of these, the ones still open when the run stopped.
     *
     * @return count
     */
    public long inFlightAtEnd() {
        return flows - completed() - rejected;
    }

    /**
     * Arrivals and departures, warm-up included.
     *
     * @return count
     */
    public long events() {
        return events;
    }

    /**
     * All other events: ACKs, I/O, signals, delays, control ticks, scenario events.
     *
     * @return count
     */
    public long otherEvents() {
        return otherEvents;
    }

    /**
     * Signals that were sent: reports, probes, idle notices, exchanged counts.
     *
     * @return count
     */
    public long signalsSent() {
        return signalsSent;
    }

    /**
     * Signals that the network lost.
     *
     * @return count
     */
    public long signalsLost() {
        return signalsLost;
    }

    /**
     * Probes beyond the most that one flow may send.
     *
     * @return count
     */
    public long probesDropped() {
        return probesDropped;
    }

    /**
     * Decisions of the weight policy that were invalid, so that equal weights were used.
     *
     * @return count
     */
    public long invalidDecisions() {
        return invalidDecisions;
    }

    /**
     * Whether the run was cancelled before its end.
     *
     * @return true if so
     */
    public boolean cancelled() {
        return cancelled;
    }

    /**
     * Flow completion times of the completed flows, from the client's send to the client's receipt.
     *
     * @return a new histogram of nanoseconds, 3 significant digits
     */
    public Histogram fct() {
        Histogram all = new Histogram(3);
        for (Histogram h : fctByClass) {
            all.add(h);
        }
        return all;
    }

    /**
     * The same for one class.
     *
     * @param flowClass index into {@link #classNames}
     * @return the histogram itself
     */
    public Histogram fct(int flowClass) {
        return fctByClass[flowClass];
    }

    /**
     * Exact mean flow completion time.
     *
     * @return nanoseconds; NaN if nothing completed
     */
    public double meanFctNanos() {
        double sum = 0;
        for (double s : fctSumByClass) {
            sum += s;
        }
        return sum / completed();
    }

    /**
     * Exact mean flow completion time of one class.
     *
     * @param flowClass index into {@link #classNames}
     * @return nanoseconds; NaN if nothing completed
     */
    public double meanFctNanos(int flowClass) {
        return fctSumByClass[flowClass] / completedByClass[flowClass];
    }

    /**
     * Completed flows of one class.
     *
     * @param flowClass index into {@link #classNames}
     * @return count
     */
    public long completed(int flowClass) {
        return completedByClass[flowClass];
    }

    /**
     * Names of the classes.
     *
     * @return names in the order of their indices
     */
    public List<String> classNames() {
        return classNames;
    }

    /**
     * Mean flow completion times of equally many flows each, in the order of completion, for batch-means intervals.
     *
     * @return nanoseconds, 32 to 63 batches (fewer if fewer flows completed)
     */
    public double[] batchMeans() {
        return batchMeans.clone();
    }

    /**
     * Time average of the Jain index of flows in the system over capacity, sampled each control interval.
     *
     * @return index in (0, 1]; NaN if no sample fell into the measured time
     */
    public double jainMean() {
        return jainMean;
    }

    /**
     * Share of each server's current capacity that was in use.
     *
     * @return {@code [servers]}, in [0, 1]
     */
    public double[] serverUtilisation() {
        return serverUtilisation.clone();
    }

    /**
     * Time average of the flows in the system at each server.
     *
     * @return {@code [servers]}, {@code >= 0}
     */
    public double[] serverMeanInFlight() {
        return serverMeanInFlight.clone();
    }

    /**
     * Measured flows that completed at each server.
     *
     * @return {@code [servers]}
     */
    public long[] serverCompleted() {
        return serverCompleted.clone();
    }

    /**
     * Time per choice, one in 1,024.
     *
     * @return histogram of nanoseconds; empty if no clock was given
     */
    public Histogram decisionNanos() {
        return decisionNanos;
    }

    /**
     * The cluster over time, if it was asked for.
     *
     * @return the series, or null
     */
    public TimeSeries series() {
        return series;
    }

    /**
     * Length of the measured time, from the end of warm-up to the end of the arrivals.
     *
     * @return nanoseconds
     */
    public long measuredNanos() {
        return measuredNanos;
    }

    /**
     * When the last flow had left.
     *
     * @return nanoseconds from the start of the run
     */
    public long endNanos() {
        return endNanos;
    }
}
