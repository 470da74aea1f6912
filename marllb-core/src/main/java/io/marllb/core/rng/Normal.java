package io.marllb.core.rng;

import java.util.random.RandomGenerator;

/**
 * The standard normal distribution, by a ziggurat of 256 layers: one word and one multiplication in 98.5 % of the draws.
 *
 * <p>The same words give the same bits on every machine.
 */
public final class Normal {

    private static final double R = 3.654152885361009;
    private static final double AREA = 0.004928673233974655;
    private static final Ziggurat TABLE =
            new Ziggurat(R, AREA, x -> StrictMath.exp(-0.5 * x * x), y -> StrictMath.sqrt(-2 * StrictMath.log(y)));
    private static final long[] INSIDE = TABLE.inside;
    private static final double[] WIDTH = TABLE.width;
    private static final int SIGN_SHIFT =
            63 - 8; // bit 8 of the word is neither in the layer (0 to 7) nor in the position (11 to 63)

    private Normal() {}

    /**
     * Draws a value.
     *
     * @param random where words are drawn: one, rarely more
     * @return a value with mean 0 and variance 1
     */
    public static double sample(RandomGenerator random) {
        while (true) {
            long word = random.nextLong();
            int layer = (int) word & Ziggurat.LAYER_MASK;
            long position = word >>> Ziggurat.POSITION_SHIFT;
            double x = position * WIDTH[layer];
            if (position < INSIDE[layer]) {
                return signed(word, x);
            }
            if (layer == 0) {
                return signed(word, tail(random));
            }
            if (TABLE.heightIn(layer, random.nextLong()) < StrictMath.exp(-0.5 * x * x)) {
                return signed(word, x);
            }
        }
    }

    private static double signed(long word, double magnitude) {
        long sign = (word << SIGN_SHIFT) & Long.MIN_VALUE;
        return Double.longBitsToDouble(Double.doubleToRawLongBits(magnitude) | sign);
    }

    /** Marsaglia (1964): an exponential tail of rate R, thinned to the normal's. */
    private static double tail(RandomGenerator random) {
        while (true) {
            double x = Exponential.sample(random) / R;
            if (2 * Exponential.sample(random) >= x * x) {
                return R + x;
            }
        }
    }
}
