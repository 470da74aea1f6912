package io.marllb.sampling;

import io.marllb.core.check.Checks;
import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * One reservoir per named metric, read as one vector: for each metric, in the order given, its statistics in the order given.
 *
 * <p>A metric without a sample gives NaN in all its places. Not thread-safe.
 */
public final class MultiMetricReservoir {

    private final List<String> metrics;
    private final List<Statistic> statistics;
    private final Reservoir[] reservoirs; // [metrics]

    /**
     * Empty reservoirs.
     *
     * @param metrics their names, at least one, all different
     * @param statistics what is read of each, at least one, all different
     * @param reservoir makes the reservoir of a metric, each from its own random stream
     */
    public MultiMetricReservoir(
            List<String> metrics, List<Statistic> statistics, Function<String, ? extends Reservoir> reservoir) {
        this.metrics = List.copyOf(metrics);
        this.statistics = List.copyOf(statistics);
        new Checks("MultiMetricReservoir")
                .that(!metrics.isEmpty(), "metrics must not be empty")
                .that(new HashSet<>(metrics).size() == metrics.size(), "metrics must all differ, but were " + metrics)
                .that(!statistics.isEmpty(), "statistics must not be empty")
                .that(
                        statistics.isEmpty() || EnumSet.copyOf(statistics).size() == statistics.size(),
                        "statistics must all differ, but were " + statistics)
                .throwIfAny();
        reservoirs = new Reservoir[metrics.size()];
        for (int i = 0; i < reservoirs.length; i++) {
            String metric = this.metrics.get(i);
            reservoirs[i] = Objects.requireNonNull(reservoir.apply(metric), "reservoir of " + metric);
        }
    }

    /**
     * The metrics.
     *
     * @return names in the order of the vector, immutable
     */
    public List<String> metrics() {
        return metrics;
    }

    /**
     * Where a metric stands, to look it up once and not for every sample.
     *
     * @param metric its name
     * @return index in {@code [0, metrics)}
     * @throws IllegalArgumentException if there is none of that name, with the nearest name
     */
    public int index(String metric) {
        int index = metrics.indexOf(metric);
        if (index < 0) {
            throw new IllegalArgumentException("unknown metric '" + metric + "'" + Nearest.hint(metric, metrics));
        }
        return index;
    }

    /**
     * Offers a sample.
     *
     * @param metric its name
     * @param value finite
     * @param nowNanos when it was taken
     * @throws IllegalArgumentException if there is no such metric, with the nearest name
     */
    public void add(String metric, double value, long nowNanos) {
        add(index(metric), value, nowNanos);
    }

    /**
     * Offers a sample, fast.
     *
     * @param metric its {@link #index}
     * @param value finite
     * @param nowNanos when it was taken
     */
    public void add(int metric, double value, long nowNanos) {
        reservoirs[metric].add(value, nowNanos);
    }

    /**
     * The reservoir of a metric.
     *
     * @param metric its name
     * @return the reservoir itself
     * @throws IllegalArgumentException if there is no such metric, with the nearest name
     */
    public Reservoir reservoir(String metric) {
        return reservoirs[index(metric)];
    }

    /**
     * Length of the vector.
     *
     * @return metrics times statistics
     */
    public int dimension() {
        return reservoirs.length * statistics.size();
    }

    /**
     * Names of the vector's places.
     *
     * @return {@code [dimension]}, such as {@code "fct.mean"}
     */
    public List<String> names() {
        List<String> names = new ArrayList<>(dimension());
        for (String metric : metrics) {
            for (Statistic statistic : statistics) {
                names.add(metric + "." + statistic.id());
            }
        }
        return names;
    }

    /**
     * Reads every statistic of every metric.
     *
     * @param nowNanos time of reading
     * @param out {@code [dimension]}, overwritten
     * @throws IllegalArgumentException if the length differs
     */
    public void read(long nowNanos, double[] out) {
        if (out.length != dimension()) {
            throw new IllegalArgumentException("out has " + out.length + " entries, but the vector has " + dimension());
        }
        int at = 0;
        for (Reservoir reservoir : reservoirs) {
            for (int s = 0; s < statistics.size(); s++) {
                out[at++] = reservoir.statistic(statistics.get(s), nowNanos);
            }
        }
    }

    /** Empties every reservoir. */
    public void reset() {
        for (Reservoir reservoir : reservoirs) {
            reservoir.clear();
        }
    }
}
