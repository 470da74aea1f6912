package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rng.Streams;
import io.marllb.env.trace.TraceConverter;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.trace.TraceReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The files of {@code traces/} are what the generator writes, byte for byte after decompression. After a wanted change, run this test with
 * {@code -Dmarllb.traces.write=true} to write them anew, in a commit of its own.
 */
class SampleTracesTest {

    private static final Path TRACES = Path.of("..", "traces");
    private static final long SECOND = 1_000_000_000L;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @TempDir
    Path folder;

    @Test
    void areWhatTheGeneratorWrites() throws IOException {
        boolean write = Boolean.getBoolean("marllb.traces.write");
        Path target = write ? TRACES : folder;
        for (String name : generate(target)) {
            assertThat(content(target.resolve(name)))
                    .as("content of traces/" + name)
                    .isEqualTo(content(TRACES.resolve(name)));
        }
    }

    /** Without compression, since that may differ from one zlib to another. */
    private static byte[] content(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return file.toString().endsWith(".gz") ? new GZIPInputStream(in).readAllBytes() : in.readAllBytes();
        }
    }

    @Test
    void areSmall() throws IOException {
        long bytes = 0;
        try (var files = Files.list(TRACES)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }

        assertThat(bytes).isLessThan(200_000);
    }

    private static List<String> generate(Path folder) {
        TraceGenerator.wikipedia(
                new WikipediaDay(4, 1, SECOND, 1),
                TraceGenerator.WIKIPEDIA,
                1,
                target(folder, "wikipedia-like-hour4.tsv", TraceFormat.WIKIPEDIA_REPLAY));
        TraceGenerator.wikipedia(
                new WikipediaDay(0, 24, 20 * SECOND, 0.01),
                TraceGenerator.WIKIPEDIA,
                1,
                target(folder, "wikipedia-like-day.csv.gz", TraceFormat.CSV));
        TraceGenerator.wikipedia(
                new WikipediaDay(12, 1, SECOND, 0.5),
                TraceGenerator.WIKIPEDIA,
                1,
                target(folder, "wikibench-like.txt", TraceFormat.WIKIBENCH));
        TraceGenerator.generate(
                new Arrivals.Poisson(40),
                List.of(TraceGenerator.FOR_LOOP),
                1,
                500,
                NO_LIMIT,
                target(folder, "poisson-for-loop.tsv", TraceFormat.MARLLB_FORLOOP));
        FlowClass tokens = new FlowClass("llm", 1, new Distribution.Lognormal(4.2e9, 0.8), Optional.empty());
        TraceGenerator.generate(
                new Arrivals.Mmpp(List.of(1.0, 12.0), List.of(40e9, 15e9)),
                List.of(tokens),
                1,
                500,
                NO_LIMIT,
                target(folder, "llm-like.csv", TraceFormat.AZURE_LLM));
        TraceGenerator.generate(
                new Arrivals.Mmpp(List.of(20.0, 200.0), List.of(2e9, 0.5e9)),
                TraceGenerator.WIKIPEDIA,
                1,
                1_000,
                NO_LIMIT,
                target(folder, "bursts.csv", TraceFormat.CSV));
        // A day in 24 minutes, one per hour: the profile of a diurnal scenario.
        TraceGenerator.wikipedia(
                new WikipediaDay(0, 24, 60 * SECOND, 0.05),
                TraceGenerator.WIKIPEDIA,
                1,
                new TraceGenerator.Target(
                        folder.resolve("day-per-minute.csv"), TraceFormat.COUNTS, List.of("step=1min")));
        return List.of(
                "wikipedia-like-hour4.tsv",
                "wikipedia-like-day.csv.gz",
                "wikibench-like.txt",
                "poisson-for-loop.tsv",
                "llm-like.csv",
                "bursts.csv",
                "day-per-minute.csv");
    }

    private static TraceGenerator.Target target(Path folder, String name, TraceFormat format) {
        return new TraceGenerator.Target(folder.resolve(name), format, List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "wikipedia-like-hour4.tsv, wikipedia-replay, false",
        "wikipedia-like-day.csv.gz, csv, true",
        "wikibench-like.txt, wikibench, false",
        "poisson-for-loop.tsv, marllb-forloop, true",
        "llm-like.csv, azure-llm, true",
        "bursts.csv, csv, true",
        "day-per-minute.csv, counts, false"
    })
    void areRecognisedReadConvertedAndPlayed(String name, String format, boolean sized) {
        Path file = TRACES.resolve(name);
        long rows = 0;
        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            assertThat(reader.info().format().id()).isEqualTo(format);
            assertThat(reader.info().sized()).isEqualTo(sized);
            while (reader.next()) {
                rows++;
            }
        }
        assertThat(rows).isGreaterThan(150);
        for (TraceFormat target : TraceFormat.values()) {
            if (sized || (target != TraceFormat.MARLLB_FORLOOP && target != TraceFormat.AZURE_LLM)) {
                Path out = folder.resolve(target.id());
                assertThat(TraceConverter.convert(file, "auto", List.of(), out, target, List.of())
                                .rows())
                        .isEqualTo(rows);
            }
        }
        Arrivals trace = new Arrivals.Trace(file, "auto", 1, List.of());
        try (FlowSource source = FlowSources.of(trace, TraceGenerator.WIKIPEDIA, RateChanges.NONE, Streams.of(1))) {
            long flows = 0;
            double work = 0;
            while (source.advance()) {
                flows++;
                work += source.cpuNanos();
            }
            assertThat(flows).isEqualTo(rows);
            assertThat(work).isPositive();
        }
    }

    @Test
    void serveAsAProfile() {
        Arrivals nhpp =
                new Arrivals.Nhpp(TRACES.resolve("day-per-minute.csv"), OptionalDouble.of(600), Optional.of(5e9));
        FlowSource source = FlowSources.of(nhpp, TraceGenerator.WIKIPEDIA, RateChanges.NONE, Streams.of(1));
        long flows = 0;
        while (source.advance() && source.at() < 120 * SECOND) {
            flows++;
        }

        assertThat(flows).isBetween(70_000L, 74_000L); // 72,000, a Poisson number
    }
}
