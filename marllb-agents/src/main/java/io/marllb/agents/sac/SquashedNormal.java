package io.marllb.agents.sac;

import io.marllb.policies.frozen.Heads;

/** Arithmetic of {@code a = tanh(μ + σ ε)} with ε normal, per dimension (Haarnoja et al., 2018, arXiv:1812.05905). */
final class SquashedNormal {

    private static final double LOG_2 = StrictMath.log(2);
    private static final double HALF_LOG_2_PI = 0.5 * StrictMath.log(2 * Math.PI);

    private SquashedNormal() {}

    /** log σ within its bounds. */
    static double clamp(double logStd) {
        return Math.min(Math.max(logStd, Heads.LOG_STD_MIN), Heads.LOG_STD_MAX);
    }

    /**
     * The logarithm of the density of tanh(u).
     *
     * @param u before the tanh
     * @param noise ε, so that u = μ + σ ε
     * @param logStd log σ, within its bounds
     */
    static double logDensity(double u, double noise, double logStd) {
        // log (1 - tanh² u), in the form that neither overflows nor cancels
        double squash = 2 * (LOG_2 - u - softplus(-2 * u));
        return -0.5 * noise * noise - logStd - HALF_LOG_2_PI - squash;
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
    }
}
