package io.marllb.sampling;

/** How the discounted reductions weigh a sample of age a (in seconds) with {@code 0.9^a}. */
public enum Discounting {
    /**
     * A weighted mean and a weighted percentile: weights are divided by their sum, so the result stays on the scale of the values and
     * does not depend on when it is read.
     */
    NORMALISED,
    /**
     * Mean and 90th percentile of the products value times weight, as in the published definition and the original program: the result
     * shrinks towards 0 while nothing arrives.
     */
    PRODUCTS
}
