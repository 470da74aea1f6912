package io.marllb.core.rng;

import java.util.function.DoubleUnaryOperator;

/**
 * Tables of a ziggurat: 256 layers of equal area that cover a decreasing density f with f(0) = 1 on the positive half-line.
 *
 * <p>Layer 0 is the base strip together with the tail beyond r, seen as a rectangle of width v / f(r). Layer i >= 1 is the rectangle
 * [0, x_i] x [f(x_i), f(x_(i+1))] with x_1 = r and x_256 = 0. A word gives the layer by its lowest 8 bits and the position by its uppermost
 * 53, which share no bit (Doornik 2005, "An improved ziggurat method to generate normal random samples"). Marsaglia and Tsang (2000),
 * doi:10.18637/jss.v005.i08.
 */
final class Ziggurat {

    static final int LAYERS = 256;
    static final int LAYER_MASK = LAYERS - 1;
    static final int POSITION_SHIFT = 11;
    private static final double POSITIONS = 0x1.0p53;

    final long[] inside; // [256], positions below this are under f for sure
    final double[] width; // [256], x_i / 2^53 (layer 0: its virtual width)
    final double[] height; // [257], f(x_i), height[256] = 1; height[0] is not used

    /**
     * @param r where the tail begins; fixed by f and the number of layers
     * @param area area of each layer; fixed likewise
     * @param f the density, f(0) = 1
     * @param inverse its inverse on (0, 1]
     */
    Ziggurat(double r, double area, DoubleUnaryOperator f, DoubleUnaryOperator inverse) {
        inside = new long[LAYERS];
        width = new double[LAYERS];
        height = new double[LAYERS + 1];
        double[] x = new double[LAYERS + 1];
        x[0] = area / f.applyAsDouble(r);
        x[1] = r;
        for (int i = 1; i < LAYERS; i++) {
            height[i] = f.applyAsDouble(x[i]);
            x[i + 1] = i + 1 < LAYERS ? inverse.applyAsDouble(height[i] + area / x[i]) : 0;
        }
        height[LAYERS] = 1;
        for (int i = 0; i < LAYERS; i++) {
            inside[i] = (long) (x[i + 1] / x[i] * POSITIONS);
            width[i] = x[i] / POSITIONS;
        }
    }

    /** A height that is uniform in layer i >= 1, from a fresh word. */
    double heightIn(int i, long word) {
        return height[i] + (word >>> POSITION_SHIFT) / POSITIONS * (height[i + 1] - height[i]);
    }
}
