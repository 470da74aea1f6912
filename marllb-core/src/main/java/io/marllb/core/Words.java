package io.marllb.core;

/**
 * A stream of uniform 64-bit random words, one per balancer and rule, never shared with the traffic's.
 *
 * <p>Rules draw words instead of numbers so that the conformance log can record them and feed the same words to the rules in C.
 * Not thread-safe.
 */
@FunctionalInterface
public interface Words {

    /**
     * The next word.
     *
     * @return 64 uniform random bits
     */
    long next();

    /**
     * Maps a word to {@code [0, bound)} by multiplying its upper 32 bits (Lemire 2019, arXiv:1805.10941, without the rejection step:
     * the bias is below bound / 2^32).
     *
     * @param word 64 uniform random bits
     * @param bound upper end, exclusive, {@code > 0}
     * @return an index in {@code [0, bound)}
     */
    static int below(long word, int bound) {
        return (int) (((word >>> 32) * bound) >>> 32);
    }

    /**
     * Maps a word to {@code [0, 1)} with its upper 53 bits; never 1.0.
     *
     * @param word 64 uniform random bits
     * @return a double in {@code [0, 1)}
     */
    static double unit(long word) {
        return (word >>> 11) * 0x1.0p-53;
    }
}
