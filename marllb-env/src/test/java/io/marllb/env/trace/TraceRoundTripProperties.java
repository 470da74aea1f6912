package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class TraceRoundTripProperties {

    private static final long EPOCH = 1_190_073_600_000_000_000L;

    private static Path folder;

    @BeforeContainer
    static void createFolder() throws IOException {
        folder = Files.createTempDirectory("round-trip");
    }

    @AfterContainer
    static void deleteFolder() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Gap before it, class, CPU work, I/O delay. */
    record Row(long gap, int flowClass, double cpu, long io) {}

    @Provide
    Arbitrary<List<Row>> rows() {
        Arbitrary<Long> gap = Arbitraries.longs().between(0, 20_000_000_000L);
        Arbitrary<Double> cpu = Arbitraries.oneOf(
                Arbitraries.doubles().between(0, 1e12),
                Arbitraries.longs().between(0, 1L << 50).map(x -> (double) x));
        return Combinators.combine(
                        gap,
                        Arbitraries.integers().between(0, 1),
                        cpu,
                        Arbitraries.longs().between(0, 1L << 50))
                .as(Row::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    @Property(tries = 40, seed = "1")
    void loseNothingInOurOwnFormat(@ForAll("rows") List<Row> rows) {
        TraceContent content = new TraceContent(List.of("wiki", "static"), true, 0);
        Path file = write(rows, TraceFormat.CSV, "own.csv.gz", content);

        assertThat(read(file)).isEqualTo(expected(rows, true));
    }

    @Property(tries = 40, seed = "1")
    void keepTimesAndClassesInUrlFormats(@ForAll("rows") List<Row> rows) {
        TraceContent content = new TraceContent(List.of("wiki", "static"), false, EPOCH);
        for (TraceFormat format : List.of(TraceFormat.WIKIPEDIA_REPLAY, TraceFormat.WIKIBENCH)) {
            List<String> fromFirst = expected(shifted(rows), false); // dates count from the first flow
            assertThat(read(write(rows, format, "urls.txt", content))).isEqualTo(fromFirst);
        }
    }

    @Property(tries = 40, seed = "1")
    void keepWorkToHalfAnIterationOrToken(@ForAll("rows") List<Row> rows) {
        TraceContent content = new TraceContent(List.of("job"), true, 0);
        List<Row> single =
                rows.stream().map(r -> new Row(r.gap(), 0, r.cpu(), 0)).toList();
        double[] unit = {1e9 / ForLoopRows.ITERATIONS_PER_SECOND, AzureRows.GENERATED_TOKEN_NANOS};
        TraceFormat[] formats = {TraceFormat.MARLLB_FORLOOP, TraceFormat.AZURE_LLM};
        for (int f = 0; f < 2; f++) {
            Path file = write(single, formats[f], "work.txt", content);
            long offset = f == 0 ? 0 : single.get(0).gap();
            long at = 0;
            try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
                assertThat(reader.info().format()).isEqualTo(formats[f]);
                for (Row row : single) {
                    at += row.gap();
                    assertThat(reader.next()).isTrue();
                    assertThat(reader.at()).isEqualTo(at - offset);
                    assertThat(reader.cpuNanos()).isCloseTo(row.cpu(), within(unit[f] * 0.5001));
                }
                assertThat(reader.next()).isFalse();
            }
        }
    }

    @Property(tries = 15, seed = "1")
    void keepCountsInEveryBin(@ForAll("rows") List<Row> rows) {
        TraceContent content = new TraceContent(List.of("wiki", "static"), true, 0);
        for (String step : List.of("1s", "1min", "1h", "250ms")) {
            Path file = folder.resolve("counts.csv");
            write(rows, TraceFormat.COUNTS, "counts.csv", content, "step=" + step);
            Path again = folder.resolve("again.csv");
            TraceConverter.convert(file, "auto", List.of(), again, TraceFormat.COUNTS, List.of("step=" + step));

            assertThat(lines(again)).isEqualTo(lines(file));
        }
    }

    @Property(tries = 20, seed = "1")
    void areRewrittenToTheSameBytes(@ForAll("rows") List<Row> rows) throws IOException {
        TraceContent content = new TraceContent(List.of("wiki", "static"), true, 0);
        Path first = write(rows, TraceFormat.CSV, "a.csv", content);
        Path second = folder.resolve("b.csv");
        TraceConverter.convert(first, "csv", List.of(), second, TraceFormat.CSV, List.of());

        assertThat(lines(second)).isEqualTo(lines(first));
    }

    private static List<Row> shifted(List<Row> rows) {
        List<Row> shifted = new ArrayList<>(rows);
        shifted.set(
                0,
                new Row(
                        0,
                        rows.get(0).flowClass(),
                        rows.get(0).cpu(),
                        rows.get(0).io()));
        return shifted;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(l -> !l.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> expected(List<Row> rows, boolean sized) {
        List<String> expected = new ArrayList<>();
        long at = 0;
        for (Row row : rows) {
            at += row.gap();
            expected.add(at + " " + row.flowClass() + (sized ? " " + row.cpu() + " " + row.io() : " 0.0 0"));
        }
        return expected;
    }

    private static Path write(
            List<Row> rows, TraceFormat format, String name, TraceContent content, String... options) {
        Path file = folder.resolve(name);
        try (TraceWriter writer = TraceWriter.create(file, format, List.of(options), content, List.of("a comment"))) {
            long at = 0;
            for (Row row : rows) {
                at += row.gap();
                writer.write(at, row.flowClass(), row.cpu(), row.io());
            }
            assertThat(writer.commit()).isEqualTo(rows.size());
        }
        return file;
    }

    private static List<String> read(Path file) {
        List<String> rows = new ArrayList<>();
        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            while (reader.next()) {
                rows.add(reader.at() + " " + reader.flowClass() + " " + reader.cpuNanos() + " " + reader.ioNanos());
            }
        }
        return rows;
    }
}
