package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.core.rng.Streams;
import io.marllb.core.select.MinimumTree;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.random.RandomGenerator;

/**
 * KnapsackLB: learns every server's latency as a function of its rate, then splits the traffic so that the mean latency is least.
 *
 * <p>Traffic goes by fixed shares during a window, each moved a little at random so that the curves can be told. At its end every server
 * adds the point (its flows per second, their mean time by Little's law) to a decayed least-squares fit {@code l(x) = a + b x^2}, a and b
 * not negative. The next shares come from a grid: starting near the present ones, unit after unit of traffic goes where it adds least to
 * {@code sum x l(x)}. All curves are convex, so this greedy filling finds the grid's optimum, which the paper asks an integer programme for.
 *
 * <p>Differs from the paper: latencies count per flow, not per server; curves over rates instead of shares, so they survive a change of the
 * total; a window's move is at most {@code step}; measuring never ends.
 */
final class KnapsackWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "knapsack",
            "the static split that is best under latency curves learned on the way",
            "Gandhi and Narayana, KnapsackLB, 2024",
            KnapsackWeights::new,
            Parameter.duration("window", "2s", "how long shares hold and are measured"),
            Parameter.number("explore", "0.1", 0.001, 0.5, "relative random move of each share per window"),
            Parameter.number("step", "1.3", 1.01, 10, "factor by which a share may change per window"),
            Parameter.number("kept", "0.9", 0, 0.999, "what a fit keeps of its past, per window"));

    private static final int GRID_UNITS_PER_SERVER = 64; // a unit is 1.6 % of an average server's traffic
    private static final int FEWEST_POINTS = 3; // measured windows before a curve is believed

    private final long window;
    private final double explore;
    private final double step;
    private final double kept;
    private final RandomGenerator random;
    private final double[] share; // [n], sum 1 over active servers, without the random moves
    private final Curve[] curves; // [n]
    private final MinimumTree marginal; // cost of one more unit per server
    private final int[] units; // [n], of the grid
    private final long[] lastStarted;
    private final double[] lastFlowNanos;
    private long windowStart = Long.MIN_VALUE;

    /** Least squares of l on x^2, each point weighted by its flows. */
    private static final class Curve {
        double weight;
        double sumZ; // z = x^2
        double sumZz;
        double sumL;
        double sumZl;
        int points;
        double a;
        double b;

        void add(double x, double latency, double flows, double kept) {
            double z = x * x;
            weight = weight * kept + flows;
            sumZ = sumZ * kept + flows * z;
            sumZz = sumZz * kept + flows * z * z;
            sumL = sumL * kept + flows * latency;
            sumZl = sumZl * kept + flows * z * latency;
            points++;
            double varianceTimesWeight = sumZz - sumZ * sumZ / weight;
            b = varianceTimesWeight > 0 ? Math.max(0, (sumZl - sumZ * sumL / weight) / varianceTimesWeight) : 0;
            a = (sumL - b * sumZ) / weight;
            if (a < 0) { // then the best curve without a negative term goes through the origin
                a = 0;
                b = sumZl / sumZz;
            }
        }

        double cost(double x) {
            return x * (a + b * x * x);
        }
    }

    KnapsackWeights(Arguments arguments, PolicySetup setup) {
        int n = setup.servers();
        window = arguments.nanos("window");
        explore = arguments.number("explore");
        step = arguments.number("step");
        kept = arguments.number("kept");
        random = Streams.of(setup.seed()).stream("knapsack", setup.balancer());
        share = new double[n];
        curves = new Curve[n];
        Arrays.setAll(curves, j -> new Curve());
        marginal = new MinimumTree(n);
        units = new int[n];
        lastStarted = new long[n];
        lastFlowNanos = new double[n];
    }

    @Override
    public void start(View view, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = view.staticWeight(j);
            share[j] = weights[j];
        }
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        long now = observation.now();
        if (windowStart != Long.MIN_VALUE && now - windowStart < window) {
            return;
        }
        if (windowStart != Long.MIN_VALUE) {
            double total = measure(observation, (now - windowStart) * 1e-9);
            if (total > 0) {
                split(observation, total);
            }
        }
        for (int j = 0; j < weights.length; j++) {
            lastStarted[j] = observation.started(j);
            lastFlowNanos[j] = observation.inFlightNanos(j);
            weights[j] = share[j] * (random.nextBoolean() ? 1 + explore : 1 - explore);
        }
        windowStart = now;
    }

    /** Adds the window's points to the curves; returns the flows per second over all active servers. */
    private double measure(Observation observation, double seconds) {
        double total = 0;
        for (int j = 0; j < share.length; j++) {
            long flows = observation.started(j) - lastStarted[j];
            double rate = flows / seconds;
            if (observation.active(j)) {
                total += rate;
                if (flows > 0) {
                    double latency = (observation.inFlightNanos(j) - lastFlowNanos[j]) * 1e-9 / flows;
                    curves[j].add(rate, latency, flows, kept);
                }
            }
        }
        return total;
    }

    /** Chooses new shares of the servers whose curves are known; together they keep what they had. */
    private void split(Observation observation, double total) {
        double active = 0;
        double known = 0;
        int servers = 0;
        for (int j = 0; j < share.length; j++) {
            active += observation.active(j) ? share[j] : 0;
            if (movable(observation, j)) {
                known += share[j];
                servers++;
            }
        }
        if (servers < 2) {
            return;
        }
        int grid = GRID_UNITS_PER_SERVER * servers;
        double unitShare = known / grid;
        double unitRate = unitShare / active * total;
        int left = grid;
        for (int j = 0; j < share.length; j++) {
            units[j] = movable(observation, j) ? Math.max(1, (int) (share[j] / step / unitShare)) : 0;
            left -= units[j];
            marginal.put(j, nextUnit(j, unitShare, unitRate));
        }
        marginal.rebuild();
        while (left > 0 && marginal.first() >= 0) {
            int best = marginal.first();
            units[best]++;
            left--;
            marginal.set(best, nextUnit(best, unitShare, unitRate));
        }
        for (int j = 0; j < share.length; j++) {
            share[j] = units[j] > 0 ? units[j] * unitShare : share[j];
        }
    }

    private boolean movable(Observation observation, int server) {
        return observation.active(server) && curves[server].points >= FEWEST_POINTS;
    }

    /** What the next unit adds to the sum of latencies; infinite where the server may not get more. */
    private double nextUnit(int server, double unitShare, double unitRate) {
        int has = units[server];
        if (has == 0 || (has + 1) * unitShare > share[server] * step + unitShare) {
            return Double.POSITIVE_INFINITY;
        }
        return curves[server].cost((has + 1) * unitRate) - curves[server].cost(has * unitRate);
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
