package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceDescriptionTest {

    @TempDir
    Path folder;

    @Test
    void knowsARegularStream() throws IOException {
        StringBuilder text = new StringBuilder("time_s,cpu_ms\n");
        for (int i = 0; i < 200; i++) {
            text.append(i * 0.5).append(',').append(i % 2 == 0 ? 1 : 3).append('\n');
        }
        TraceDescription d = describe(text.toString());

        assertThat(d.count()).isEqualTo(200);
        assertThat(d.spanNanos()).isEqualTo(99_500_000_000L);
        assertThat(d.rate()).isCloseTo(2, within(1e-12));
        assertThat(d.gapSquaredCv()).isCloseTo(0, within(1e-12));
        assertThat(d.windows().get(0)).isEqualTo(new TraceDescription.Window(1_000_000_000L, 99, 0, 2, 2, 0));
        assertThat(d.windows().get(2).dispersion()).isNaN(); // one window of a minute
        assertThat(d.peakWindow())
                .contains(d.windows().get(0)); // ten windows of 10 s complete the picture only from twelve on
        TraceDescription.Sizes cpu = d.classes().get(0).cpu().orElseThrow();
        assertThat(cpu.mean()).isCloseTo(2e6, within(1e-6));
        assertThat(cpu.squaredCv()).isCloseTo(0.25, within(1e-12));
        assertThat(cpu.p99()).isCloseTo(3e6, within(3e3));
        assertThat(cpu.max()).isEqualTo(3e6);
        assertThat(d.classes().get(0).io()).isEmpty();
    }

    @Test
    void countsDispersionByHand() throws IOException {
        // Counts per second 4, 0, 0, 2, then one flow that only ends the last window: mean 1.5, variance (16+4)/4 -
        // 2.25 = 2.75.
        TraceDescription d = describe("time_s\n0.1\n0.2\n0.3\n0.4\n3.1\n3.2\n4.5\n");

        TraceDescription.Window second = d.windows().get(0);
        assertThat(second.dispersion()).isCloseTo(2.75 / 1.5, within(1e-12));
        assertThat(second.peak()).isEqualTo(4);
        assertThat(second.trough()).isZero();
        assertThat(second.emptyShare()).isEqualTo(0.5);
    }

    @Test
    void sharesFlowsAndSizesByClass() throws IOException {
        TraceDescription d = describe("time_s,class,cpu_ms,io_ms\n0,a,1,0\n1,b,10,5\n2,a,3,0\n3,a,5,0\n");

        assertThat(d.classes()).extracting(TraceDescription.ClassShare::name).containsExactly("a", "b");
        assertThat(d.classes()).extracting(TraceDescription.ClassShare::share).containsExactly(0.75, 0.25);
        assertThat(d.classes().get(0).cpu().orElseThrow().p50()).isCloseTo(3e6, within(3e3));
        assertThat(d.classes().get(0).io()).isEmpty();
        assertThat(d.classes().get(1).io().orElseThrow().mean()).isEqualTo(5e6);
    }

    @Test
    void keepsTheRateOverTimeWhateverTheSpan() throws IOException {
        for (double gap : new double[] {0.001, 0.37, 1000, 9e5}) {
            StringBuilder text = new StringBuilder("time_s\n");
            for (int i = 0; i <= 5000; i++) {
                text.append(java.math.BigDecimal.valueOf(gap)
                                .multiply(java.math.BigDecimal.valueOf(i))
                                .toPlainString())
                        .append('\n');
            }
            TraceDescription d = describe(text.toString());
            double[] rates = d.rates();
            double flows = 0;
            for (double r : rates) {
                flows += r * d.stepNanos() * 1e-9;
            }

            assertThat(rates).hasSizeBetween(150, 1024);
            assertThat(flows).isCloseTo(5000, within(50.0)); // the last, partial step is a rate too
        }
    }

    @Test
    void drawsThePictureInBothAlphabets() throws IOException {
        StringBuilder text = new StringBuilder("time_s\n");
        for (int second = 0; second < 16; second++) {
            for (int i = 0; i <= second; i++) {
                text.append(second + i / 20.0).append('\n');
            }
        }
        text.append("16\n");
        TraceDescription d = describe(text.toString());

        assertThat(d.text(true)).contains("█").contains("└");
        String ascii = d.text(false);
        assertThat(ascii.chars()).allMatch(c -> c < 128);
        assertThat(ascii.lines().filter(l -> l.contains("|"))).hasSize(6);
        assertThat(ascii)
                .startsWith("trace      trace (csv)\nflows      137 in 16 s, 8.50 per second\n")
                .contains("dispersion ", "peak       16.0 per second, trough 1.00, in windows of 1 s")
                .contains("sizes      none, and no classes");
    }

    @Test
    void describesASingleFlow() throws IOException {
        TraceDescription d = describe("time_s,cpu_ms\n5,0\n");

        assertThat(d.rate()).isNaN();
        assertThat(d.peakWindow()).isEmpty();
        assertThat(d.text(false)).contains("flows      1 in 0 s, - per second");
    }

    @Test
    void flowsAllAtOnceHaveNoRate() throws IOException {
        assertThat(describe("time_s\n5\n5\n5\n").text(false)).contains("flows      3 in 0 s, - per second");
    }

    private TraceDescription describe(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("trace"), text);
        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            return TraceDescription.of(reader);
        }
    }
}
