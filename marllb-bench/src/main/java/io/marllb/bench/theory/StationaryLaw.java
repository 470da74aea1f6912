package io.marllb.bench.theory;

import java.util.Objects;

/** The stationary law of the two queue lengths of a {@link TwoServerChain} under one rule. Immutable. */
public final class StationaryLaw {

    private final double[][] p; // [total number][jobs at the first server]
    private final double arrivalRate;
    private final double residual;
    private final double meanNumber;

    StationaryLaw(double[][] p, double arrivalRate, double residual) {
        this.p = p;
        this.arrivalRate = arrivalRate;
        this.residual = residual;
        double number = 0;
        for (int n = p.length - 1; n > 0; n--) {
            number += n * levelProbability(n);
        }
        meanNumber = number;
    }

    /**
     * Probability of a state.
     *
     * @param first jobs at the first server, {@code >= 0}
     * @param second jobs at the second server, {@code >= 0}
     * @return 0 beyond the truncation
     */
    public double probability(int first, int second) {
        Objects.checkIndex(first, Integer.MAX_VALUE);
        Objects.checkIndex(second, Integer.MAX_VALUE);
        long n = (long) first + second;
        return n < p.length ? p[(int) n][first] : 0;
    }

    /**
     * Probability of a total number of jobs.
     *
     * @param jobs at both servers, {@code >= 0}
     * @return 0 beyond the truncation
     */
    public double levelProbability(int jobs) {
        Objects.checkIndex(jobs, Integer.MAX_VALUE);
        double sum = 0;
        if (jobs < p.length) {
            for (double x : p[jobs]) {
                sum += x;
            }
        }
        return sum;
    }

    /**
     * Mean number of jobs at both servers.
     *
     * @return {@code > 0}
     */
    public double meanNumber() {
        return meanNumber;
    }

    /**
     * Mean response time, by Little's law.
     *
     * @return time units in which a server of speed 1 does one mean job
     */
    public double meanResponse() {
        return meanNumber / arrivalRate;
    }

    /**
     * Largest total number of jobs that the solution covers.
     *
     * @return jobs
     */
    public int truncation() {
        return p.length - 1;
    }

    /**
     * How far the balance equations are from holding: the sum of their absolute residuals over the total rate.
     *
     * @return {@code >= 0}
     */
    public double residual() {
        return residual;
    }

    /** Estimated share of the mean number beyond the truncation, by the decay over the last quarter of the levels. */
    double tailShare() {
        int top = truncation();
        int from = top - top / 4;
        double last = levelProbability(top);
        if (last == 0) {
            return 0;
        }
        double ratio = StrictMath.pow(last / levelProbability(from), 1.0 / (top - from));
        if (!(ratio < 1)) {
            return 1;
        }
        return last * ratio / (1 - ratio) * (top + 1 / (1 - ratio)) / meanNumber;
    }
}
