package io.marllb.bench.load;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What came of it: every request that was due, or that had ended when it was cancelled. Keeps about 60 bytes for each. Not thread-safe. Times are nanoseconds from the moment a request was due to the last byte of its
 * answer, so a server that stalls is not spared the requests that it kept waiting.
 */
public final class LoadResult {

    /**
     * One request.
     *
     * @param dueNanos when it was due, from the start
     * @param flowClass index of its class
     * @param bytes what was asked for; 0 for the whole
     * @param lateNanos how much later than due it was sent, by our own fault
     * @param fctNanos from due to the end
     * @param outcome how it ended
     */
    public record Flow(long dueNanos, int flowClass, long bytes, long lateNanos, long fctNanos, Outcome outcome) {}

    private final List<String> classNames;
    private final List<Flow> flows = new ArrayList<>();
    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private final Histogram fct = new Histogram(3);
    private final Histogram late = new Histogram(3);
    private long bytesReceived;
    private long lastDueNanos;
    private double fctSum;
    private boolean cancelled;

    LoadResult(List<String> classNames) {
        this.classNames = List.copyOf(classNames);
        for (Outcome o : Outcome.values()) {
            outcomes.put(o, 0L);
        }
    }

    void add(Flow flow) {
        flows.add(flow);
        outcomes.merge(flow.outcome(), 1L, Long::sum);
        lastDueNanos = Math.max(lastDueNanos, flow.dueNanos());
        if (flow.outcome() == Outcome.OK) {
            fct.recordValue(flow.fctNanos());
            fctSum += flow.fctNanos();
        }
        if (flow.outcome() != Outcome.NOT_SENT) {
            late.recordValue(flow.lateNanos());
        }
    }

    void received(long bytes) {
        bytesReceived += bytes;
    }

    void cancel() {
        cancelled = true;
    }

    /**
     * Names of the classes.
     *
     * @return in the order of their indices
     */
    public List<String> classNames() {
        return classNames;
    }

    /**
     * All requests, in the order in which they ended.
     *
     * @return an unmodifiable view
     */
    public List<Flow> flows() {
        return Collections.unmodifiableList(flows);
    }

    /**
     * How many ended in a way.
     *
     * @param outcome which
     * @return count
     */
    public long count(Outcome outcome) {
        return outcomes.get(outcome);
    }

    /**
     * How many did not end well.
     *
     * @return count
     */
    public long failed() {
        return flows.size() - count(Outcome.OK);
    }

    /**
     * Times of those that ended well.
     *
     * @return the histogram itself, nanoseconds, 3 significant digits
     */
    public Histogram fct() {
        return fct;
    }

    /**
     * Exact mean of the same.
     *
     * @return nanoseconds; NaN without one
     */
    public double meanFctNanos() {
        return fctSum / count(Outcome.OK);
    }

    /**
     * How late requests were sent: what this program adds to every time.
     *
     * @return the histogram itself, nanoseconds
     */
    public Histogram late() {
        return late;
    }

    /**
     * Requests per second that were due.
     *
     * @return rate; NaN with fewer than two
     */
    public double offeredPerSecond() {
        return flows.size() < 2 || lastDueNanos == 0 ? Double.NaN : flows.size() / (lastDueNanos * 1e-9);
    }

    /**
     * Bytes of all answers, heads included.
     *
     * @return count
     */
    public long bytesReceived() {
        return bytesReceived;
    }

    /**
     * Whether it was stopped before its end.
     *
     * @return true if so
     */
    public boolean cancelled() {
        return cancelled;
    }
}
