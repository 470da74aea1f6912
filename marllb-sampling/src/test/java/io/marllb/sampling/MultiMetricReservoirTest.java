package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import java.util.List;
import org.junit.jupiter.api.Test;

class MultiMetricReservoirTest {

    private static final List<Statistic> TWO = List.of(Statistic.MEAN, Statistic.P90);

    private static MultiMetricReservoir fctAndDuration() {
        Streams streams = Streams.of(1);
        return new MultiMetricReservoir(
                List.of("fct", "duration"), TWO, metric -> new RecencyReservoir(streams.stream(metric), 8));
    }

    @Test
    void readsOneVectorOfAllMetrics() {
        MultiMetricReservoir metrics = fctAndDuration();
        metrics.add("duration", 2, 0);
        metrics.add("duration", 4, 0);
        metrics.add(metrics.index("duration"), 6, 0);
        double[] vector = new double[metrics.dimension()];

        metrics.read(0, vector);

        assertThat(metrics.names()).containsExactly("fct.mean", "fct.p90", "duration.mean", "duration.p90");
        assertThat(vector).containsExactly(Double.NaN, Double.NaN, 4, 5.6);
        assertThat(metrics.reservoir("duration").size()).isEqualTo(3);
    }

    @Test
    void resetEmptiesEveryMetric() {
        MultiMetricReservoir metrics = fctAndDuration();
        metrics.add("fct", 2, 0);
        metrics.add("duration", 4, 0);
        double[] vector = new double[4];

        metrics.reset();

        metrics.read(0, vector);
        assertThat(vector).containsOnly(Double.NaN);
    }

    @Test
    void unknownMetricIsAnErrorWithTheNearestName() {
        MultiMetricReservoir metrics = fctAndDuration();

        assertThatThrownBy(() -> metrics.add("fkt", 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown metric 'fkt'; did you mean 'fct'?");
        assertThatThrownBy(() -> metrics.reservoir("bytes"))
                .hasMessage("unknown metric 'bytes'; valid are fct, duration");
    }

    @Test
    void namesEveryWrongArgument() {
        assertThatThrownBy(() -> new MultiMetricReservoir(List.of(), List.of(), m -> new SlidingWindow(1, 1)))
                .hasMessage("MultiMetricReservoir: metrics must not be empty; statistics must not be empty");
        assertThatThrownBy(() -> new MultiMetricReservoir(List.of("a", "a"), TWO, m -> new SlidingWindow(1, 1)))
                .hasMessageContaining("metrics must all differ, but were [a, a]");
        assertThatThrownBy(() -> fctAndDuration().read(0, new double[3]))
                .hasMessage("out has 3 entries, but the vector has 4");
    }
}
