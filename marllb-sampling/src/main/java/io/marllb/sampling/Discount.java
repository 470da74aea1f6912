package io.marllb.sampling;

/**
 * 0.9 to the power of an age, by a table of 256 steps per octave and a polynomial of degree 4 between them.
 *
 * <p>Only IEEE additions and multiplications after tables by StrictMath: the same bits on every machine. The relative error is below
 * {@code 1e-15 (1 + age / 10 s)}, as the rounding of the exponent grows with it; beyond 6,700 s the result underflows to 0.
 */
final class Discount {

    static final double BASE = 0.9; // per second; paper section 3, and the original program
    private static final int STEPS = 256; // per octave
    private static final int STEP_BITS = 8;
    private static final double STEPS_PER_NANO = -StrictMath.log(BASE) / StrictMath.log(2) * STEPS * 1e-9;
    private static final double[] STEP = new double[STEPS]; // 2^(-i/256)

    // exp(x) = 1 + x + x^2/2 + x^3/6 + x^4/24 for x = -r ln 2 / 256, |r| <= 1/2: the remainder is below 4e-17
    private static final double C1 = -StrictMath.log(2) / STEPS;
    private static final double C2 = C1 * C1 / 2;
    private static final double C3 = C1 * C1 * C1 / 6;
    private static final double C4 = C1 * C1 * C1 * C1 / 24;

    static {
        for (int i = 0; i < STEPS; i++) {
            STEP[i] = StrictMath.pow(2, -(double) i / STEPS);
        }
    }

    private Discount() {}

    /** The weight of an age in nanoseconds; an age below 0 counts as 0. */
    static double of(double ageNanos) {
        double steps = ageNanos * STEPS_PER_NANO;
        int nearest = (int) (steps + 0.5);
        int octaves = nearest >> STEP_BITS;
        if (octaves >= Double.MAX_EXPONENT || !(ageNanos > 0)) {
            return ageNanos > 0 ? 0 : 1;
        }
        double r = steps - nearest;
        double fraction = 1 + r * (C1 + r * (C2 + r * (C3 + r * C4)));
        return STEP[nearest & (STEPS - 1)]
                * fraction
                * Double.longBitsToDouble((long) (Double.MAX_EXPONENT - octaves) << 52);
    }
}
