package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DecayTest {

    @Test
    void isThePowerToTheStatedError() {
        RandomGenerator random = Streams.of(1).stream("ages");
        for (int i = 0; i < 300_000; i++) {
            double age =
                    Exponential.sample(random) * Math.pow(10, random.nextInt(4) - 1); // up to some thousand seconds
            double exact = StrictMath.pow(0.9, age);

            if (age < 6_700) {
                assertThat(Decay.PAPER.weight(age * 1e9) / exact)
                        .as("age %s s", age)
                        .isCloseTo(1, within(1e-15 * (1 + age / 10)));
            }
        }
    }

    @Test
    void isOneForNoAgeAndForTheFuture() {
        assertThat(Decay.PAPER.weight(0)).isEqualTo(1);
        assertThat(Decay.PAPER.weight(-5e9)).isEqualTo(1);
    }

    @Test
    void neverIncreasesWithAge() {
        double last = 1;
        for (long age = 0; age < 50_000_000_000L; age += 1_234_567) {
            double w = Decay.PAPER.weight((double) age);

            assertThat(w).isLessThanOrEqualTo(last);
            last = w;
        }
    }

    @Test
    void isZeroForAgesBeyondTheRangeOfDoubles() {
        assertThat(Decay.PAPER.weight(7_000e9)).isZero();
        assertThat(Decay.PAPER.weight(1e300)).isZero();
        assertThat(Decay.PAPER.weight(Double.MAX_VALUE)).isZero();
    }
}
