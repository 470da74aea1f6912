package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertThat(folder.toFile().list()).containsExactly(trace.getFileName().toString());
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

    @Test
    void drawsTheRate() throws IOException {
        Path png = folder.resolve("rate.png");
        Path svg = folder.resolve("rate.svg");

        Cli run = Cli.run("trace", "describe", trace.toString(), "--png", png.toString(), "--svg", svg.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(ImageIO.read(png.toFile()).getWidth()).isPositive();
        assertThat(Files.readString(svg)).contains("<svg").contains("t.csv");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "poisson OUT --rate 400 --duration 5s",
                "mmpp OUT --rates 50,500 --stays 2s,500ms --flows 2000",
                "wikipedia OUT --first-hour 4 --hours 1 --per-hour 3s",
                "scenario quickstart OUT --flows 2000"
            })
    void generatedTracesReadBackAndDependOnTheSeedAlone(String args) throws IOException {
        Path first = generate(args, "a.csv", "7");
        Path again = generate(args, "b.csv", "7");
        Path other = generate(args, "c.csv", "8");

        assertThat(first).hasSameTextualContentAs(again);
        assertThat(Files.readString(other)).isNotEqualTo(Files.readString(first));
        assertThat(Cli.run("trace", "describe", first.toString()).exitCode()).isZero();
    }

    private Path generate(String args, String file, String seed) {
        Path out = folder.resolve(file);
        String line = "trace generate " + args.replace("OUT", out.toString()) + " --seed " + seed;

        Cli run = Cli.run(line.split(" ", -1));

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).matches("[0-9,]+ flows -> .*" + file + " \\(csv\\)\n");
        return out;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "poisson OUT --rate 400|give --flows or --duration",
                "poisson OUT --rate NaN --flows 5|rate must be finite and > 0",
                "poisson OUT --rate 400 --duration 60|write 60s",
                "poisson OUT --rate 400 --flows 0|--flows must be >= 1",
                "poisson OUT --rate 400 --flows 9 --to cvs|did you mean 'csv'?",
                "mmpp OUT --rates 1,2 --stays 1s --flows 9|give one stay for each rate",
                "wikipedia OUT --first-hour 24|firstHour must be in",
                "scenario quikstart OUT|did you mean 'quickstart'?",
            })
    void badArgumentsLeaveNoFile(String args, String message) throws IOException {
        Path out = folder.resolve("out.csv");

        Cli run = Cli.run(("trace generate " + args.replace("OUT", out.toString())).split(" ", -1));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(message).hasLineCount(1);
        assertThat(folder.toFile().list()).containsExactly(trace.getFileName().toString());
    }
}
