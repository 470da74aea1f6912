package io.marllb.env.traffic;

import io.marllb.core.rng.Exponential;
import java.util.random.RandomGenerator;

/** Exponential gaps. */
final class PoissonProcess implements ArrivalProcess {

    private final RandomGenerator random;
    private final double meanGapNanos;
    private double now;

    PoissonProcess(RandomGenerator random, double ratePerSecond) {
        this.random = random;
        meanGapNanos = 1e9 / ratePerSecond;
    }

    @Override
    public double next() {
        now += meanGapNanos * Exponential.sample(random);
        return now;
    }
}
