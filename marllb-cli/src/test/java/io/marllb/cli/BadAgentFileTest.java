package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Agent files that cannot serve are bad input, whatever is wrong with them, and the message says what. */
class BadAgentFileTest {

    @TempDir
    Path folder;

    private Path good;

    /** What is done to a good file, and what is said then. */
    private record Damage(String name, Change change, String reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface Change {
        void apply(Path good, Path bad) throws IOException;
    }

    @BeforeEach
    void writeAGoodOne() throws IOException {
        NetworkSpec spec = new NetworkSpec.Recurrent(7 * 5, List.of(8), 0, List.of(), 6 * 5);
        AgentManifest manifest =
                AgentManifest.of("sac-gru", spec, Heads.Kind.SOFTMAX, "published:actions=levels", "sed", 5);
        good = folder.resolve("good.marllb");
        AgentFile.of(manifest, List.of(new float[spec.parameters()])).write(good);
    }

    static Stream<Damage> damages() {
        return Stream.of(
                new Damage(
                        "truncated",
                        (from, to) -> {
                            byte[] bytes = Files.readAllBytes(from);
                            Files.write(to, Arrays.copyOf(bytes, bytes.length / 2));
                        },
                        "truncated"),
                new Damage(
                        "a bit flipped",
                        (from, to) -> {
                            byte[] bytes = Files.readAllBytes(from);
                            bytes[bytes.length / 2] ^= 1;
                            Files.write(to, bytes);
                        },
                        "damaged"),
                new Damage(
                        "another schema",
                        (from, to) -> rewrite(from, to, "\"schema\" : 1", "\"schema\" : 2"),
                        "it has schema 2, but this program reads schema 1; use a newer marllb"),
                new Damage("another number of servers", Files::copy, "it was trained for 5 servers, but here are "),
                new Damage(
                        "no zip",
                        (from, to) -> Files.writeString(to, "this is no archive, only a line of text\n"),
                        "it is not a zip archive"),
                new Damage(
                        "a hostile path",
                        (from, to) -> rewrite(from, to, null, null),
                        "the archive has an entry '../../evil'"));
    }

    @ParameterizedTest
    @MethodSource("damages")
    void isBadInputToReplayAndEvaluate(Damage damage) throws IOException {
        Path bad = folder.resolve("bad.marllb");
        damage.change().apply(good, bad);

        for (Cli run : List.of(
                Cli.run(
                        "replay",
                        "--scenario",
                        "quickstart",
                        "--seeds",
                        "1",
                        "--policies",
                        "agent:" + bad,
                        "--json",
                        "-"),
                Cli.run("evaluate", bad.toString(), "--scenario", "quickstart", "--seeds", "1", "--policies", "sed"))) {
            assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
            assertThat(run.err())
                    .contains(bad.toString())
                    .contains(damage.reason())
                    .doesNotContain("\tat ");
            assertThat(run.out()).isEmpty();
        }
    }

    /** Packs it again with a text of the manifest replaced, or, without one, with an entry that would land elsewhere. */
    private static void rewrite(Path from, Path to, String text, String by) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(from.toFile())) {
            for (ZipEntry e : zip.stream().toList()) {
                entries.put(e.getName(), zip.getInputStream(e).readAllBytes());
            }
        }
        if (text == null) {
            entries.put("../../evil", new byte[1]);
        } else {
            String manifest = new String(entries.get("manifest.json"), StandardCharsets.UTF_8);
            assertThat(manifest).contains(text);
            entries.put("manifest.json", manifest.replace(text, by).getBytes(StandardCharsets.UTF_8));
        }
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(to))) {
            zip.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, byte[]> e : entries.entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(e.getValue());
                ZipEntry entry = new ZipEntry(e.getKey());
                entry.setSize(e.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(e.getValue());
            }
        }
    }
}
