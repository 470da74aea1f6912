package io.marllb.agents.sac;

import io.marllb.policies.frozen.Tensors;

/** The temperature α, learnt as its logarithm: the dual variable of "entropy at least so much" (Haarnoja et al., 2018, arXiv:1812.05905). */
final class Temperature {

    // Kingma and Ba (2015)
    private static final double MEAN_DECAY = 0.9;
    private static final double SQUARE_DECAY = 0.999;
    private static final double EPSILON = 1e-8;

    private final double rate;
    private double logAlpha;
    private double mean;
    private double square;
    private long steps;

    /** A temperature that moves by Adam; with a rate of 0 it stays. */
    Temperature(double initial, double rate) {
        this.rate = rate;
        logAlpha = StrictMath.log(initial);
    }

    double logAlpha() {
        return logAlpha;
    }

    /** Puts it back. */
    void logAlpha(double value) {
        logAlpha = value;
    }

    double alpha() {
        return StrictMath.exp(logAlpha);
    }

    /**
     * A step down J(α) = α (entropy - target), whose derivative by log α is itself.
     *
     * @param surplus mean entropy of the policy, less the target
     * @return the loss
     */
    double update(double surplus) {
        double loss = alpha() * surplus;
        if (rate > 0) {
            steps++;
            mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * loss;
            square = SQUARE_DECAY * square + (1 - SQUARE_DECAY) * loss * loss;
            double m = mean / (1 - StrictMath.pow(MEAN_DECAY, steps));
            double v = square / (1 - StrictMath.pow(SQUARE_DECAY, steps));
            logAlpha -= rate * m / (StrictMath.sqrt(v) + EPSILON);
        }
        return loss;
    }

    void save(String name, Tensors into) {
        into.put(name, new long[] {
            steps,
            Double.doubleToRawLongBits(logAlpha),
            Double.doubleToRawLongBits(mean),
            Double.doubleToRawLongBits(square)
        });
    }

    void load(String name, Tensors from) {
        long[] kept = from.longs(name);
        if (kept.length != 4) {
            throw new IllegalArgumentException("tensor '" + name + "' must hold 4 numbers, but has " + kept.length);
        }
        steps = kept[0];
        logAlpha = Double.longBitsToDouble(kept[1]);
        mean = Double.longBitsToDouble(kept[2]);
        square = Double.longBitsToDouble(kept[3]);
    }
}
