package io.marllb.bench.theory;

import java.util.Objects;

/**
 * Two exponential servers of given speeds behind one balancer with Poisson arrivals: the Markov chain on the two queue lengths, solved.
 *
 * <p>Jobs have mean size 1, so a server of speed s completes s jobs per unit of time; the arrival rate is utilisation times total speed. The
 * order of service does not matter to queue lengths (exponential sizes), so the result holds for FIFO and processor sharing alike.
 *
 * <p>The chain is truncated at a total number of jobs, which grows until the rest has less than {@value #TAIL} of the mean. Each truncation is
 * solved by sweeps of Gauss-Seidel, up and down the levels of equal total number, with the mass of every level reset after each pair of
 * sweeps from the cut between neighbouring levels (iterative aggregation and disaggregation, Koury, McAllister and Stewart 1984): levels are
 * a birth-death chain, so the slow mode of plain iteration is solved exactly.
 */
public final class TwoServerChain {

    /** Largest share of the mean number that the cut-off tail may hold. */
    static final double TAIL = 1e-12;

    private static final double RESIDUAL = 1e-15;
    private static final int FIRST_TRUNCATION = 32;
    private static final int LAST_TRUNCATION = 2048;

    /** A rule under which longer queues are still likelier than shorter ones at this many jobs is taken for unstable. */
    private static final int DECAYING_BY = 256;

    private static final int SWEEPS = 20_000;

    private final double firstSpeed;
    private final double secondSpeed;
    private final double arrivalRate;

    private TwoServerChain(double firstSpeed, double secondSpeed, double arrivalRate) {
        this.firstSpeed = firstSpeed;
        this.secondSpeed = secondSpeed;
        this.arrivalRate = arrivalRate;
    }

    /**
     * Two servers at a utilisation.
     *
     * @param firstSpeed jobs per unit of time of the first server, finite, {@code > 0}
     * @param secondSpeed jobs per unit of time of the second server, finite, {@code > 0}
     * @param utilisation arrival rate over total speed, in (0, 1)
     * @return the chain, immutable
     */
    public static TwoServerChain of(double firstSpeed, double secondSpeed, double utilisation) {
        if (!(firstSpeed > 0 && secondSpeed > 0 && firstSpeed + secondSpeed < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "speeds must be finite and > 0, but were " + firstSpeed + " and " + secondSpeed);
        }
        if (!(utilisation > 0 && utilisation < 1)) {
            throw new IllegalArgumentException("utilisation must be in (0, 1), but was " + utilisation);
        }
        return new TwoServerChain(firstSpeed, secondSpeed, utilisation * (firstSpeed + secondSpeed));
    }

    /**
     * Arrivals per unit of time.
     *
     * @return {@code > 0}
     */
    public double arrivalRate() {
        return arrivalRate;
    }

    /**
     * Speed of the first server.
     *
     * @return {@code > 0}
     */
    public double firstSpeed() {
        return firstSpeed;
    }

    /**
     * Speed of the second server.
     *
     * @return {@code > 0}
     */
    public double secondSpeed() {
        return secondSpeed;
    }

    /**
     * The stationary law under a rule.
     *
     * @param rule who gets the next job
     * @return the law
     * @throws IllegalArgumentException if the tail does not vanish within 2048 jobs, as it does not under a rule that overloads a server
     */
    public StationaryLaw solve(DispatchRule rule) {
        Objects.requireNonNull(rule, "rule");
        int truncation = FIRST_TRUNCATION;
        while (true) {
            double[][] p = start(truncation);
            double residual = iterate(p, rule);
            StationaryLaw law = new StationaryLaw(p, arrivalRate, residual);
            double tail = law.tailShare();
            if (tail < TAIL) {
                return law;
            }
            boolean decays = tail < 1;
            if (truncation == LAST_TRUNCATION || (!decays && truncation >= DECAYING_BY)) {
                throw new IllegalArgumentException("the number of jobs has no vanishing tail within " + truncation
                        + " jobs; the rule overloads a server, or utilisation is too near 1");
            }
            // The tail is nearly geometric: its logarithm falls in proportion to the truncation, and a tenth more is
            // enough.
            double factor = decays ? 1.1 * StrictMath.log(TAIL) / StrictMath.log(tail) : 2;
            truncation = (int) Math.min(LAST_TRUNCATION, Math.ceil(truncation * Math.min(4, Math.max(1.25, factor))));
        }
    }

    /**
     * The best that any rule can do for the mean response time, by relative value iteration.
     *
     * @return the optimal rule, its value and what each decision is worth
     */
    public OptimalDispatch optimal() {
        return OptimalDispatch.of(this);
    }

    /** Geometric levels, uniform within each. */
    private double[][] start(int truncation) {
        double ratio = arrivalRate / (firstSpeed + secondSpeed);
        double[][] p = new double[truncation + 1][];
        double level = 1;
        for (int n = 0; n <= truncation; n++) {
            p[n] = new double[n + 1];
            java.util.Arrays.fill(p[n], level / (n + 1));
            level *= ratio;
        }
        return p;
    }

    /** Iterates in place until the balance equations hold. @return the sum of their absolute residuals per unit of total rate */
    private double iterate(double[][] p, DispatchRule rule) {
        int top = p.length - 1;
        double[][] toFirst = shares(rule, top);
        double totalRate = arrivalRate + firstSpeed + secondSpeed;
        double residual = Double.POSITIVE_INFINITY;
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            residual = 0;
            for (int n = 0; n <= top; n++) {
                residual += relax(p, toFirst, n);
            }
            for (int n = top; n >= 0; n--) {
                relax(p, toFirst, n);
            }
            aggregate(p);
            residual /= totalRate;
            if (residual < RESIDUAL) {
                return residual;
            }
        }
        throw new IllegalStateException("no convergence after " + SWEEPS + " sweeps: residual " + residual);
    }

    private static double[][] shares(DispatchRule rule, int top) {
        double[][] toFirst = new double[top][];
        for (int n = 0; n < top; n++) {
            toFirst[n] = new double[n + 1];
            for (int i = 0; i <= n; i++) {
                double share = rule.shareOfFirst(i, n - i);
                if (!(share >= 0 && share <= 1)) {
                    throw new IllegalArgumentException(
                            "the rule's share at (" + i + ", " + (n - i) + ") must be in [0, 1], but was " + share);
                }
                toFirst[n][i] = share;
            }
        }
        return toFirst;
    }

    /** One Gauss-Seidel pass over a level; p[n][i] belongs to i jobs at the first server and n - i at the second. */
    private double relax(double[][] p, double[][] toFirst, int n) {
        int top = p.length - 1;
        double[] level = p[n];
        double residual = 0;
        for (int i = 0; i <= n; i++) {
            double in = 0;
            if (i > 0) {
                in += arrivalRate * toFirst[n - 1][i - 1] * p[n - 1][i - 1];
            }
            if (i < n) {
                in += arrivalRate * (1 - toFirst[n - 1][i]) * p[n - 1][i];
            }
            if (n < top) {
                in += firstSpeed * p[n + 1][i + 1] + secondSpeed * p[n + 1][i];
            }
            double out = (n < top ? arrivalRate : 0) + departureRate(n, i);
            residual += StrictMath.abs(in - out * level[i]);
            level[i] = in / out;
        }
        return residual;
    }

    private double departureRate(int n, int i) {
        return (i > 0 ? firstSpeed : 0) + (i < n ? secondSpeed : 0);
    }

    /** Sets the mass of each level so that the flow up to it equals the flow down from it, then normalises. */
    private void aggregate(double[][] p) {
        double mass = 1;
        double total = 0;
        for (int n = 0; n < p.length; n++) {
            double sum = 0;
            double down = 0;
            for (int i = 0; i <= n; i++) {
                sum += p[n][i];
                down += departureRate(n, i) * p[n][i];
            }
            if (sum == 0) {
                break; // underflow: this level and all above are empty at any precision
            }
            if (n > 0) {
                mass *= arrivalRate * sum / down;
            }
            scale(p[n], mass / sum);
            total += mass;
        }
        for (double[] level : p) {
            scale(level, 1 / total);
        }
    }

    private static void scale(double[] values, double factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}
