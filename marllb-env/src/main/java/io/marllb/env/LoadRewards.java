package io.marllb.env;

import io.marllb.core.Observation;
import io.marllb.core.fairness.Fairness;
import io.marllb.core.fairness.SmoothedProduct;
import io.marllb.env.engine.Simulation;
import java.util.Arrays;

/** The rewards of one episode after another, by the name in the configuration. */
final class LoadRewards {

    private static final double NANOS = 1e9;

    private final LoadBalanceConfig config;
    private final int agents;
    private final int servers;
    private final Fairness fairness; // null for the others
    private final SmoothedProduct[] smoothed; // by agent, or one when pooled; null for the others
    private final double[] loads; // [servers], NaN where a server takes no part or has no sample
    private final double[] packed; // [servers]
    private long completedBefore;
    private double sumBefore;
    private double lastMean;
    private final double[] inFlightBefore; // [agents], flow-nanoseconds
    private final double[] serversBefore; // [servers], flow-nanoseconds
    private final double[] twinServersBefore; // [servers]
    private double twinSum;
    private long intervals;
    private long lastNow;

    LoadRewards(LoadBalanceConfig config, int agents, int servers) {
        this.config = config;
        this.agents = agents;
        this.servers = servers;
        boolean isSmoothed = config.reward().equals(LoadBalanceConfig.SMOOTHED_PRODUCT);
        this.fairness = !isSmoothed && !ofTrueState() ? Fairness.named(config.reward()) : null;
        this.smoothed = new SmoothedProduct[isSmoothed ? agents : 0];
        for (int a = 0; a < smoothed.length; a++) {
            smoothed[a] = new SmoothedProduct(servers, SmoothedProduct.PAPER_GAMMA);
        }
        this.loads = new double[servers];
        this.packed = new double[servers];
        this.inFlightBefore = new double[agents];
        this.serversBefore = new double[servers];
        this.twinServersBefore = new double[servers];
    }

    private boolean ofTrueState() {
        return !config.comparesFeatures();
    }

    void reset() {
        for (SmoothedProduct s : smoothed) {
            s.reset();
        }
        completedBefore = 0;
        sumBefore = 0;
        lastMean = 0;
        Arrays.fill(inFlightBefore, 0);
        Arrays.fill(serversBefore, 0);
        Arrays.fill(twinServersBefore, 0);
        twinSum = 0;
        intervals = 0;
        lastNow = 0;
    }

    /** The rewards for the interval that just ended. */
    void write(Simulation simulation, Simulation twin, double[] rewards) {
        if (config.reward().equals(LoadBalanceConfig.IN_FLIGHT)) {
            inFlight(simulation, rewards);
            return;
        }
        if (LoadBalanceConfig.needsTwin(config.reward())) {
            Arrays.fill(rewards, againstTwin(simulation, twin));
            return;
        }
        if (ofTrueState()) {
            Arrays.fill(
                    rewards,
                    config.reward().equals(LoadBalanceConfig.IN_SYSTEM)
                            ? inSystem(simulation)
                            : completion(simulation));
            return;
        }
        if (config.sharing() == LoadBalanceConfig.Sharing.POOLED) {
            pool(simulation);
            Arrays.fill(rewards, score(0));
            return;
        }
        double sum = 0;
        for (int a = 0; a < agents; a++) {
            Observation o = simulation.observation(a);
            for (int j = 0; j < servers; j++) {
                loads[j] = load(o, j);
            }
            rewards[a] = score(a);
            sum += rewards[a];
        }
        if (config.sharing() == LoadBalanceConfig.Sharing.MEAN) {
            Arrays.fill(rewards, sum / agents);
        }
    }

    private double load(Observation o, int server) {
        return o.active(server) ? config.rewardFeature().of(o, server) : Double.NaN;
    }

    private void pool(Simulation simulation) {
        for (int j = 0; j < servers; j++) {
            double sum = 0;
            int seen = 0;
            for (int a = 0; a < agents; a++) {
                double x = load(simulation.observation(a), j);
                if (!Double.isNaN(x)) {
                    sum += x;
                    seen++;
                }
            }
            loads[j] = seen == 0 ? Double.NaN : sum / seen;
        }
    }

    private double score(int agent) {
        if (fairness == null) {
            return smoothed[agent].next(loads);
        }
        int n = 0;
        for (int j = 0; j < servers; j++) {
            if (!Double.isNaN(loads[j])) {
                packed[n++] = loads[j];
            }
        }
        return fairness.of(packed, n);
    }

    private double inSystem(Simulation simulation) {
        double flows = 0;
        double capacity = 0;
        for (int j = 0; j < servers; j++) {
            flows += simulation.inSystem(j);
            capacity += simulation.capacity(j);
        }
        return capacity > 0 ? 0 - flows / capacity : 0 - flows;
    }

    private void inFlight(Simulation simulation, double[] rewards) {
        double span = simulation.now() - (double) lastNow;
        lastNow = simulation.now();
        int active = 0;
        for (int j = 0; j < servers; j++) {
            active += simulation.active(j) ? 1 : 0;
        }
        double sum = 0;
        for (int a = 0; a < agents; a++) {
            double area = area(simulation.observation(a));
            rewards[a] = 0 - (area - inFlightBefore[a]) / span * agents / Math.max(1, active);
            inFlightBefore[a] = area;
            sum += rewards[a];
        }
        if (config.sharing() != LoadBalanceConfig.Sharing.OWN) {
            Arrays.fill(rewards, sum / agents);
        }
    }

    private double area(Observation o) {
        double sum = 0;
        for (int j = 0; j < servers; j++) {
            sum += o.inFlightNanos(j);
        }
        return sum;
    }

    private double againstTwin(Simulation simulation, Simulation twin) {
        double span = simulation.now() - (double) lastNow;
        lastNow = simulation.now();
        double own = cost(simulation, span, serversBefore);
        double other = cost(twin, span, twinServersBefore);
        twinSum += other;
        intervals++;
        double mean = twinSum / intervals; // in the episode so far
        return mean > 0 ? (other - own) / mean : 0;
    }

    /** What the interval cost: mean flows in flight, or how crowded it was. */
    private double cost(Simulation s, double span, double[] before) {
        boolean crowd = config.reward().equals(LoadBalanceConfig.LESS_CROWDED);
        double sum = 0;
        for (int j = 0; j < servers; j++) {
            double area = 0;
            for (int a = 0; a < agents; a++) {
                area += s.observation(a).inFlightNanos(j);
            }
            double flows = (area - before[j]) / span;
            before[j] = area;
            if (!crowd) {
                sum += flows;
            } else if (s.capacity(j) > 0) {
                sum += flows * flows / s.capacity(j);
            }
        }
        return sum;
    }

    private double completion(Simulation simulation) {
        long completed = simulation.completed() - completedBefore;
        if (completed > 0) {
            lastMean = 0 - (simulation.completionTimeSum() - sumBefore) / completed / NANOS;
        }
        completedBefore = simulation.completed();
        sumBefore = simulation.completionTimeSum();
        return lastMean;
    }
}
