package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceConverterTest {

    private static final String WIKIBENCH = """
                7 1190146243.341 http://en.wikipedia.org/wiki/\u00c4 -
                8 1190146243.350 http://upload.wikimedia.org/wiki.png -
                9 1190146244.5 http://en.wikipedia.org/w/index.php?title=Y save
                """;

    @TempDir
    Path folder;

    @Test
    void turnsRawWikiBenchIntoAReplay() throws IOException {
        TraceConverter.Conversion done = convert(WIKIBENCH, TraceFormat.WIKIPEDIA_REPLAY);

        assertThat(out()).isEqualTo("""
                # converted from format wikibench
                1190146243.341\t/wiki/index.php/\u00c4
                1190146243.350\t/wiki.png
                1190146244.500\t/wiki/index.php/w/index.php?title=Y
                """);
        assertThat(done)
                .isEqualTo(new TraceConverter.Conversion(
                        TraceFormat.WIKIBENCH, TraceFormat.WIKIPEDIA_REPLAY, 3, List.of()));
    }

    @Test
    void keepsTheClassWhereTheOtherFormatWouldReadAnotherFromTheUrl() throws IOException {
        convert("0.5\t/skins/wiki/a.css\n0.75\t/wiki/index.php/B\n", TraceFormat.WIKIBENCH);

        assertThat(out())
                .contains(
                        "1 0.500 http://en.wikipedia.org/static/file.css -\n2 0.750 http://en.wikipedia.org/wiki/index.php/B -\n");
    }

    @Test
    void saysWhatIsLost() throws IOException {
        assertThat(convert(WIKIBENCH, TraceFormat.CSV).losses())
                .containsExactly(
                        "URLs are left out; the class remains", "dates are left out; times count from the first flow");
        assertThat(out())
                .endsWith(
                        "# classes: wiki,static\n# converted from format wikibench\ntime_s,class\n0,wiki\n0.009,static\n1.159,wiki\n");

        String csv = "time_s,class,cpu_ms,io_ms\n0,a,200,1\n1,b,400,0\n";
        assertThat(convert(csv, TraceFormat.MARLLB_FORLOOP).losses())
                .containsExactly(
                        "classes are left out",
                        "I/O delays are left out",
                        "CPU work is rounded to whole loop iterations");
        assertThat(convert(csv, TraceFormat.WIKIPEDIA_REPLAY).losses())
                .containsExactly(
                        "sizes are left out; a reader draws them by class",
                        "classes other than wiki become static",
                        "URLs are stand-ins, one per class");
        assertThat(convert(csv, TraceFormat.COUNTS).losses())
                .containsExactly("times within 1.0 s are left out", "sizes are left out", "classes are left out");
        assertThat(convert(csv, TraceFormat.AZURE_LLM).losses())
                .contains("dates are made up", "I/O delays are left out");
        assertThat(convert(csv, TraceFormat.CSV).losses()).isEmpty();
        assertThat(convert("second,requests\n0,2\n", TraceFormat.CSV).losses())
                .containsExactly(
                        "arrivals are spread at random within each interval of 1.0 s; the file has counts only");
    }

    @Test
    void leavesNothingBehindWhenTheInputIsTorn() throws IOException {
        assertThatThrownBy(() -> convert("time_s,cpu_ms\n1,1\n2", TraceFormat.CSV))
                .isInstanceOf(TraceFormatException.class);

        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(folder.resolve("in"));
        }
    }

    @Test
    void convertsAFileOntoItself() throws IOException {
        Path file = Files.writeString(folder.resolve("in"), "time_s,cpu_ms\n1,1.50\n");
        TraceConverter.convert(file, "auto", List.of(), file, TraceFormat.CSV, List.of());

        assertThat(Files.readString(file)).endsWith("time_s,class,cpu_ms,io_ms\n1,all,1.5,0\n");
    }

    private TraceConverter.Conversion convert(String text, TraceFormat target) throws IOException {
        Path in = Files.writeString(folder.resolve("in"), text);
        return TraceConverter.convert(in, "auto", List.of(), folder.resolve("out"), target, List.of());
    }

    private String out() throws IOException {
        return Files.readString(folder.resolve("out"));
    }
}
