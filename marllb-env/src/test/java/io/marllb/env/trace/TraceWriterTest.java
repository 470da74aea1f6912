package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceWriterTest {

    private static final TraceContent SIZED = new TraceContent(List.of("wiki", "static"), true, 0);

    @TempDir
    Path folder;

    @Test
    void writesEveryFormatAsDocumented() throws IOException {
        assertThat(written(TraceFormat.CSV)).isEqualTo("""
                # marllb-trace 1
                # classes: wiki,static
                # note
                time_s,class,cpu_ms,io_ms
                0.25,wiki,33.5,11
                3.5,static,1.800000025,0
                """);
        assertThat(written(TraceFormat.MARLLB_FORLOOP))
                .isEqualTo("# note\ntime\tquery\n0.25\t/dummy.php/?n=614725\n3.5\t/dummy.php/?n=33030\n");
        assertThat(written(TraceFormat.WIKIPEDIA_REPLAY, "origin=1190146243s"))
                .isEqualTo("# note\n1190146243.250\t/wiki/index.php/Main_Page\n1190146246.500\t/static/file.css\n");
        assertThat(written(TraceFormat.WIKIBENCH)).isEqualTo("""
                # note
                1 0.250 http://en.wikipedia.org/wiki/Main_Page -
                2 3.500 http://en.wikipedia.org/static/file.css -
                """);
        assertThat(written(TraceFormat.AZURE_LLM, "generated-token=1ms")).isEqualTo("""
                # note
                TIMESTAMP,ContextTokens,GeneratedTokens
                2023-11-16 00:00:00.2500000,0,34
                2023-11-16 00:00:03.5000000,0,2
                """);
        assertThat(written(TraceFormat.COUNTS)).isEqualTo("# note\nsecond,requests\n0,1\n1,0\n2,0\n3,1\n");
        assertThat(written(TraceFormat.COUNTS, "step=2s"))
                .isEqualTo("# note\n# step: 2000000000ns\nbin,requests\n0,1\n1,1\n");
    }

    private String written(TraceFormat format, String... options) throws IOException {
        Path file = folder.resolve("out");
        try (TraceWriter writer = TraceWriter.create(file, format, List.of(options), SIZED, List.of("note"))) {
            writer.write(250_000_000, 0, 33.5e6, 11_000_000);
            writer.write(3_500_000_000L, 1, 1_800_000.025, 0);
            assertThat(writer.commit()).isEqualTo(2);
        }
        return Files.readString(file);
    }

    @Test
    void leavesOnlyTheOldFileWhenWritingFails() throws IOException {
        Path file = Files.writeString(folder.resolve("out.csv"), "old");
        assertThatIllegalArgumentException().isThrownBy(() -> {
            try (TraceWriter writer = TraceWriter.create(file, TraceFormat.CSV, List.of(), SIZED, List.of())) {
                writer.write(5, 0, 1, 1);
                writer.write(4, 0, 1, 1);
            }
        });

        assertThat(file).hasContent("old");
        assertOnly("out.csv");
    }

    @Test
    void replacesTheOldFileOnlyByCommit() throws IOException {
        Path file = Files.writeString(folder.resolve("out.csv"), "old");
        try (TraceWriter writer = TraceWriter.create(file, TraceFormat.CSV, List.of(), SIZED, List.of())) {
            writer.write(5, 0, 1, 1);
            assertThat(file).hasContent("old");
            writer.commit();
        }

        assertThat(Files.readString(file)).startsWith("# marllb-trace 1");
        assertOnly("out.csv");
    }

    @Test
    void writesThroughALink() throws IOException {
        Path real = Files.writeString(folder.resolve("real.csv"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.csv"), real);
        try (TraceWriter writer = TraceWriter.create(link, TraceFormat.CSV, List.of(), SIZED, List.of())) {
            writer.write(5, 0, 1, 1);
            writer.commit();
        }

        assertThat(link).isSymbolicLink();
        assertThat(Files.readString(real)).startsWith("# marllb-trace 1");
    }

    @Test
    void refusesTargetsThatAreNoFiles() {
        assertThatThrownBy(() -> TraceWriter.create(folder, TraceFormat.CSV, List.of(), SIZED, List.of()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("no regular file");
        assertThatThrownBy(() -> TraceWriter.create(
                        folder.resolve("no/such/out.csv"), TraceFormat.CSV, List.of(), SIZED, List.of()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("can't be written");
    }

    @Test
    void refusesFormatsThatNeedMoreThanThereIs() throws IOException {
        TraceContent unsized = new TraceContent(List.of("wiki"), false, 0);
        for (TraceFormat format : List.of(TraceFormat.MARLLB_FORLOOP, TraceFormat.AZURE_LLM)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TraceWriter.create(folder.resolve("x"), format, List.of(), unsized, List.of()))
                    .withMessageContaining("needs the work of each flow");
        }
        assertOnly();
    }

    @Test
    void refusesAnEmptyTraceAndRowsThatNoReaderTakes() throws IOException {
        try (TraceWriter writer =
                TraceWriter.create(folder.resolve("x"), TraceFormat.CSV, List.of(), SIZED, List.of())) {
            assertThatIllegalArgumentException().isThrownBy(() -> writer.write(0, 0, Double.NaN, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.write(0, 0, -1, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.write(0, 0, 0, -1));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.write(-1, 0, 0, 0));
            assertThatIllegalStateException().isThrownBy(writer::commit).withMessageContaining("at least one");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new TraceContent(List.of("a", "a", "b,c"), true, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        TraceWriter.create(folder.resolve("x"), TraceFormat.CSV, List.of("a=1"), SIZED, List.of()))
                .withMessageContaining("unknown option 'a'; it has none");
        assertOnly();
    }

    @Test
    void refusesToWriteAfterTheEnd() {
        TraceWriter writer = TraceWriter.create(folder.resolve("x"), TraceFormat.CSV, List.of(), SIZED, List.of());
        writer.close();
        writer.close();

        assertThatIllegalStateException().isThrownBy(() -> writer.write(0, 0, 0, 0));
        assertThatIllegalStateException().isThrownBy(writer::commit);
    }

    @Test
    void letsTwoWritersWorkOnOneName() throws IOException {
        Path file = folder.resolve("x.csv");
        try (TraceWriter a = TraceWriter.create(file, TraceFormat.CSV, List.of(), SIZED, List.of());
                TraceWriter b = TraceWriter.create(file, TraceFormat.CSV, List.of(), SIZED, List.of())) {
            a.write(1, 0, 1, 1);
            b.write(2_000_000_000L, 0, 1, 1);
            a.commit();
            b.commit();
        }

        assertThat(Files.readString(file)).contains("\n2,wiki").doesNotContain("\n0.000000001,wiki");
        assertOnly("x.csv");
    }

    private void assertOnly(String... names) throws IOException {
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }
}
