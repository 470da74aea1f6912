package io.marllb.bench.replay;

import io.marllb.env.engine.TimeSeries;
import io.marllb.env.scenario.Scenario;
import java.util.stream.IntStream;

/**
 * The cluster over the time of one run, from its start to the end of the arrivals, averaged over at most {@value #MAX_BINS} bins of equally many
 * control intervals, so that a day takes no more memory than a minute. Immutable.
 */
public final class Trajectory {

    /** Most bins: more than a chart has room for. */
    public static final int MAX_BINS = 360;

    /** Instead of a count for a server that takes no part: dead, not there yet, or gone. */
    public static final int ABSENT = -1;

    /** Most instants whose busy workers are kept as they were, for their distribution. */
    private static final int MAX_INSTANTS = 2_000;

    private static final int MAX_BUSY_COUNTS = 1_000_000; // servers times instants

    private final double[] seconds; // [bins], end of each bin
    private final double[][] busyWorkers; // [bins][servers]
    private final double[][] weightShare; // [bins][servers]
    private final double[] jain; // [bins]
    private final double[] meanFctSeconds; // [bins], NaN where nothing completed
    private final int[][] busyAt; // [instants][servers]
    private final double warmupEndSeconds;

    private Trajectory(
            double[] seconds,
            double[][] busyWorkers,
            double[][] weightShare,
            double[] jain,
            double[] meanFctSeconds,
            int[][] busyAt,
            double warmupEndSeconds) {
        this.seconds = seconds;
        this.busyWorkers = busyWorkers;
        this.weightShare = weightShare;
        this.jain = jain;
        this.meanFctSeconds = meanFctSeconds;
        this.busyAt = busyAt;
        this.warmupEndSeconds = warmupEndSeconds;
    }

    static Trajectory of(TimeSeries series, Scenario scenario) {
        int servers = scenario.slots();
        int size = untilLastArrival(series);
        int first = warmupSamples(series, size, scenario.run());
        int bins = Math.min(size, MAX_BINS);
        double[] seconds = new double[bins];
        double[][] busy = new double[bins][servers];
        double[][] share = new double[bins][servers];
        double[] jain = new double[bins];
        double[] fct = new double[bins];
        for (int b = 0; b < bins; b++) {
            int from = (int) ((long) b * size / bins);
            int to = (int) ((long) (b + 1) * size / bins);
            seconds[b] = series.seconds(to - 1);
            double fctSum = 0;
            long completed = 0;
            for (int i = from; i < to; i++) {
                jain[b] += series.jain(i) / (to - from);
                long n = series.completed(i) - (i == 0 ? 0 : series.completed(i - 1));
                if (n > 0) {
                    fctSum += series.meanFctSeconds(i) * n;
                    completed += n;
                }
                for (int j = 0; j < servers; j++) {
                    busy[b][j] += (double) series.busyWorkers(i, j) / (to - from);
                }
                addWeightShares(series, i, scenario.balancers(), 1.0 / (to - from), share[b]);
            }
            fct[b] = completed == 0 ? Double.NaN : fctSum / completed;
        }
        int instants = Math.min(size - first, Math.min(MAX_INSTANTS, Math.max(1, MAX_BUSY_COUNTS / servers)));
        int[][] busyAt = new int[instants][];
        for (int k = 0; k < instants; k++) {
            int i = first + (int) ((long) k * (size - first) / instants);
            busyAt[k] = IntStream.range(0, servers)
                    .map(j -> takesPart(series, i, j, scenario.balancers()) ? series.busyWorkers(i, j) : ABSENT)
                    .toArray();
        }
        double warmupEnd = first == 0 ? 0 : series.seconds(first - 1);
        return new Trajectory(seconds, busy, share, jain, fct, busyAt, warmupEnd);
    }

    /** A server that is dead, has not joined yet or has left: no balancer sends to it, and it has nothing left to do. */
    private static boolean takesPart(TimeSeries series, int i, int server, int balancers) {
        if (series.inSystem(i, server) > 0) {
            return true;
        }
        for (int m = 0; m < balancers; m++) {
            if (series.weight(i, m, server) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Weights matter only relative to each other, so each balancer's are made to sum to 1 before they are averaged. */
    private static void addWeightShares(TimeSeries series, int i, int balancers, double factor, double[] share) {
        for (int m = 0; m < balancers; m++) {
            double sum = 0;
            for (int j = 0; j < share.length; j++) {
                sum += series.weight(i, m, j);
            }
            for (int j = 0; sum > 0 && j < share.length; j++) {
                share[j] += series.weight(i, m, j) / sum * factor / balancers;
            }
        }
    }

    /** The tail in which the cluster drains says nothing about the load. */
    private static int untilLastArrival(TimeSeries series) {
        int size = series.size();
        while (size > 1 && series.arrived(size - 2) == series.arrived(size - 1)) {
            size--;
        }
        return size;
    }

    private static int warmupSamples(TimeSeries series, int size, Scenario.Run run) {
        int first = 0;
        while (first < size && inWarmup(series, first, size, run)) {
            first++;
        }
        return first;
    }

    private static boolean inWarmup(TimeSeries series, int i, int size, Scenario.Run run) {
        return run.flows().isPresent()
                ? series.arrived(i) < run.warmup() * series.arrived(size - 1)
                : series.seconds(i) < run.warmup() * series.seconds(size - 1);
    }

    /**
     * Number of bins.
     *
     * @return count, at most {@value #MAX_BINS}
     */
    public int bins() {
        return seconds.length;
    }

    /**
     * Number of server slots.
     *
     * @return n
     */
    public int servers() {
        return busyWorkers.length == 0 ? 0 : busyWorkers[0].length;
    }

    /**
     * Where the bins end.
     *
     * @return seconds from the start of the run, {@code [bins]}, new array
     */
    public double[] seconds() {
        return seconds.clone();
    }

    /**
     * Mean number of workers in use.
     *
     * @param bin index
     * @param server index
     * @return count, {@code >= 0}
     */
    public double busyWorkers(int bin, int server) {
        return busyWorkers[bin][server];
    }

    /**
     * A server's share of the sum of the weights, averaged over balancers; 0 if no balancer sends to it.
     *
     * @param bin index
     * @param server index
     * @return share in [0, 1]
     */
    public double weightShare(int bin, int server) {
        return weightShare[bin][server];
    }

    /**
     * Jain index of flows in the system over capacity.
     *
     * @return {@code [bins]}, in (0, 1], new array
     */
    public double[] jain() {
        return jain.clone();
    }

    /**
     * Mean flow completion time of the flows that completed in each bin.
     *
     * @return seconds, {@code [bins]}, NaN where nothing completed, new array
     */
    public double[] meanFctSeconds() {
        return meanFctSeconds.clone();
    }

    /**
     * Number of instants after warm-up, evenly spaced, whose busy workers are kept unaveraged.
     *
     * @return count
     */
    public int instants() {
        return busyAt.length;
    }

    /**
     * Workers in use at such an instant.
     *
     * @param instant index
     * @param server index
     * @return count, or {@link #ABSENT}
     */
    public int busyAt(int instant, int server) {
        return busyAt[instant][server];
    }

    /**
     * Until when nothing was counted.
     *
     * @return seconds from the start of the run
     */
    public double warmupEndSeconds() {
        return warmupEndSeconds;
    }
}
