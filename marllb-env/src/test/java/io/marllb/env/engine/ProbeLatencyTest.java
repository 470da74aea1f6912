package io.marllb.env.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProbeLatencyTest {

    @Test
    void knowsNothingBeforeTheFirstCompletion() {
        assertThat(new ProbeLatency().at(0)).isNaN();
    }

    @Test
    void takesTheMedianOfCompletionsThatFoundAsManyFlows() {
        ProbeLatency latency = new ProbeLatency();
        for (double x : new double[] {9, 1, 5, 3, 7}) {
            latency.completed(0, x);
            latency.completed(10, 100 * x);
        }

        assertThat(latency.at(0)).isEqualTo(5);
        assertThat(latency.at(10)).isEqualTo(500);
    }

    @Test
    void widensTheRangeOfCountsUntilItHasFive() {
        ProbeLatency latency = new ProbeLatency();
        for (int count = 0; count < 8; count++) {
            latency.completed(count, 10 * count);
        }

        // Counts 3 +- 1 hold three, +- 3 hold seven: 0 to 6, median 30, found by 3 on average.
        assertThat(latency.at(3)).isEqualTo(30);
    }

    @Test
    void extrapolatesToCountsThatNoneFound() {
        ProbeLatency latency = new ProbeLatency();
        for (int i = 0; i < 10; i++) {
            latency.completed(1, 30);
        }

        assertThat(latency.at(3)).isEqualTo(60);
    }

    @Test
    void forgetsAllButTheNewest64() {
        ProbeLatency latency = new ProbeLatency();
        latency.completed(5, 1_000);
        for (int i = 0; i < 64; i++) {
            latency.completed(5, 2);
        }

        assertThat(latency.at(5)).isEqualTo(2);
    }
}
