package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.trace.TraceDescription;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceGeneratorTest {

    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "0, 796.308, .439",
        "1, 761.340, .4445",
        "4, 690.855, .459",
        "8, 518.793, .466",
        "11, 359.210, .4609375",
        "16, 520.987, .4525",
        "21, 759.283, .4440625",
        "22, 771.624667, .442375",
        "23, 783.966333, .4406875"
    })
    void knowsThePublishedHoursAndFillsTheOthers(int hour, double rate, double share) {
        assertThat(WikipediaDay.rate(hour)).isCloseTo(rate, within(1e-6));
        assertThat(WikipediaDay.pageShare(hour)).isCloseTo(share, within(1e-9));
    }

    @Test
    void playsEachHourAtItsRateAndPageShare() throws IOException {
        Path file = folder.resolve("day.tsv");
        WikipediaDay day = new WikipediaDay(23, 3, 20 * SECOND, 1);
        long flows =
                TraceGenerator.wikipedia(day, TraceGenerator.WIKIPEDIA, 1, target(file, TraceFormat.WIKIPEDIA_REPLAY));

        long[] counts = new long[6];
        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            long first = 0;
            while (reader.next()) {
                first = first == 0 ? reader.originNanos() % (20 * SECOND) : first; // dates count from a full hour
                counts[2 * (int) ((first + reader.at()) / (20 * SECOND)) + reader.flowClass()]++;
            }
        }
        double[] expected = new double[6];
        for (int i = 0; i < 3; i++) {
            int hour = (23 + i) % 24;
            expected[2 * i] = 20 * WikipediaDay.rate(hour) * WikipediaDay.pageShare(hour);
            expected[2 * i + 1] = 20 * WikipediaDay.rate(hour) * (1 - WikipediaDay.pageShare(hour));
        }
        Statistic.assertCounts(counts, expected);
        assertThat(flows).isEqualTo(java.util.Arrays.stream(counts).sum());
        assertThat(Files.readAllLines(file).subList(0, 2))
                .containsExactly(
                        "# Wikipedia-like, generated, not the Wikipedia trace",
                        "# published: mean rate of hours 0 to 21, page share of hours 0, 2, 4, 6, 8; interpolated: the other hours' rate and share");
    }

    @Test
    void writesSizesWhereTheFormatHasThem() {
        Path file = folder.resolve("day.csv");
        TraceGenerator.wikipedia(
                new WikipediaDay(4, 1, 100 * SECOND, 1), TraceGenerator.WIKIPEDIA, 1, target(file, TraceFormat.CSV));
        TraceDescription d = describe(file);

        assertThat(d.rate()).isCloseTo(690.855, within(4.9 * Math.sqrt(690.855 / 100)));
        TraceDescription.Sizes cpu = d.classes().get(0).cpu().orElseThrow();
        double standardError =
                33e6 * 1.5 / Math.sqrt((double) d.classes().get(0).count());
        assertThat(cpu.mean()).isCloseTo(33e6, within(4.9 * standardError));
        assertThat(d.classes().get(0).io()).isPresent();
    }

    @Test
    void writesAPoissonForLoopWorkload() {
        Path file = folder.resolve("poisson.tsv");
        long flows = TraceGenerator.generate(
                new Arrivals.Poisson(400),
                List.of(TraceGenerator.FOR_LOOP),
                1,
                20_000,
                Long.MAX_VALUE,
                target(file, TraceFormat.MARLLB_FORLOOP));
        TraceDescription d = describe(file);

        assertThat(flows).isEqualTo(20_000);
        assertThat(d.rate()).isCloseTo(400, within(4.9 * 400 / Math.sqrt(20_000)));
        assertThat(d.gapSquaredCv())
                .isCloseTo(1, within(4.9 * Math.sqrt(8.0 / 20_000))); // sd of cv^2 of exponentials: sqrt(8/n) at most
        TraceDescription.Sizes cpu = d.classes().get(0).cpu().orElseThrow();
        assertThat(cpu.mean()).isCloseTo(200e6, within(4.9 * 200e6 / Math.sqrt(20_000)));
        assertThat(d.windows().get(0).dispersion()).isBetween(0.3, 2.0); // 49 windows
    }

    @Test
    void writesBurstsWithAnMmpp() {
        Path file = folder.resolve("mmpp.csv.gz");
        TraceGenerator.generate(
                new Arrivals.Mmpp(List.of(10.0, 1000.0), List.of(1e9, 0.1e9)),
                List.of(TraceGenerator.FOR_LOOP),
                1,
                Long.MAX_VALUE,
                200 * SECOND,
                target(file, TraceFormat.CSV));
        TraceDescription d = describe(file);

        assertThat(d.gapSquaredCv()).isGreaterThan(5);
        assertThat(d.windows().get(0).dispersion()).isGreaterThan(20);
        assertThat(d.spanNanos()).isLessThan(200 * SECOND);
    }

    @Test
    void writesTheSameBytesForTheSameSeed() throws IOException {
        for (TraceFormat format : TraceFormat.values()) {
            byte[] first = bytes(format, 1);
            assertThat(bytes(format, 1)).isEqualTo(first);
            assertThat(bytes(format, 2)).isNotEqualTo(first);
        }
    }

    private byte[] bytes(TraceFormat format, long seed) throws IOException {
        Path file = folder.resolve("same.gz");
        TraceGenerator.generate(
                new Arrivals.Poisson(50),
                TraceGenerator.WIKIPEDIA.stream().toList(),
                seed,
                500,
                Long.MAX_VALUE,
                target(file, format));
        return Files.readAllBytes(file);
    }

    @Test
    void refusesTrafficWithoutAnEndOrWithoutAFlow() throws IOException {
        TraceGenerator.Target target = target(folder.resolve("x"), TraceFormat.CSV);
        List<FlowClass> classes = List.of(TraceGenerator.FOR_LOOP);
        Arrivals arrivals = new Arrivals.Poisson(1);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceGenerator.generate(arrivals, classes, 1, Long.MAX_VALUE, Long.MAX_VALUE, target))
                .withMessageContaining("a number of flows or a duration must be given");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceGenerator.generate(arrivals, classes, 1, 10, 1, target))
                .withMessageContaining("no flow arrives within 1.0E-9 s");
        assertThatIllegalArgumentException().isThrownBy(() -> new WikipediaDay(24, 0, 0, Double.NaN));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceGenerator.wikipedia(new WikipediaDay(0, 1, SECOND, 1), classes, 1, target))
                .withMessageContaining("wiki and static");
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    private static TraceGenerator.Target target(Path file, TraceFormat format) {
        return new TraceGenerator.Target(file, format, List.of());
    }

    private static TraceDescription describe(Path file) {
        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            return TraceDescription.of(reader);
        }
    }
}
