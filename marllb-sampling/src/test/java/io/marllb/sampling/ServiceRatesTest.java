package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import org.junit.jupiter.api.Test;

class ServiceRatesTest {

    private static final double MEMORY = 20e9;

    /** Counters that the test sets. */
    private static final class Counters implements Observation {
        long now;
        final long[] completed = new long[2];
        final long[] busy = new long[2];
        final double[] area = new double[2];

        /** A second in which each server was busy with so many flows and completed so many. */
        void second(int flows, int first, int second) {
            now += 1_000_000_000L;
            completed[0] += first;
            completed[1] += second;
            for (int j = 0; j < 2; j++) {
                busy[j] += 1_000_000_000L;
                area[j] += flows * 1e9;
            }
        }

        @Override
        public int n() {
            return 2;
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public boolean active(int server) {
            return true;
        }

        @Override
        public double staticWeight(int server) {
            return 1;
        }

        @Override
        public int inFlight(int server) {
            return 0;
        }

        @Override
        public long started(int server) {
            return completed[server];
        }

        @Override
        public long completed(int server) {
            return completed[server];
        }

        @Override
        public long busyNanos(int server) {
            return busy[server];
        }

        @Override
        public double inFlightNanos(int server) {
            return area[server];
        }

        @Override
        public double flowCompletionTime(int server, Reduction reduction) {
            return Double.NaN;
        }

        @Override
        public double flowDuration(int server, Reduction reduction) {
            return Double.NaN;
        }
    }

    @Test
    void approachesCompletionsPerBusySecond() {
        ServiceRates rates = new ServiceRates(2, MEMORY, 3);
        Counters counters = new Counters();
        rates.observe(counters);
        assertThat(rates.known()).isFalse();

        for (int i = 0; i < 100; i++) {
            counters.second(4, 10, 40);
            rates.observe(counters);
        }
        assertThat(rates.known()).isTrue();
        assertThat(rates.rate(0)).isCloseTo(10, within(0.5));
        assertThat(rates.rate(1)).isCloseTo(40, within(0.5));
        double factor = 1 / (1 - Math.exp(-1e9 / MEMORY)); // of a geometric sum, all but done
        assertThat(rates.completions(0)).isCloseTo(10 * factor, within(10.0));
    }

    @Test
    void fewCompletionsSayLittle() {
        ServiceRates rates = new ServiceRates(2, MEMORY, 3);
        Counters counters = new Counters();
        counters.second(1, 0, 1);
        rates.observe(counters);

        // pooled: 1 completion in 2 busy seconds; prior 3 x 1 flow-second per completion
        assertThat(rates.rate(0)).isCloseTo((0 + 3) / (1 + 3 / 0.5), within(1e-9));
        assertThat(rates.rate(1)).isCloseTo((1 + 3) / (1 + 3 / 0.5), within(1e-9));
    }

    @Test
    void forgetsAndResets() {
        ServiceRates rates = new ServiceRates(2, MEMORY, 3);
        Counters counters = new Counters();
        for (int i = 0; i < 100; i++) {
            counters.second(4, 10, 40);
            rates.observe(counters);
        }
        for (int i = 0; i < 100; i++) {
            counters.second(4, 40, 10);
            rates.observe(counters);
        }
        assertThat(rates.rate(0)).isGreaterThan(35);
        assertThat(rates.rate(1)).isLessThan(15);

        rates.reset();
        assertThat(rates.known()).isFalse();
        assertThat(rates.completions(0)).isZero();
    }

    @Test
    void refusesNonsense() {
        assertThatThrownBy(() -> new ServiceRates(2, Double.NaN, 3)).hasMessageContaining("memory");
        assertThatThrownBy(() -> new ServiceRates(2, 1, 0)).hasMessageContaining("prior");
    }
}
