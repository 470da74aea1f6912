package io.marllb.core.rl;

import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A set of arrays of 32-bit floats: what an agent may see or do. Immutable and safe to share between threads.
 *
 * <p>Elements of every kind of space are {@code float[]} of {@link #size()} entries, so that learners, wrappers and simulators share one
 * type: a {@link Discrete} action is one entry, a {@link MultiDiscrete} one entry per head, each an integer that a float holds exactly.
 */
public sealed interface Space permits Box, Discrete, MultiDiscrete {

    /**
     * Number of floats of an element: the product of the shape.
     *
     * @return {@code >= 1}
     */
    int size();

    /**
     * How the flat, row-major element is to be read.
     *
     * @return a new array, each entry {@code >= 1}
     */
    int[] shape();

    /**
     * Whether an array is an element. Allocates nothing.
     *
     * @param x candidate
     * @return false for another length, NaN, or an entry out of bounds
     */
    boolean contains(float[] x);

    /**
     * Why an array is not an element.
     *
     * @param x candidate
     * @return index, value and rule of the first entry that is wrong; empty for an element
     */
    Optional<String> violation(float[] x);

    /**
     * Draws an element.
     *
     * @param random source of the draw
     * @param into overwritten, {@code [size]}
     */
    void sample(RandomGenerator random, float[] into);

    /**
     * Draws an element.
     *
     * @param random source of the draw
     * @return a new array, {@code [size]}
     */
    default float[] sample(RandomGenerator random) {
        float[] x = new float[size()];
        sample(random, x);
        return x;
    }
}
