package io.marllb.rl4j;

import io.marllb.core.rng.Streams;

/** Seeds for ND4J's generators, for which 0 means "draw one". */
final class Nd4jSeeds {

    private Nd4jSeeds() {}

    static long of(long root, String name) {
        long seed = Streams.of(root).seed(name, 0);
        return seed == 0 ? 1 : seed;
    }
}
