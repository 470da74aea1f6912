package io.marllb.core.forbidden;

import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/** Does everything that the deterministic modules must not, so that the rule against it can be seen to fail. */
public final class ReadsTheWallClock {

    private ReadsTheWallClock() {}

    /** Never called. @return a number that nobody can reproduce */
    public static double unreproducible() {
        return System.nanoTime()
                + System.currentTimeMillis()
                + Math.random()
                + ThreadLocalRandom.current().hashCode()
                + new Random().hashCode();
    }
}
