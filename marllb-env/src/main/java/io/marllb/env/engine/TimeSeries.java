package io.marllb.env.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The cluster at the end of every control interval of one run; when the samples have become too many, every other one is dropped, again and
 * again, so that a day takes no more memory than an hour. Immutable once the run has ended.
 */
public final class TimeSeries {

    /** One sample; its arrays are nobody else's. */
    private static final class Sample {
        private final long time;
        private final int[] inSystem; // [servers]
        private final int[] busyWorkers; // [servers]
        private final float[][] weights; // [balancers][servers]
        private final double jain;
        private final long arrived;
        private final long completed;
        private final double fctSum;

        Sample(
                long time,
                int[] inSystem,
                int[] busyWorkers,
                float[][] weights,
                double jain,
                long arrived,
                long completed,
                double fctSum) {
            this.time = time;
            this.inSystem = inSystem;
            this.busyWorkers = busyWorkers;
            this.weights = weights;
            this.jain = jain;
            this.arrived = arrived;
            this.completed = completed;
            this.fctSum = fctSum;
        }
    }

    private static final int MOST_SAMPLES = 1 << 15; // 2.3 hours of 250 ms
    private static final int FEWEST_SAMPLES = 1 << 10; // kept whatever the size of the cluster, for charts
    private static final int MOST_VALUES = 1 << 23;

    private final List<Sample> samples = new ArrayList<>();
    private final int most;
    private int stride = 1; // intervals per sample
    private int skipped;

    /** An empty series of so many servers and balancers. */
    TimeSeries(int servers, int balancers) {
        int values = servers * (2 + balancers);
        most = Math.max(FEWEST_SAMPLES, Math.min(MOST_SAMPLES, MOST_VALUES / values));
    }

    /** Whether the interval that ends now is recorded. */
    boolean due() {
        if (++skipped < stride) {
            return false;
        }
        skipped = 0;
        return true;
    }

    void add(
            long time,
            int[] inSystem,
            int[] busyWorkers,
            float[][] weights,
            double jain,
            long arrived,
            long completed,
            double fctSum) {
        samples.add(new Sample(time, inSystem, busyWorkers, weights, jain, arrived, completed, fctSum));
        if (samples.size() == most) {
            for (int i = 0; i < most / 2; i++) {
                samples.set(i, samples.get(2 * i + 1));
            }
            samples.subList(most / 2, most).clear();
            stride *= 2;
        }
    }

    /**
     * Number of samples.
     *
     * @return count, {@code >= 0}
     */
    public int size() {
        return samples.size();
    }

    /**
     * When a sample was taken.
     *
     * @param i sample
     * @return seconds from the start of the run
     */
    public double seconds(int i) {
        return samples.get(i).time / 1e9;
    }

    /**
     * Flows in the system at a server.
     *
     * @param i sample
     * @param server index
     * @return count
     */
    public int inSystem(int i, int server) {
        return samples.get(i).inSystem[server];
    }

    /**
     * Workers in use at a server: flows that run or do I/O.
     *
     * @param i sample
     * @param server index
     * @return count
     */
    public int busyWorkers(int i, int server) {
        return samples.get(i).busyWorkers[server];
    }

    /**
     * A balancer's effective weight for a server, as in force after the sample.
     *
     * @param i sample
     * @param balancer index
     * @param server index
     * @return weight
     */
    public double weight(int i, int balancer, int server) {
        return samples.get(i).weights[balancer][server];
    }

    /**
     * Jain index of flows in the system over current capacity, over the servers that take part.
     *
     * @param i sample
     * @return index in (0, 1]; 1 when the cluster is empty
     */
    public double jain(int i) {
        return samples.get(i).jain;
    }

    /**
     * Arrivals so far, warm-up included.
     *
     * @param i sample
     * @return cumulative count
     */
    public long arrived(int i) {
        return samples.get(i).arrived;
    }

    /**
     * Completions so far, warm-up included.
     *
     * @param i sample
     * @return cumulative count
     */
    public long completed(int i) {
        return samples.get(i).completed;
    }

    /**
     * Mean flow completion time of the flows that completed since the sample before.
     *
     * @param i sample
     * @return seconds, NaN if none completed
     */
    public double meanFctSeconds(int i) {
        Sample now = samples.get(i);
        long n = now.completed - (i == 0 ? 0 : samples.get(i - 1).completed);
        double sum = now.fctSum - (i == 0 ? 0 : samples.get(i - 1).fctSum);
        return n == 0 ? Double.NaN : sum / n / 1e9;
    }
}
