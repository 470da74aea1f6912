package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DecayedRateTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void constantRateIsEstimatedWithoutBiasFromTheStart() {
        DecayedRate rate = new DecayedRate(10 * SECOND, 100 * SECOND);
        for (int i = 0; i < 2000; i++) {
            rate.add(100 * SECOND + i * SECOND / 1000 + SECOND / 2000);
        }

        assertThat(rate.perSecond(102 * SECOND))
                .isCloseTo(1000, within(1e-3)); // only a fifth of the time constant has passed
    }

    /** For a Poisson stream of rate λ the estimate has mean λ and variance λ / (2 τ), once many time constants have passed. */
    @Test
    void poissonStreamsHaveTheMeanAndVarianceOfTheory() {
        RandomGenerator random = Streams.of(1).stream("arrivals");
        int trials = 3000;
        double sum = 0;
        double squares = 0;
        for (int trial = 0; trial < trials; trial++) {
            DecayedRate rate = new DecayedRate(SECOND, 0);
            double time = Exponential.sample(random) / 50;
            while (time < 12) {
                rate.add((long) (time * 1e9));
                time += Exponential.sample(random) / 50;
            }
            double x = rate.perSecond(12 * SECOND);
            sum += x;
            squares += (x - 50) * (x - 50);
        }

        double sd = Math.sqrt(50 / 2.0);
        assertThat(sum / trials).isCloseTo(50, within(5 * sd / Math.sqrt(trials)));
        assertThat(squares / trials).isCloseTo(25, within(5 * 25 * Math.sqrt(2.1 / trials)));
    }

    @Test
    void noTimeNoRateAndSilenceDecays() {
        DecayedRate rate = new DecayedRate(SECOND, 0);

        assertThat(rate.perSecond(0)).isNaN();
        assertThat(rate.perSecond(SECOND)).isZero();
        rate.add(3, SECOND);
        double atOnce = rate.perSecond(SECOND);
        assertThat(atOnce).isCloseTo(3 / (1 - Math.exp(-1)), within(1e-12));
        assertThat(rate.perSecond(2 * SECOND)).isCloseTo(3 * Math.exp(-1) / (1 - Math.exp(-2)), within(1e-12));
    }

    @Test
    void mergeIsTheSumOfBoth() {
        DecayedRate a = new DecayedRate(SECOND, 0);
        DecayedRate b = new DecayedRate(SECOND, 0);
        a.add(2, SECOND);
        b.add(5, 2 * SECOND);
        double expected = a.perSecond(3 * SECOND) + b.perSecond(3 * SECOND);

        a.merge(b);

        assertThat(a.perSecond(3 * SECOND)).isCloseTo(expected, within(1e-12));
        assertThatThrownBy(() -> a.merge(new DecayedRate(SECOND, 1)))
                .hasMessageContaining("same start and time constant, but have 0 and 1 ns");
    }
}
