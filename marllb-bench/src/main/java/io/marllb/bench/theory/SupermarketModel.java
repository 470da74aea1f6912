package io.marllb.bench.theory;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * Power of d distinct choices among n servers: the mean-field limit with its correction of order 1/n.
 *
 * <p>Gast and Van Houdt, A Refined Mean Field Approximation, POMACS 1(2), 2017: with drift f, its Jacobian A and Hessian B at the fixed point x,
 * and W the covariance of the fluctuations ({@code A W + W A' + Q = 0}), the stationary mean is {@code x + V/n} with
 * {@code A V + B:W/2 + g = 0}. Here x_k is the share of servers with at least k jobs. Their model draws with replacement; drawing d distinct
 * servers changes the drift by g/n, since d servers all have at least k jobs with probability {@code x^d - d (d-1)/2 x^(d-1) (1-x) / n} to
 * first order.
 */
final class SupermarketModel {

    /** Levels with a smaller share of servers in the limit are left out. */
    private static final double NEGLIGIBLE = 1e-14;

    private SupermarketModel() {}

    /** Mean response time in mean service times. */
    static double meanResponse(double utilisation, int choices, int servers) {
        int levels = 1;
        while (Queueing.supermarketTail(utilisation, choices, levels) > NEGLIGIBLE) {
            levels++;
        }
        double[] x = new double[levels + 2]; // x[0] = 1, x[levels + 1] = 0
        for (int k = 0; k <= levels; k++) {
            x[k] = Queueing.supermarketTail(utilisation, choices, k);
        }
        double limit = 0;
        double correction = 0;
        RealVector v = correction(x, utilisation, choices);
        for (int k = levels; k >= 1; k--) {
            limit += x[k];
            correction += v.getEntry(k - 1);
        }
        return (limit + correction / servers) / utilisation;
    }

    private static RealVector correction(double[] x, double rho, int d) {
        int levels = x.length - 2;
        RealMatrix a = new Array2DRowRealMatrix(levels, levels);
        double[] q = new double[levels];
        for (int k = 1; k <= levels; k++) {
            a.setEntry(k - 1, k - 1, -rho * d * StrictMath.pow(x[k], d - 1) - 1);
            if (k > 1) {
                a.setEntry(k - 1, k - 2, rho * d * StrictMath.pow(x[k - 1], d - 1));
            }
            if (k < levels) {
                a.setEntry(k - 1, k, 1);
            }
            q[k - 1] = rho * (StrictMath.pow(x[k - 1], d) - StrictMath.pow(x[k], d)) + x[k] - x[k + 1];
        }
        RealMatrix w = lyapunov(a, q);
        RealVector right = new ArrayRealVector(levels);
        for (int k = 1; k <= levels; k++) {
            double curvature = -second(x[k], d) * w.getEntry(k - 1, k - 1);
            if (k > 1) {
                curvature += second(x[k - 1], d) * w.getEntry(k - 2, k - 2);
            }
            double distinct = distinct(x[k - 1], d) - distinct(x[k], d);
            right.setEntry(k - 1, -rho * (curvature / 2 + distinct));
        }
        return new LUDecomposition(a).getSolver().solve(right);
    }

    /** Second derivative of x^d. */
    private static double second(double x, int d) {
        return d < 2 ? 0 : d * (d - 1) * StrictMath.pow(x, d - 2);
    }

    /** n times what drawing without replacement adds to x^d. */
    private static double distinct(double x, int d) {
        return d < 2 ? 0 : -d * (d - 1) / 2.0 * StrictMath.pow(x, d - 1) * (1 - x);
    }

    /** Solves A W + W A' + diag(q) = 0 as one linear system over the entries of W; a dozen levels make it small. */
    private static RealMatrix lyapunov(RealMatrix a, double[] q) {
        int n = q.length;
        RealMatrix system = new Array2DRowRealMatrix(n * n, n * n);
        RealVector right = new ArrayRealVector(n * n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                int row = i * n + j;
                for (int k = 0; k < n; k++) {
                    system.addToEntry(row, k * n + j, a.getEntry(i, k));
                    system.addToEntry(row, i * n + k, a.getEntry(j, k));
                }
            }
            right.setEntry(i * n + i, -q[i]);
        }
        double[] w = new LUDecomposition(system).getSolver().solve(right).toArray();
        RealMatrix matrix = new Array2DRowRealMatrix(n, n);
        for (int i = 0; i < n * n; i++) {
            matrix.setEntry(i / n, i % n, w[i]);
        }
        return matrix;
    }
}
