package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A damaged trace is either read, with sane rows, or refused with its line: nothing else may come out. */
class TraceFuzzProperties {

    private static final List<String> VALID = List.of(
            "# marllb-trace 1\n# classes: wiki,static\ntime_s,class,cpu_ms,io_ms\n0.5,wiki,33.5,11\n1.25,static,1.8,0\n2,wiki,1e1,0.000001\n",
            "time_s,class\n0.5,b\n1,a\n",
            "time\tquery\n0.11228061329702671\t/dummy.php/?n=5478122\n0.13\t/dummy.php/?n=4812723\n0.5\t/dummy.php/?n=1\n",
            "1190146243.341\t/wiki/index.php/Main_Page\n1190146243.3415\t/skins/a.css\n1190146244\t/x\n",
            "929840891 1190146243.341 http://en.wikipedia.org/wiki/X -\n929840892 1190146243.350 http://upload.org/a.png save\n",
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n",
            "154132716 2010-05-27T09:31:55.63 http://en.m.wikipedia.org/wiki/A -\n154132717 2010-05-27T09:31:56 http://x/y -\n",
            "minute,requests\n0,42\n1,62\n2,0\n5,7\n",
            "# step: 250ms\nbin,requests\n0,4\n1,6\n");

    /** Bytes that are likely to break something. */
    private static final String NASTY = "0123456789.,-+eE\t\n\r :/?&=n#\"NaInf\u0000\u0001\u001f~";

    private static Path file;

    @BeforeContainer
    static void createFile() throws IOException {
        file = Files.createTempFile("fuzz", ".trace");
    }

    @AfterContainer
    static void deleteFile() throws IOException {
        Files.delete(file);
    }

    /** What happens to a file: at a place, some bytes are replaced by others. */
    record Edit(double place, int removed, String inserted) {}

    @Provide
    Arbitrary<List<Edit>> edits() {
        Arbitrary<String> nasty = Arbitraries.oneOf(
                Arbitraries.strings().withChars(NASTY.toCharArray()).ofMaxLength(4),
                Arbitraries.of(
                        "1e999999999",
                        "-1",
                        "NaN",
                        "1e30",
                        "99999999999999999999",
                        "1_190_146",
                        "\u00e4",
                        "9223372036.854775807",
                        ",,",
                        "\n\n"));
        return Combinators.combine(
                        Arbitraries.doubles().between(0, 1),
                        Arbitraries.integers().between(0, 6),
                        nasty)
                .as(Edit::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
    }

    @Property(tries = 2500, seed = "1")
    void readsOrRefusesDamagedText(@ForAll("edits") List<Edit> edits, @ForAll boolean asDetected) throws IOException {
        int which = (int) (edits.get(0).place() * 7919) % VALID.size();
        byte[] bytes = damage(VALID.get(which).getBytes(StandardCharsets.UTF_8), edits);
        String format = asDetected ? "auto" : formatOf(which);

        assertReadsOrRefuses(bytes, format);
    }

    @Property(tries = 300, seed = "1")
    void readsOrRefusesDamagedGzip(@ForAll("edits") List<Edit> edits) throws IOException {
        int which = (int) (edits.get(0).place() * 7919) % VALID.size();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(VALID.get(which).getBytes(StandardCharsets.UTF_8));
        }

        assertReadsOrRefuses(damage(bytes.toByteArray(), edits), "auto");
    }

    @Property(tries = 300, seed = "1")
    void readsOrRefusesFilesThatEndAnywhere(@ForAll("edits") List<Edit> edits) throws IOException {
        Edit cut = edits.get(0);
        byte[] bytes = VALID.get((int) (cut.place() * 7919) % VALID.size()).getBytes(StandardCharsets.UTF_8);

        assertReadsOrRefuses(Arrays.copyOf(bytes, (int) (cut.place() * bytes.length)), "auto");
    }

    @Property(tries = 300, seed = "1")
    void refusesNoise(@ForAll byte[] noise) throws IOException {
        assertReadsOrRefuses(noise, "auto");
    }

    private static String formatOf(int which) {
        return List.of(
                        "csv",
                        "csv",
                        "marllb-forloop",
                        "wikipedia-replay",
                        "wikibench",
                        "azure-llm",
                        "wikibench",
                        "counts",
                        "counts")
                .get(which);
    }

    private static byte[] damage(byte[] valid, List<Edit> edits) {
        byte[] bytes = valid;
        for (Edit edit : edits) {
            byte[] inserted = edit.inserted().getBytes(StandardCharsets.UTF_8);
            int at = (int) (edit.place() * bytes.length);
            int after = Math.min(bytes.length, at + edit.removed());
            byte[] next = new byte[at + inserted.length + bytes.length - after];
            System.arraycopy(bytes, 0, next, 0, at);
            System.arraycopy(inserted, 0, next, at, inserted.length);
            System.arraycopy(bytes, after, next, at + inserted.length, bytes.length - after);
            bytes = next;
        }
        return bytes;
    }

    private static void assertReadsOrRefuses(byte[] bytes, String format) throws IOException {
        Files.write(file, bytes);
        try (TraceReader reader = TraceReader.open(file, format, List.of())) {
            long last = 0;
            int rows = 0;
            while (rows < 10_000 && reader.next()) { // a damaged count may promise a billion rows
                rows++;
                assertThat(reader.at()).isGreaterThanOrEqualTo(last);
                last = reader.at();
                assertThat(reader.cpuNanos()).isBetween(0.0, 0x1.0p62);
                assertThat(reader.ioNanos()).isNotNegative();
                int classes = reader.info().classNames().size();
                assertThat(reader.flowClass()).isBetween(0, Math.max(0, classes - 1));
            }
            assertThat(rows).isPositive();
        } catch (TraceFormatException e) {
            assertThat(e.file()).isEqualTo(file);
            assertThat(e.line()).isPositive();
            assertThat(e.column()).isPositive();
            assertThat(e.getMessage()).startsWith(file + ":" + e.line() + ":" + e.column() + ": expected ");
        }
    }
}
