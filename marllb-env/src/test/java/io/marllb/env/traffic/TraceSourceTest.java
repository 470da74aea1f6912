package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.env.trace.TraceFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceSourceTest {

    private static final List<FlowClass> MIX = List.of(
            new FlowClass("a", 0.5, new Distribution.Deterministic(1e6), Optional.empty()),
            new FlowClass(
                    "b", 0.5, new Distribution.Deterministic(2e6), Optional.of(new Distribution.Deterministic(7))));

    @TempDir
    Path folder;

    @Test
    void playsTimesAndSizesOfTheTrace() throws IOException {
        Path file = write("time_s,class,cpu_ms,io_ms\n0.5,x,1.5,2\n1.5,y,3,0\n");

        try (FlowSource source = source(file, 1, MIX, RateChanges.NONE)) {
            assertThat(flows(source)).containsExactly("500000000 x 1500000.0 2000000", "1500000000 y 3000000.0 0");
            assertThat(source.advance()).isFalse();
        }
    }

    @Test
    void halvesEveryGapAtLoadFactorTwo() throws IOException {
        Path file = write("time_s,cpu_ms\n1,1\n2,1\n4,1\n");

        assertThat(flows(source(file, 2, List.of(), RateChanges.NONE)))
                .containsExactly(
                        "500000000 all 1000000.0 0", "1000000000 all 1000000.0 0", "2000000000 all 1000000.0 0");
    }

    @Test
    void playsFasterFromARateChangeOn() throws IOException {
        Path file = write("time_s,cpu_ms\n1,1\n3,1\n");
        RateChanges changes = RateChanges.of(new long[] {2_000_000_000L}, new double[] {4});

        assertThat(flows(source(file, 1, List.of(), changes)))
                .containsExactly("1000000000 all 1000000.0 0", "2250000000 all 1000000.0 0");
    }

    @Test
    void drawsSizesFromTheScenariosClassesByName() throws IOException {
        Path file = write("time_s,class\n1,b\n2,a\n");

        assertThat(flows(source(file, 1, MIX, RateChanges.NONE)))
                .containsExactly("1000000000 b 2000000.0 7", "2000000000 a 1000000.0 0");
    }

    @Test
    void drawsClassesFromTheScenariosMixWhereTheTraceHasNone() throws IOException {
        Path file = write("second,requests\n0,1000\n");
        long b = flows(source(file, 1, MIX, RateChanges.NONE)).stream()
                .filter(f -> f.contains(" b "))
                .count();

        assertThat(b).isBetween(420L, 580L); // 5 standard deviations
    }

    @Test
    void spreadsCountsByTheSeedOfTheRunUnlessTheTraceHasItsOwn() throws IOException {
        Path file = write("second,requests\n0,3\n");

        assertThat(times(file, 1, List.of())).isNotEqualTo(times(file, 2, List.of()));
        assertThat(times(file, 1, List.of("seed=9"))).isEqualTo(times(file, 2, List.of("seed=9")));
    }

    @Test
    void fallsBackToDocumentedLawsForWikipedia() throws IOException {
        Path file = write("1190146243.341\t/wiki/index.php/A\n1190146243.441\t/x.png\n");

        assertThat(source(file, 1, MIX, RateChanges.NONE).classNames()).containsExactly("wiki", "static");
        OfferedLoad load = FlowSources.offered(new Arrivals.Trace(file, "auto", 1, List.of()), MIX);
        assertThat(load.meanCpuNanos()).isCloseTo((33e6 + 1.8e6) / 2, within(1.0));
        assertThat(load.rate()).isCloseTo(20, within(1e-9));
    }

    @Test
    void namesAClassThatTheScenarioLacks() throws IOException {
        Path file = write("time_s,class\n1,bb\n");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> source(file, 1, MIX, RateChanges.NONE))
                .withMessageContaining("flows of class 'bb' without sizes")
                .withMessageContaining("did you mean 'b'?");
    }

    @Test
    void needsClassesForATraceThatHasNone() throws IOException {
        Path file = write("second,requests\n0,3\n");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> source(file, 1, List.of(), RateChanges.NONE))
                .withMessageContaining("at least one class");
    }

    @Test
    void saysWhereATraceIsMalformedInTheMiddleOfARun() throws IOException {
        Path file = write("time_s,cpu_ms\n1,1\n2,NaN\n");
        FlowSource source = source(file, 1, List.of(), RateChanges.NONE);
        source.advance();

        assertThatThrownBy(source::advance)
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining(":3:3:");
    }

    @Test
    void countsTheLoadOfASizedTrace() throws IOException {
        Path file = write("time_s,cpu_ms\n0,1\n1,3\n");
        OfferedLoad load = FlowSources.offered(new Arrivals.Trace(file, "auto", 2, List.of()), List.of());

        assertThat(load).isEqualTo(new OfferedLoad(4, 2e6));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlowSources.offered(
                        new Arrivals.Trace(write("time_s,cpu_ms\n0,1\n"), "auto", 1, List.of()), List.of()))
                .withMessageContaining("1 flow, all at one moment");
    }

    private List<Long> times(Path file, long seed, List<String> options) {
        List<Long> times = new ArrayList<>();
        try (FlowSource source =
                FlowSources.of(new Arrivals.Trace(file, "auto", 1, options), MIX, RateChanges.NONE, Streams.of(seed))) {
            while (source.advance()) {
                times.add(source.at());
            }
        }
        return times;
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("trace"), text);
    }

    private static FlowSource source(Path file, double scale, List<FlowClass> classes, RateChanges changes) {
        return FlowSources.of(new Arrivals.Trace(file, "auto", scale, List.of()), classes, changes, Streams.of(1));
    }

    private static List<String> flows(FlowSource source) {
        List<String> flows = new ArrayList<>();
        while (source.advance()) {
            flows.add(source.at() + " " + source.classNames().get(source.flowClass()) + " " + source.cpuNanos() + " "
                    + source.ioNanos());
        }
        return flows;
    }
}
