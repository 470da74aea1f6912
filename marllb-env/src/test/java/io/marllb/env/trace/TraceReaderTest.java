package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceReaderTest {

    private static final String FOR_LOOP =
            "time\tquery\n0.11228061329702671\t/dummy.php/?n=5478122\n9.3e-1\t/dummy.php/?n=18350\n";
    private static final String REPLAY = "1190146243.341\t/wiki/index.php/Main_Page\n1190146243.3415\t/skins/a.css\n";
    private static final String WIKIBENCH = """
                929840891 1190146243.341 http://en.wikipedia.org/wiki/X -
                929840892 1190146243.350 http://upload.wikimedia.org/a.png -
                929840893 1190146244.341 http://en.wikipedia.org/w/index.php?title=Y&action=submit save
                """;
    private static final String AZURE = """
                TIMESTAMP,ContextTokens,GeneratedTokens\r
                2023-11-16 18:15:46.6805900,374,44\r
                2023-11-16 18:15:50.9951690,396,109""";
    private static final String CSV = """
                # marllb-trace 1
                # classes: wiki,static
                time_s,class,cpu_ms,io_ms
                0.000000001,wiki,33.5,11
                2.5,static,1.80000000000000004,0
                """;

    @TempDir
    Path folder;

    @Test
    void readsTheForLoopWorkload() throws IOException {
        assertRows(
                FOR_LOOP,
                TraceFormat.MARLLB_FORLOOP,
                "112280613 for-loop 2.985352588555858E8 0",
                "930000000 for-loop 1000000.0 0");
    }

    @Test
    void convertsIterationsByAnOption() throws IOException {
        assertThat(rows(FOR_LOOP, "iterations-per-second=1000000").get(1)).isEqualTo("930000000 for-loop 1.835E7 0");
    }

    @Test
    void readsTheWikipediaReplayFromItsFirstFlowOn() throws IOException {
        assertRows(REPLAY, TraceFormat.WIKIPEDIA_REPLAY, "0 wiki 0.0 0", "500000 static 0.0 0");
        try (TraceReader reader = open(REPLAY)) {
            reader.next();
            assertThat(reader.originNanos()).isEqualTo(1_190_146_243_341_000_000L);
            assertThat(reader.url()).contains("/wiki/index.php/Main_Page");
            assertThat(reader.info().sized()).isFalse();
        }
    }

    @Test
    void keepsRelativeTimesOfAReplay() throws IOException {
        assertThat(rows("0.5\t/a\n1.25\t/wiki/index.php/B\n"))
                .containsExactly("500000000 static 0.0 0", "1250000000 wiki 0.0 0");
    }

    @Test
    void readsRawWikiBench() throws IOException {
        assertRows(WIKIBENCH, TraceFormat.WIKIBENCH, "0 wiki 0.0 0", "9000000 static 0.0 0", "1000000000 wiki 0.0 0");
    }

    @Test
    void readsRawWikiBenchWithDates() throws IOException {
        assertRows(
                "154132716 2010-05-27T09:31:55.63 http://en.m.wikipedia.org/wiki/A -\n154132717 2010-05-27T09:31:56 http://x/y -\n",
                TraceFormat.WIKIBENCH,
                "0 wiki 0.0 0",
                "370000000 static 0.0 0");
    }

    @Test
    void readsTokensAsServiceTimes() throws IOException {
        assertRows(AZURE, TraceFormat.AZURE_LLM, "0 llm 9.548E8 0", "4314579000 llm 2.2592E9 0");
        assertThat(rows(AZURE, "context-token=0ms", "generated-token=1ms"))
                .containsExactly("0 llm 4.4E7 0", "4314579000 llm 1.09E8 0");
    }

    @Test
    void readsOtherSpellingsOfAUtcTimestamp() throws IOException {
        String header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
        assertThat(
                        rows(
                                header
                                        + "2024-02-29 23:59:59,1,0\n2024-03-01T00:00:00.5Z,1,0\n2024-03-01 00:00:01.000001+00:00,1,0\n"))
                .containsExactly("0 llm 200000.0 0", "1500000000 llm 200000.0 0", "2000001000 llm 200000.0 0");
    }

    @Test
    void readsOurOwnFormatExactly() throws IOException {
        assertRows(CSV, TraceFormat.CSV, "1 wiki 3.35E7 11000000", "2500000000 static 1800000.0 0");
    }

    @Test
    void findsTheClassesOfACsvThatDeclaresNone() throws IOException {
        try (TraceReader reader = open("time_s,class\n1,b\n2,a\n3,b\n")) {
            assertThat(reader.info().classNames()).containsExactly("b", "a");
        }
    }

    @Test
    void spreadsCountsWithinTheirBin() throws IOException {
        String counts = "minute,requests\n5,2\n6,0\n8,3\n";
        List<Long> times = times(counts);

        assertThat(times).hasSize(5).isSorted();
        assertThat(times.subList(0, 2)).allMatch(t -> t >= 0 && t < 60_000_000_000L);
        assertThat(times.subList(2, 5)).allMatch(t -> t >= 180_000_000_000L && t < 240_000_000_000L);
        assertThat(times(counts)).isEqualTo(times);
        assertThat(times(counts, "seed=2")).isNotEqualTo(times);
        assertThat(times(counts, "spread=even"))
                .containsExactly(
                        15_000_000_000L, 45_000_000_000L, 190_000_000_000L, 210_000_000_000L, 230_000_000_000L);
    }

    @Test
    void spreadsCountsLikeAPoissonProcess() throws IOException {
        long[] quarters = new long[4];
        for (long t : times("second,requests\n0,40000\n")) {
            quarters[(int) (t / 250_000_000L)]++;
        }
        double chi = 0;
        for (long q : quarters) {
            chi += (q - 10_000.0) * (q - 10_000.0) / 10_000.0;
        }

        assertThat(chi).isLessThan(30.7); // chi-square of 3 degrees of freedom at 1e-6
    }

    @Test
    void takesTheLengthOfABinFromACommentOrAnOption() throws IOException {
        assertThat(times("# step: 250ms\nbin,requests\n0,1\n1,1\n", "spread=even"))
                .containsExactly(125_000_000L, 375_000_000L);
        assertThat(times("bin,requests\n0,1\n1,1\n", "spread=even", "step=1s"))
                .containsExactly(500_000_000L, 1_500_000_000L);
        assertFails("bin,requests\n0,1\n", 1, 1, "the length of a bin > 0", "pass the option step=250ms");
    }

    @Test
    void skipsCommentsBlankLinesAndAByteOrderMark() throws IOException {
        assertThat(rows("\ufeff# hello\n\ntime_s,cpu_ms\r\n# inside\r\n1,2\r\n\r\n"))
                .containsExactly("1000000000 all 2000000.0 0");
    }

    @Test
    void readsGzipByItsContent() throws IOException {
        Path file = Files.write(folder.resolve("no-suffix"), gzip(CSV));

        try (TraceReader reader = TraceReader.open(file, "auto", List.of())) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.at()).isEqualTo(1);
        }
    }

    @Test
    void readsLinesAcrossItsBuffers() throws IOException {
        StringBuilder text = new StringBuilder("time\tquery\n");
        String padding = "x".repeat(40_000);
        for (int i = 0; i < 20; i++) {
            text.append(i)
                    .append("\t/dummy.php/?p=")
                    .append(padding, 0, 30_000 + 491 * i)
                    .append("&n=")
                    .append(i)
                    .append("\r\n");
        }

        List<Long> times = times(text.toString());

        assertThat(times).hasSize(20);
        assertThat(times.get(19)).isEqualTo(19_000_000_000L);
    }

    @Test
    void acceptsALastLineWithoutALineBreakAndSaysSo() throws IOException {
        try (TraceReader reader = open("time_s,cpu_ms\n1,1\n2,2")) {
            TraceDescription description = TraceDescription.of(reader);

            assertThat(description.count()).isEqualTo(2);
            assertThat(description.notes()).anyMatch(n -> n.contains("no line break"));
        }
    }

    @Test
    void reordersLinesThatAreLateByLessThanTheJitter() throws IOException {
        String text = "1.00\t/a\n1.02\t/b\n1.01\t/wiki/index.php/C\n1.02\t/d\n";

        assertThat(rows(text, "jitter=10ms"))
                .containsExactly(
                        "1000000000 static 0.0 0",
                        "1010000000 wiki 0.0 0",
                        "1020000000 static 0.0 0",
                        "1020000000 static 0.0 0");
        assertFails(text, 3, 1, "times that do not go back", "0.01 s before an earlier one", "jitter=TIME");
        assertFails(List.of("jitter=9ms"), text, 3, 1, "0.01 s before an earlier one");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "",
            value = {
                "time_s,cpu_ms~1,1~2,NaN~           |3|3|it is not finite",
                "time_s,cpu_ms~1,1~2,-4~            |3|3|it is negative",
                "time_s,cpu_ms~1,1~-2,4~            |3|1|it is negative",
                "time_s,cpu_ms~1,1~2~               |3|1|2 columns, time_s,cpu_ms",
                "time_s,cpu_ms~1,1~2,3,4~           |3|5|2 columns, time_s,cpu_ms",
                "time_s,cpu_ms~1,abc~               |2|3|cpu_ms, the CPU work in milliseconds",
                "time_s,cpu_ms~1,1.~                |2|3|found '1.'",
                "time_s,cpu_ms~1,~                  |2|3|found nothing",
                "time_s,cpu_ms~1e40,1~              |2|1|its exponent is beyond 30",
                "time_s,cpu_ms~1e12,1~              |2|1|146 years at most",
                "time_s,cpu_ms~1,1e20~              |2|1|CPU work below 146 years",
                "time_s,cpu_ms,io_ms~1,1,1e20~      |2|5|io_ms below 146 years",
                "time_s,cpums~1,1~                  |1|8|did you mean 'cpu_ms'?",
                "time_s,class,class~1,a,a~          |1|14|it is there twice",
                "time_s,io_ms~1,1~                  |1|1|a column cpu_ms beside io_ms",
                "# marllb-trace 2~time_s~1~         |2|1|version 1 of the csv format",
                "# classes: wiki,x~time_s,class~1,wikis~ |3|3|did you mean 'wiki'?",
                "# classes: a,a~time_s,class~1,a~   |2|1|distinct names",
                "time_s,class~1,\"a\"~              |2|3|without quotes",
                "time_s~                            |1|1|a trace without flows",
                "minute,requests~0,1~0,2~           |3|1|a bin after bin 0",
                "minute,requests~0,1.5~             |2|3|an integer >= 0",
                "minute,requests~0,1,2~             |2|4|2 columns",
                "minute,requests~0,9999999999~      |2|3|at most 1000000000 requests",
                "minute,requests~0,0~               |2|1|a trace without flows",
                "second,rate~0,1.5~                 |1|8|profile of nhpp",
                "time\tquery~1\t/dummy.php/?m=5~    |2|3|a query with ?n=ITERATIONS",
                "time\tquery~1\t/dummy.php/?n=~     |2|17|loop iterations n",
                "time\tquery~1 /dummy.php/?n=5~     |2|1|2 columns, time<TAB>query",
                "1.5\t/a~2.5\tb~                    |2|5|a URL that starts with /",
                "1.5\t/a~2.5\t/b\t/c~               |2|7|2 columns, SECONDS<TAB>URL",
                "1 1.5 http://a/ -~2 1.6 http://b/~ |2|1|4 columns",
                "1 1.5 http://a/ -~2 1.6 http://b/ x~ |2|17|the save flag",
                "1 1.5 http://a/ -~x 1.6 http://b/ -~ |2|1|the counter",
            })
    void saysWhereAndWhatIsWrong(String text, long line, int column, String message) throws IOException {
        assertFails(text.strip().replace('~', '\n'), line, column, message);
    }

    @ParameterizedTest
    @CsvSource({
        "2023-02-29 00:00:00",
        "2023-13-01 00:00:00",
        "2023-01-01 24:00:00",
        "2023-01-01 00:00:0",
        "2023-01-01 00:00:00.",
        "2023-01-01 00:00:00.1234567890",
        "2023-01-01 00:00:00+02:00",
        "16 Nov 2023",
        "2023-01-01_00:00:00"
    })
    void refusesWhatIsNoMoment(String bad) throws IOException {
        assertFails(
                "TIMESTAMP,ContextTokens,GeneratedTokens\n" + bad + ",1,1\n",
                2,
                1,
                "a time as 2023-11-16 18:15:46.6805900, UTC");
    }

    @Test
    void refusesTokensThatAreNoCounts() throws IOException {
        String head = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,";
        assertFails(head + "-1,1\n", 2, 21, "ContextTokens, an integer >= 0");
        assertFails(head + "1,2000000000\n", 2, 23, "GeneratedTokens, at most 1000000000");
    }

    @Test
    void listsTheFormatsAndWhatItSawInUnknownContent() throws IOException {
        assertFails(
                "host;when\u0009x\n1;2\n",
                1,
                1,
                "a line of a known trace format",
                "'host;when<TAB>x' (columns: 2 by tab, 1 by comma, 1 by space)",
                "azure-llm: TIMESTAMP,ContextTokens,GeneratedTokens",
                "wikibench: COUNTER TIME URL FLAG",
                "counts: second|minute|hour|bin,requests");
    }

    @Test
    void namesTheFormatThatAFileLooksLikeWhenAnotherWasGiven() throws IOException {
        Path file = write(AZURE);

        assertThatThrownBy(() -> TraceReader.open(file, "csv", List.of()))
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining(
                        "expected a trace of format csv, but found a first line of format azure-llm; pass that format, or auto");
    }

    @Test
    void refusesEmptyFiles() throws IOException {
        assertFails("", 1, 1, "an empty file");
        assertFails("# only a comment\n\n", 2, 1, "no line with data");
    }

    @Test
    void refusesBinaryFilesAndOtherArchives() throws IOException {
        assertFails("time_s\n1\n\u0000\u0001\n", 3, 1, "the control byte 0x00");
        assertFails("time_s\n1\n2\r3\n", 3, 2, "the control byte 0x0d");
        assertFails("BZh91AY&SY", 1, 1, "bzip2 data", "decompress it first");
        assertFails("PK\u0003\u0004", 1, 1, "zip data");
    }

    @Test
    void refusesOverlongLines() throws IOException {
        assertFails("time_s\n" + "1".repeat(70_000), 2, 65_537, "at most 65536 bytes in a line");
    }

    @Test
    void refusesTornGzip() throws IOException {
        byte[] whole = gzip("time_s\n1\n" + "1\n".repeat(100));
        Path cut = Files.write(folder.resolve("cut.gz"), Arrays.copyOf(whole, whole.length - 12));
        Path header = Files.write(folder.resolve("header.gz"), Arrays.copyOf(whole, 5));
        whole[whole.length - 6] ^= 1;
        Path corrupt = Files.write(folder.resolve("corrupt.gz"), whole);

        assertThatThrownBy(() -> drain(cut))
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining("gzip data that is cut off");
        assertThatThrownBy(() -> drain(header))
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining("header.gz:1:1: ");
        assertThatThrownBy(() -> drain(corrupt))
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining("corrupt gzip data");
    }

    @Test
    void saysThatALineMayBeCutOffWhereTheFileEndsWithinIt() throws IOException {
        assertFails("time_s,cpu_ms\n1,1\n2", 3, 1, "the file ends within this line, so it may be cut off");
    }

    @Test
    void refusesFilesThatAreNotThere() {
        assertThatThrownBy(() -> TraceReader.open(folder.resolve("nowhere"), "auto", List.of()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageEndingWith("nowhere does not exist");
        assertThatThrownBy(() -> TraceReader.open(folder, "auto", List.of()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("it is a directory");
    }

    @Test
    void refusesOptionsThatTheFormatDoesNotKnow() throws IOException {
        assertOptionFails(AZURE, "context-tokens=1ms", "did you mean 'context-token'?");
        assertOptionFails(AZURE, "context-token=1", "must be a time with its unit, such as 0.2ms or 60s, but was '1'");
        assertOptionFails(AZURE, "context-token", "must be key=value");
        assertOptionFails(FOR_LOOP, "iterations-per-second=NaN", "must be a finite number > 0");
        assertOptionFails("second,requests\n0,1\n", "spread=evenly", "did you mean 'even'?");
        Path file = write(AZURE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceReader.open(file, "auto", List.of("jitter=1s", "jitter=2s")))
                .withMessageContaining("is there twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceReader.open(file, "azure", List.of()))
                .withMessageContaining("unknown trace format 'azure'");
    }

    private void assertOptionFails(String text, String option, String message) throws IOException {
        Path file = write(text);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceReader.open(file, "auto", List.of(option)))
                .withMessageContaining(message);
    }

    private void assertRows(String text, TraceFormat format, String... rows) throws IOException {
        try (TraceReader reader = open(text)) {
            assertThat(reader.info().format()).isEqualTo(format);
        }
        assertThat(rows(text)).containsExactly(rows);
    }

    private void assertFails(String text, long line, int column, String... parts) throws IOException {
        assertFails(List.of(), text, line, column, parts);
    }

    private void assertFails(List<String> options, String text, long line, int column, String... parts)
            throws IOException {
        Path file = write(text);
        assertThatThrownBy(() -> drain(file, options)).isInstanceOfSatisfying(TraceFormatException.class, e -> {
            assertThat(e.getMessage())
                    .startsWith(file + ":" + line + ":" + column + ": expected ")
                    .contains(parts);
            assertThat(e.line()).isEqualTo(line);
            assertThat(e.column()).isEqualTo(column);
        });
    }

    private static void drain(Path file) {
        drain(file, List.of());
    }

    private static void drain(Path file, List<String> options) {
        try (TraceReader reader = TraceReader.open(file, "auto", options)) {
            while (reader.next()) {
                assertThat(reader.at()).isNotNegative();
            }
        }
    }

    private List<Long> times(String text, String... options) throws IOException {
        List<Long> times = new ArrayList<>();
        try (TraceReader reader = TraceReader.open(write(text), "auto", List.of(options))) {
            while (reader.next()) {
                times.add(reader.at());
            }
        }
        return times;
    }

    private List<String> rows(String text, String... options) throws IOException {
        List<String> rows = new ArrayList<>();
        try (TraceReader reader = TraceReader.open(write(text), "auto", List.of(options))) {
            List<String> names = reader.info().classNames();
            while (reader.next()) {
                rows.add(reader.at() + " " + names.get(reader.flowClass()) + " " + reader.cpuNanos() + " "
                        + reader.ioNanos());
            }
            assertThat(reader.next()).isFalse();
        }
        return rows;
    }

    private TraceReader open(String text) throws IOException {
        return TraceReader.open(write(text), "auto", List.of());
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("trace"), text);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
