package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DecayedMeanTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void agreesWithTheWeightedSumsOfItsDefinition() {
        RandomGenerator random = Streams.of(1).stream("samples");
        int n = 300;
        double[] values = new double[n];
        long[] times = new long[n];
        DecayedMean decayed = new DecayedMean(2 * SECOND);
        long now = 0;
        for (int i = 0; i < n; i++) {
            now += (long) (Exponential.sample(random) * 0.1 * SECOND);
            values[i] = 1000 + Exponential.sample(random);
            times[i] = now;
            decayed.add(values[i], now);
        }

        double[] weights = new double[n];
        double total = 0;
        for (int i = 0; i < n; i++) {
            weights[i] = Math.exp((times[i] - now) / 2e9);
            total += weights[i];
        }
        double mean = Plain.weightedMean(values, weights);
        double squares = 0;
        for (int i = 0; i < n; i++) {
            squares += weights[i] * (values[i] - mean) * (values[i] - mean);
        }
        assertThat(decayed.mean()).isCloseTo(mean, within(1e-10));
        assertThat(decayed.std()).isCloseTo(Math.sqrt(squares / total), within(1e-10));
        assertThat(decayed.weight(now)).isCloseTo(total, within(1e-11));
        assertThat(decayed.weight(now + 2 * SECOND)).isCloseTo(total / Math.E, within(1e-11));
    }

    @Test
    void hasNothingToSayUntilTheFirstSample() {
        DecayedMean decayed = new DecayedMean(SECOND);

        assertThat(decayed.mean()).isNaN();
        assertThat(decayed.std()).isNaN();
        assertThat(decayed.weight(5)).isZero();
        decayed.add(7, -3 * SECOND);
        assertThat(decayed.mean()).isEqualTo(7);
        assertThat(decayed.std()).isZero();
        decayed.clear();
        assertThat(decayed.mean()).isNaN();
    }

    @Test
    void longSilenceForgetsWhatWasBefore() {
        DecayedMean decayed = new DecayedMean(Decay.perSecond(0.9));
        decayed.add(5, 0);
        decayed.add(9, 1_000_000 * SECOND);

        assertThat(decayed.mean()).isEqualTo(9);
        assertThat(decayed.std()).isZero();
    }

    @Test
    void mergeIsTheMeanOverBothStreams() {
        RandomGenerator random = Streams.of(2).stream("samples");
        DecayedMean both = new DecayedMean(SECOND);
        DecayedMean a = new DecayedMean(SECOND);
        DecayedMean b = new DecayedMean(SECOND);
        long now = 0;
        for (int i = 0; i < 500; i++) {
            now += random.nextInt(20_000_000);
            double value = Exponential.sample(random);
            both.add(value, now);
            (i < 300 && random.nextBoolean() ? a : b).add(value, now);
        }

        a.merge(b);
        a.merge(new DecayedMean(SECOND));
        DecayedMean empty = new DecayedMean(SECOND);
        empty.merge(a);

        assertThat(a.mean()).isCloseTo(both.mean(), within(1e-12));
        assertThat(a.std()).isCloseTo(both.std(), within(1e-12));
        assertThat(a.weight(now)).isCloseTo(both.weight(now), within(1e-10));
        assertThat(empty.mean()).isCloseTo(both.mean(), within(1e-12));
        assertThat(empty.std()).isCloseTo(both.std(), within(1e-12));
    }

    @Test
    void namesWrongArguments() {
        assertThatThrownBy(() -> new DecayedMean(0)).hasMessage("timeConstantNanos must be > 0, but was 0");
        assertThatThrownBy(() -> Decay.perSecond(Double.NaN)).hasMessage("base must be in (0, 1), but was NaN");
    }
}
