package io.marllb.core.rng;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * One root seed, any number of independent streams by name: adding a consumer moves no other stream.
 *
 * <p>The algorithm is pinned to {@code L64X128MixRandom} (Steele and Vigna 2021, doi:10.1145/3485525); a stream's seed is the FNV-1a hash of
 * its name and index, mixed with the root seed by the finaliser of SplitMix64. Immutable and thread-safe; the generators it returns are not.
 */
public final class Streams {

    private static final RandomGeneratorFactory<RandomGenerator> FACTORY =
            RandomGeneratorFactory.of("L64X128MixRandom");

    private final long rootSeed;

    private Streams(long rootSeed) {
        this.rootSeed = rootSeed;
    }

    /**
     * Streams of a root seed.
     *
     * @param rootSeed any value
     * @return the family of streams
     */
    public static Streams of(long rootSeed) {
        return new Streams(rootSeed);
    }

    /**
     * A new generator at the start of the named stream; the same name gives the same numbers.
     *
     * @param name what the stream is for, such as {@code "arrivals"}
     * @return a generator, not thread-safe
     */
    public RandomGenerator stream(String name) {
        return FACTORY.create(seed(name, 0));
    }

    /**
     * A new generator at the start of one of many streams of the same kind.
     *
     * @param name what the stream is for, such as {@code "rule"}
     * @param index which one, such as the balancer's
     * @return a generator, not thread-safe
     */
    public RandomGenerator stream(String name, int index) {
        return FACTORY.create(seed(name, index));
    }

    /**
     * A seed for a part that makes its own streams.
     *
     * @param name what the seed is for
     * @param index which one
     * @return 64 well-mixed bits
     */
    public long seed(String name, int index) {
        long h = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xff)) * 0x100000001b3L;
        }
        return mix(mix(rootSeed + 0x9e3779b97f4a7c15L) ^ mix(h + 0x9e3779b97f4a7c15L * (index + 1L)));
    }

    /**
     * Finaliser of SplitMix64 (variant 13 of Stafford): a bijection that spreads every input bit over all output bits.
     *
     * @param z any value
     * @return its image
     */
    public static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }
}
