package io.marllb.bench.theory;

import java.util.Objects;

/**
 * The optimal dispatch of a {@link TwoServerChain}: what any learner can be scored against.
 *
 * <p>Minimises the mean number in the system, and so the mean response time, over all rules that see both queue lengths: relative value
 * iteration on the uniformised chain (Puterman, Markov Decision Processes, 1994, section 8.5), truncated at a total number of jobs so large
 * that the optimal chain is practically never there. The iteration stops when its two-sided bounds on the mean agree to {@value #PRECISION};
 * the value that is reported is the exact mean under the rule it found. Cost: states times iterations, under a second at utilisation 0.8,
 * growing with {@code (1 - utilisation)^-4}. Immutable.
 */
public final class OptimalDispatch implements DispatchRule {

    /** Relative width of the bounds at which the iteration stops. */
    static final double PRECISION = 1e-9;

    /** Probability of the truncation's last level, about. */
    private static final double TAIL = 1e-11;

    private static final int LEAST_LEVELS = 32;
    private static final int ITERATIONS = 2_000_000;

    /** Advantages smaller than this share of the mean number are a tie: twenty times the error that the bounds allow. */
    private static final double INDIFFERENCE = 2e-8;

    private final double[][] advantage; // [total number][jobs at the first server], cost of second minus cost of first
    private final int horizon;
    private final double lowerBound;
    private final double upperBound;
    private final StationaryLaw law;

    private OptimalDispatch(TwoServerChain chain, double[][] advantage, int horizon, double lower, double upper) {
        this.advantage = advantage;
        this.horizon = horizon;
        this.lowerBound = lower;
        this.upperBound = upper;
        this.law = chain.solve(this);
    }

    static OptimalDispatch of(TwoServerChain chain) {
        // No rule empties the system faster than one server of the total speed, whose number is geometric in the
        // utilisation; the best is near it.
        double utilisation = chain.arrivalRate() / (chain.firstSpeed() + chain.secondSpeed());
        int levels = (int) Math.ceil(StrictMath.log(TAIL) / StrictMath.log(utilisation));
        return of(chain, Math.max(LEAST_LEVELS, levels));
    }

    /** As {@link #of(TwoServerChain)}, truncated at a number of jobs. */
    static OptimalDispatch of(TwoServerChain chain, int top) {
        double arrival = chain.arrivalRate();
        double total = arrival + chain.firstSpeed() + chain.secondSpeed();
        double a = arrival / total;
        double s1 = chain.firstSpeed() / total;
        double s2 = chain.secondSpeed() / total;
        double[][] v = new double[top + 1][];
        double[][] next = new double[top + 1][];
        for (int n = 0; n <= top; n++) {
            v[n] = new double[n + 1];
            next[n] = new double[n + 1];
            // Cost of draining at full speed: near the answer, and exact in its leading term.
            java.util.Arrays.fill(v[n], n * (n + 1.0) / (2 * (s1 + s2 - a)));
        }
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        for (int iteration = 0; !(high - low <= PRECISION * low); iteration++) {
            if (iteration == ITERATIONS) {
                throw new IllegalStateException(
                        "no convergence after " + ITERATIONS + " iterations: mean between " + low + " and " + high);
            }
            low = Double.POSITIVE_INFINITY;
            high = Double.NEGATIVE_INFINITY;
            for (int n = 0; n <= top; n++) {
                for (int i = 0; i <= n; i++) {
                    double arrived = n == top ? v[n][i] : Math.min(v[n + 1][i + 1], v[n + 1][i]);
                    double afterFirst = i > 0 ? v[n - 1][i - 1] : v[n][i];
                    double afterSecond = i < n ? v[n - 1][i] : v[n][i];
                    double value = n + a * arrived + s1 * afterFirst + s2 * afterSecond;
                    double step = value - v[n][i];
                    low = Math.min(low, step);
                    high = Math.max(high, step);
                    next[n][i] = value;
                }
            }
            double origin = next[0][0];
            for (double[] level : next) {
                for (int i = 0; i < level.length; i++) {
                    level[i] -= origin;
                }
            }
            double[][] swap = v;
            v = next;
            next = swap;
        }
        double[][] advantage = new double[top][];
        for (int n = 0; n < top; n++) {
            advantage[n] = new double[n + 1];
            for (int i = 0; i <= n; i++) {
                // One uniformised step lasts 1/total, so costs per step are divided by it.
                advantage[n][i] = (v[n + 1][i] - v[n + 1][i + 1]) / total;
            }
        }
        return new OptimalDispatch(chain, advantage, top / 2, low, high);
    }

    /**
     * Largest total number of jobs at which decisions are free of the truncation's edge. Beyond, {@link #shareOfFirst} and {@link #advantage}
     * answer for the state with as many jobs fewer at each server.
     *
     * @return jobs
     */
    public int horizon() {
        return horizon;
    }

    /**
     * What the better decision is worth.
     *
     * @param first jobs at the first server, {@code >= 0}
     * @param second jobs at the second server, {@code >= 0}
     * @return expected job-time saved by sending the next job to the first server rather than the second and going on optimally; negative
     *     when the second is better
     */
    public double advantage(int first, int second) {
        Objects.checkIndex(first, Integer.MAX_VALUE);
        Objects.checkIndex(second, Integer.MAX_VALUE);
        int i = first;
        int j = second;
        int beyond = i + j - horizon;
        if (beyond > 0) {
            int both = Math.min((beyond + 1) / 2, Math.min(i, j));
            i -= both;
            j -= both;
            int left = Math.max(0, i + j - horizon);
            if (i > j) {
                i -= left;
            } else {
                j -= left;
            }
        }
        return advantage[i + j][i];
    }

    /**
     * The optimal decision.
     *
     * @param first jobs at the first server, {@code >= 0}
     * @param second jobs at the second server, {@code >= 0}
     * @return 1 for the first server, 0 for the second, 0.5 where both are equally good
     */
    @Override
    public double shareOfFirst(int first, int second) {
        double gain = advantage(first, second);
        if (StrictMath.abs(gain) <= INDIFFERENCE * upperBound) {
            return 0.5;
        }
        return gain > 0 ? 1 : 0;
    }

    /**
     * The optimal decisions as a table.
     *
     * @param size number of queue lengths per server, 0 to {@code size - 1}
     * @return {@code [jobs at first][jobs at second]}: 0 send to the first server, 1 to the second, -1 either; a new array
     */
    public int[][] actions(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be >= 1, but was " + size);
        }
        int[][] table = new int[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                double share = shareOfFirst(i, j);
                table[i][j] = share == 0.5 ? -1 : (share == 1 ? 0 : 1);
            }
        }
        return table;
    }

    /**
     * The least mean response time of any rule.
     *
     * @return time units in which a server of speed 1 does one mean job
     */
    public double meanResponse() {
        return law.meanResponse();
    }

    /**
     * The stationary law under the optimal rule.
     *
     * @return the law
     */
    public StationaryLaw law() {
        return law;
    }

    /**
     * A proven bound: no rule has a smaller mean number in the system (of the truncated system).
     *
     * @return mean number
     */
    public double lowerBound() {
        return lowerBound;
    }

    /**
     * A proven bound: the rule of the last iteration has no larger mean number in the system (of the truncated system).
     *
     * @return mean number
     */
    public double upperBound() {
        return upperBound;
    }
}
