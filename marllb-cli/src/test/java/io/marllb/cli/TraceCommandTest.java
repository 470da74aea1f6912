package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceCommandTest {

    @TempDir
    Path folder;

    private Path trace;

    @BeforeEach
    void writeTrace() throws IOException {
        trace = Files.writeString(
                folder.resolve("t.csv"), "time_s,class,cpu_ms,io_ms\n0,page,10,0\n0.5,page,20,0\n1.25,file,1,0\n");
    }

    @Test
    void describesOnStandardOutput() {
        Cli run = Cli.run("trace", "describe", trace.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("t.csv (csv)").contains("page cpu").contains("file cpu");
    }

    @Test
    void aTerminalWithoutUnicodeGetsAscii() {
        Cli run = Cli.run(new Terminal(100, false, false), "trace", "describe", trace.toString());

        assertThat(run.out()).isNotEmpty().matches("\\p{ASCII}*");
    }

    @Test
    void convertsAndSaysWhatIsLost() throws IOException {
        Path out = folder.resolve("out.csv");

        Cli run = Cli.run(
                "trace", "convert", trace.toString(), out.toString(), "--to", "counts", "--to-option", "step=1s");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("3 flows: ").contains("sizes are left out");
        assertThat(Files.readString(out)).contains("\n0,2\n1,1\n");
    }

    @Test
    void convertingThereAndBackKeepsEveryFlow() throws IOException {
        Path out = folder.resolve("out.csv.gz");
        Path back = folder.resolve("back.csv");

        assertThat(Cli.run("trace", "convert", trace.toString(), out.toString()).exitCode())
                .isZero();
        assertThat(Cli.run("trace", "convert", out.toString(), back.toString()).exitCode())
                .isZero();

        assertThat(Files.readAllLines(back).stream().filter(l -> !l.startsWith("#")))
                .contains("0.5,page,20,0")
                .hasSize(4);
    }

    @Test
    void aDamagedTraceIsBadInputWithItsPlaceAndLeavesNoOutput() throws IOException {
        Files.writeString(trace, "time_s,class,cpu_ms\n0,page,10\n1,page,ten\n");
        Path out = folder.resolve("out.csv");

        Cli run = Cli.run("trace", "convert", trace.toString(), out.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("marllb: " + trace + ":3:")
                .contains("ten")
                .hasLineCount(1);
        assertThat(Files.list(folder)).containsExactly(trace);
    }

    @Test
    void anUnknownFormatNamesTheNearest() {
        Cli run = Cli.run("trace", "describe", trace.toString(), "--format", "cvs");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("'cvs'; did you mean 'csv'?");
    }

    @Test
    void aMissingFileAndAFolderAreBadInput() {
        assertThat(Cli.run("trace", "describe", folder.resolve("no").toString()).exitCode())
                .isEqualTo(2);
        assertThat(Cli.run("trace", "describe", folder.toString()).err()).contains("is a folder; name a trace file");
        assertThat(Cli.run(
                                "trace",
                                "convert",
                                trace.toString(),
                                folder.resolve("no/out").toString())
                        .err())
                .contains("there is no folder " + folder.resolve("no"));
    }
}
