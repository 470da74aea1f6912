package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SlidingWindowTest {

    @Test
    void holdsExactlyTheLastSoManyNanoseconds() {
        SlidingWindow window = new SlidingWindow(10, 100);
        window.add(1, 0);
        window.add(2, 5);
        window.add(3, 10); // now the first is 10 ns old

        assertThat(window.size()).isEqualTo(2);
        assertThat(window.statistic(Statistic.MEAN, 10)).isEqualTo(2.5);
        assertThat(window.statistic(Statistic.MEAN, 15)).isEqualTo(3);
        assertThat(window.statistic(Statistic.MEAN, 20)).isNaN();
        assertThat(window.offered()).isEqualTo(3);
        assertThat(window.overflowed()).isZero();
    }

    @Test
    void countsWhatItCouldNotHold() {
        SlidingWindow window = new SlidingWindow(1000, 3);
        for (int i = 0; i < 5; i++) {
            window.add(i, i);
        }

        assertThat(window.overflowed()).isEqualTo(2);
        assertThat(window.value(0)).isEqualTo(2);
        assertThat(window.timeNanos(2)).isEqualTo(4);
    }

    @Test
    void agreesWithAPlainQueue() {
        RandomGenerator random = Streams.of(1).stream("window");
        SlidingWindow window = new SlidingWindow(50, 16);
        ArrayDeque<double[]> plain = new ArrayDeque<>();
        long now = 0;
        for (int i = 0; i < 5000; i++) {
            now += random.nextInt(12);
            long horizon = now - 50;
            if (random.nextInt(4) > 0) {
                double value = random.nextDouble();
                window.add(value, now);
                plain.removeIf(s -> s[1] <= horizon);
                if (plain.size() == 16) {
                    plain.removeFirst();
                }
                plain.addLast(new double[] {value, now});
            }
            plain.removeIf(s -> s[1] <= horizon);

            double p90 = plain.isEmpty()
                    ? Double.NaN
                    : Plain.percentile90(plain.stream().mapToDouble(s -> s[0]).toArray());
            assertThat(window.statistic(Statistic.P90, now))
                    .satisfies(x -> assertThat(plain.isEmpty() ? Double.isNaN(x) : Math.abs(x - p90) < 1e-14)
                            .isTrue());
            assertThat(window.size()).isEqualTo(plain.size());
        }
    }

    @Test
    void mergeIsByTimeAndForgetsTheOldest() {
        SlidingWindow a = new SlidingWindow(100, 3);
        SlidingWindow b = new SlidingWindow(100, 3);
        a.add(1, 10);
        a.add(4, 40);
        b.add(2, 20);
        b.add(3, 30);

        a.merge(b);

        assertThat(a.size()).isEqualTo(3);
        assertThat(new double[] {a.value(0), a.value(1), a.value(2)}).containsExactly(2, 3, 4);
        assertThat(a.offered()).isEqualTo(4);
        assertThat(a.overflowed()).isEqualTo(1);
    }

    @Test
    void mergeWithALaterWindowMovesForward() {
        SlidingWindow a = new SlidingWindow(100, 5);
        SlidingWindow b = new SlidingWindow(100, 5);
        a.add(1, 10);
        b.add(2, 500);

        a.merge(b);

        assertThat(a.size()).isEqualTo(1);
        assertThat(a.value(0)).isEqualTo(2);
    }

    @Test
    void namesWrongArguments() {
        assertThatThrownBy(() -> new SlidingWindow(0, 0))
                .hasMessage("SlidingWindow: windowNanos must be >= 1, but was 0; capacity must be >= 1, but was 0");
        SlidingWindow window = new SlidingWindow(10, 3);
        assertThatThrownBy(() -> window.merge(window)).hasMessageContaining("itself");
        assertThatThrownBy(() -> window.merge(new SlidingWindow(11, 3)))
                .hasMessage("windows to merge must have the same length, but have 10 and 11 ns");
    }
}
