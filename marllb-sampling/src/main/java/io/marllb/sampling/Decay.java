package io.marllb.sampling;

/**
 * Exponential decay: the weight of a sample as a function of its age, {@code base^age} or {@code e^(-age/τ)}.
 *
 * <p>About 3 ns: a table of 256 steps per halving and a polynomial of degree 4 between them. Only IEEE additions and multiplications after
 * tables by StrictMath, so the bits are the same on every machine. The relative error is below {@code 1e-15 (1 + y)} for a result
 * {@code e^-y}, as the rounding of the exponent grows with it; results below 2^-1022 are 0. Immutable.
 */
public final class Decay {

    /** 0.9 per second: the discount of the paper and of the original program. */
    public static final Decay PAPER = perSecond(0.9);

    private static final int STEPS = 256; // per halving
    private static final int STEP_BITS = 8;
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

    private final double stepsPerNano;

    private Decay(double nepersPerNano) {
        stepsPerNano = nepersPerNano / StrictMath.log(2) * STEPS;
    }

    /**
     * Decay to a share of the weight in every second.
     *
     * @param base weight after one second, in (0, 1)
     * @return the decay {@code base^(age in seconds)}
     */
    public static Decay perSecond(double base) {
        if (!(base > 0 && base < 1)) {
            throw new IllegalArgumentException("base must be in (0, 1), but was " + base);
        }
        return new Decay(-StrictMath.log(base) * 1e-9);
    }

    /**
     * Decay to 1/e in every time constant.
     *
     * @param timeConstantNanos τ, nanoseconds, {@code > 0}
     * @return the decay {@code e^(-age/τ)}
     */
    public static Decay timeConstant(long timeConstantNanos) {
        if (timeConstantNanos <= 0) {
            throw new IllegalArgumentException("timeConstantNanos must be > 0, but was " + timeConstantNanos);
        }
        return new Decay(1.0 / timeConstantNanos);
    }

    /**
     * The weight of an age.
     *
     * @param ageNanos nanoseconds; an age below 0 counts as 0
     * @return weight in [0, 1]
     */
    public double weight(double ageNanos) {
        double steps = ageNanos * stepsPerNano;
        int nearest = (int) (steps + 0.5);
        int halvings = nearest >> STEP_BITS;
        if (halvings >= Double.MAX_EXPONENT || !(ageNanos > 0)) {
            return ageNanos > 0 ? 0 : 1;
        }
        double r = steps - nearest;
        double fraction = 1 + r * (C1 + r * (C2 + r * (C3 + r * C4)));
        double halved = Double.longBitsToDouble((long) (Double.MAX_EXPONENT - halvings) << 52);
        return STEP[nearest & (STEPS - 1)] * fraction * halved;
    }
}
