package io.marllb.core.rng;

import java.util.random.RandomGenerator;

/**
 * The exponential distribution of mean 1, by a ziggurat of 256 layers: one word and one multiplication in 97.8 % of the draws.
 *
 * <p>The same words give the same bits on every machine. For another mean multiply; for a rate divide.
 */
public final class Exponential {

    private static final double R = 7.69711747013105; // e^-R (R + 1) = AREA, and the 256th layer ends at 0
    private static final double AREA = 0.003949659822581557;
    private static final Ziggurat TABLE = new Ziggurat(R, AREA, x -> StrictMath.exp(-x), y -> -StrictMath.log(y));
    private static final long[] INSIDE = TABLE.inside;
    private static final double[] WIDTH = TABLE.width;

    private Exponential() {}

    /**
     * Draws a value.
     *
     * @param random where words are drawn: one, rarely more
     * @return a value {@code >= 0} with mean 1 and variance 1
     */
    public static double sample(RandomGenerator random) {
        long word = random.nextLong();
        int layer = (int) word & Ziggurat.LAYER_MASK;
        long position = word >>> Ziggurat.POSITION_SHIFT;
        return position < INSIDE[layer] ? position * WIDTH[layer] : edge(random, layer, position);
    }

    private static double edge(RandomGenerator random, int firstLayer, long firstPosition) {
        double beyond = 0; // the distribution has no memory: past R it starts anew
        int layer = firstLayer;
        long position = firstPosition;
        while (true) {
            double x = position * WIDTH[layer];
            if (position < INSIDE[layer]
                    || (layer > 0 && TABLE.heightIn(layer, random.nextLong()) < StrictMath.exp(-x))) {
                return beyond + x;
            }
            beyond += layer == 0 ? R : 0;
            long word = random.nextLong();
            layer = (int) word & Ziggurat.LAYER_MASK;
            position = word >>> Ziggurat.POSITION_SHIFT;
        }
    }
}
