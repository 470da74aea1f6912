package io.marllb.core.rng;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Fit;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class StreamsTest {

    @Test
    void numbersArePinnedForGood() { // change them only together with every committed result
        RandomGenerator random = Streams.of(1).stream("golden");

        assertThat(Exponential.sample(random)).isEqualTo(0.46378693081757544);
        assertThat(Normal.sample(random)).isEqualTo(-1.460054495338378);
        assertThat(random.nextLong()).isEqualTo(-904583390312506786L);
        assertThat(Exponential.sample(random)).isEqualTo(0.9303983014284443);
        assertThat(Normal.sample(random)).isEqualTo(-0.9647297076860448);
        assertThat(random.nextLong()).isEqualTo(-3323124646075783316L);
    }

    @Test
    void seedsArePinnedForGood() {
        assertThat(Streams.of(1).seed("golden", 0)).isEqualTo(6255272420694278711L);
        assertThat(Streams.of(1).seed("golden", 1)).isEqualTo(-3717698191707072129L);
        assertThat(Streams.of(-7).seed("grüße", 3)).isEqualTo(-6213680666157252220L);
        assertThat(Streams.mix(0x9e3779b97f4a7c15L))
                .isEqualTo(0xe220a8397b1dcdafL); // SplitMix64 of seed 0, first output
    }

    @Test
    void sameNameGivesTheSameNumbersWhateverElseWasDrawn() {
        Streams streams = Streams.of(42);
        streams.stream("other").nextLong();
        RandomGenerator a = streams.stream("arrivals", 3);
        streams.stream("another", 9).nextLong();
        RandomGenerator b = Streams.of(42).stream("arrivals", 3);

        for (int i = 0; i < 100; i++) {
            assertThat(a.nextLong()).isEqualTo(b.nextLong());
        }
    }

    @Test
    void streamWithoutIndexIsTheFirst() {
        assertThat(Streams.of(5).stream("x").nextLong())
                .isEqualTo(Streams.of(5).stream("x", 0).nextLong());
    }

    @Test
    void namesIndicesAndSeedsDoNotCollide() {
        Set<Long> seeds = new HashSet<>();
        int n = 0;
        for (int root = -20; root < 20; root++) {
            for (String name : new String[] {"", "a", "b", "ab", "ba", "rule", "rule1", "arrivals", "service"}) {
                for (int index = 0; index < 200; index++) {
                    seeds.add(Streams.of(root).seed(name, index));
                    n++;
                }
            }
        }

        assertThat(seeds).hasSize(n);
    }

    @Test
    void neighbouringStreamsAreUncorrelated() {
        int bits = 0;
        int n = 200_000;
        RandomGenerator a = Streams.of(1).stream("rule", 0);
        RandomGenerator b = Streams.of(1).stream("rule", 1);

        for (int i = 0; i < n; i++) {
            bits += Long.bitCount(a.nextLong() ^ b.nextLong());
        }

        double sd = Math.sqrt(64.0 * n / 4);
        assertThat((bits - 32.0 * n) / sd)
                .as("differing bits, in standard deviations")
                .isBetween(-5.0, 5.0); // 6e-7
    }

    /** First words of many streams: what per-flow or per-server streams would draw. */
    @Test
    void firstWordsOfManyStreamsAreUniform() {
        long[] counts = new long[64];
        double[] probabilities = new double[64];
        Arrays.fill(probabilities, 1.0 / 64);

        for (int i = 0; i < 50_000; i++) {
            counts[(int) (Streams.of(3).stream("server", i).nextLong() >>> 58)]++;
        }

        Fit.assertFits(counts, probabilities);
    }
}
