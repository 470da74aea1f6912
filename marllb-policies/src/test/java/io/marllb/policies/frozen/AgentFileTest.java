package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.policies.PolicyRegistry;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentFileTest {

    @TempDir
    Path folder;

    private Path written(AgentFile agent) throws IOException {
        Path path = folder.resolve("a.marllb");
        agent.write(path);
        return path;
    }

    @Test
    void readsBackWhatWasWritten() throws IOException {
        AgentFile agent = Agents.fixed(4)
                .withScaling(InputScaling.of(new float[28], filled(28, 0.5f)))
                .withTraining(new Tensors()
                        .put("adam.m", new float[] {1, Float.NaN}, 2)
                        .put("counters", new long[] {Long.MIN_VALUE, 7}));

        Path path = written(agent);
        AgentFile serving = AgentFile.read(path);
        AgentFile training = AgentFile.readForTraining(path);

        assertThat(serving.manifest()).isEqualTo(agent.manifest());
        assertThat(serving.actor(0)).isEqualTo(agent.actor(0));
        assertThat(serving.scaling().orElseThrow().scale()).containsOnly(0.5f);
        assertThat(serving.training()).isEmpty();
        assertThat(training.training().orElseThrow().floats("adam.m")).containsExactly(1, Float.NaN);
        assertThat(training.training().orElseThrow().longs("counters")).containsExactly(Long.MIN_VALUE, 7);
        assertThat(List.copyOf(serving.manifest().config().keySet()))
                .isEqualTo(List.copyOf(agent.manifest().config().keySet()));
    }

    @Test
    void readsBackAnAgentOfNoFixedSizeAndOneWithManyActors() throws IOException {
        AgentFile free = Agents.sizeFree();
        NetworkSpec spec = free.manifest().network();
        AgentFile three = AgentFile.of(
                free.manifest().withBalancers(3, 3),
                List.of(
                        FrozenNetworkTest.parameters(spec, 4),
                        FrozenNetworkTest.parameters(spec, 5),
                        FrozenNetworkTest.parameters(spec, 6)));

        assertThat(AgentFile.read(written(free)).manifest()).isEqualTo(free.manifest());
        AgentFile read = AgentFile.read(written(three));
        assertThat(read.actor(2)).isEqualTo(three.actor(2)).isNotEqualTo(three.actor(1));
    }

    @Test
    void writesTheSameBytesForTheSameAgent() throws IOException {
        byte[] first = Files.readAllBytes(written(Agents.fixed(3)));
        byte[] second = Files.readAllBytes(written(AgentFile.read(folder.resolve("a.marllb"))));

        assertThat(second).isEqualTo(first);
    }

    @Test
    void isAnArchiveThatOtherProgramsOpen() throws IOException {
        try (ZipFile zip = new ZipFile(written(Agents.fixed(3)).toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName)).containsExactly("manifest.json", "actor.safetensors");
            String manifest = new String(
                    zip.getInputStream(zip.getEntry("manifest.json")).readAllBytes(), StandardCharsets.UTF_8);
            assertThat(manifest).contains("\"schema\" : 1", "\"algorithm\" : \"sac-gru\"", "\"servers\" : 3");
            byte[] tensors =
                    zip.getInputStream(zip.getEntry("actor.safetensors")).readAllBytes();
            long header =
                    ByteBuffer.wrap(tensors).order(ByteOrder.LITTLE_ENDIAN).getLong();
            assertThat(header % 8).isZero();
            assertThat(new String(tensors, 8, (int) header, StandardCharsets.UTF_8))
                    .startsWith(
                            "{\"actor.0.before.0.weight\":{\"dtype\":\"F32\",\"shape\":[21,16],\"data_offsets\":[0,1344]}");
        }
    }

    @Test
    void readsFromAStream() throws IOException {
        byte[] bytes = Files.readAllBytes(written(Agents.sizeFree()));

        assertThat(AgentFile.read(new ByteArrayInputStream(bytes), "shipped").name())
                .isEqualTo("shipped");
        assertThatThrownBy(() -> AgentFile.read(new ByteArrayInputStream(new byte[0]), "shipped"))
                .isInstanceOf(AgentFileException.class)
                .hasMessageStartingWith("shipped: it is not a zip archive");
    }

    @Test
    void saysThatAFileIsTruncatedWhereverItEnds() throws IOException {
        byte[] bytes = Files.readAllBytes(written(Agents.sizeFree()));
        Path cut = folder.resolve("cut.marllb");
        for (int length = 4; length < bytes.length; length += 13) {
            Files.write(cut, Arrays.copyOf(bytes, length));

            assertThatThrownBy(() -> AgentFile.read(cut))
                    .isInstanceOf(AgentFileException.class)
                    .hasMessageStartingWith(cut + ": it is truncated");
        }
    }

    @Test
    void noticesAFlippedBitInATensorEvenWithoutTheArchivesChecksum() throws IOException {
        Map<String, byte[]> entries = entries(written(Agents.sizeFree()));
        byte[] tensors = entries.get("actor.safetensors");
        tensors[tensors.length - 2] ^= 1;

        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("tensor 'actor.0.output.bias' has SHA-256 ")
                .hasMessageContaining("but the manifest says ")
                .hasMessageContaining("it is damaged; copy it again or train it again");
    }

    @Test
    void noticesAFlippedBitAnywhere() throws IOException {
        byte[] bytes = Files.readAllBytes(written(Agents.sizeFree()));
        bytes[bytes.length / 2] ^= 4;
        Path flipped = Files.write(folder.resolve("flipped.marllb"), bytes);

        assertThatThrownBy(() -> AgentFile.read(flipped))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("'actor.safetensors' has checksum");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"schema\" : 1 | \"schema\" : 2 | it has schema 2, but this program reads schema 1; use a newer marllb",
                "\"schema\" : 1 | \"schema\" : 0 | it has schema 0, but this program reads schema 1; train it again",
                "\"format\" : \"marllb-agent\" | \"format\" : \"other\" | of format 'other'",
                "\"servers\" : 4 | \"servers\" : 5 | with 5 servers the codec gives 35 inputs, but the network takes 28",
                "\"servers\" : 4 | \"servers\" : -1 | servers must be in [0, 16384], but was -1",
                "\"servers\" : 4, |  | manifest.json has no 'servers'",
                "\"servers\" : 4 | \"servers\" : 4, \"servers\" : 4 | Duplicate field 'servers'",
                "\"servers\" : 4 | \"servers\" : 4, \"more\" : 4 | unknown key 'more'",
                "\"servers\" : 4 | \"servers\" : \"4\" | manifest.json: servers: expected VALUE_NUMBER_INT",
                "\"seed\" : 17 | \"seed\" : 17000000000000000000000 | its JSON is malformed",
                "\"gru\" : 8 | \"gru\" : 9 | shape [16, 24], but the manifest's network needs float32 of [16, 27]",
                "\"gru\" : 8 | \"gru\" : 800000 | manifest.json: network.gru must be in [0, 16384], but was 800000",
                "\"gru\" : 8 | \"more\" : 8 | manifest.json: network must have [inputs, gru, outputs]",
                "\"kind\" : \"recurrent\" | \"kind\" : \"deep\" | is of kind 'deep'",
                "\"heads\" : \"softmax\" | \"heads\" : \"hard\" | heads 'hard', which there are not",
                "\"heads\" : \"softmax\" | \"heads\" : \"gaussian\" | GAUSSIAN needs a Box|",
                "published:last | publisht:last | there is no kind 'publisht'; did you mean 'published'?",
                "\"rule\" : \"sed\" | \"rule\" : \"\" | codec and rule must both be given",
                "\"actors\" : 1 | \"actors\" : 3 | actors must be 1 or one per balancer (1), but was 3",
                "\"training_sha256\" : { } | \"training_sha256\" : {\"a\":\"b\"} | disagree on whether there is a training",
                "\"actor.0.output.bias\" | \"actor.0.output.bies\" | has tensors",
                "\"format\" | format | its JSON is malformed",
                "\"config\" : { | \"config\" : {\"x\":{}, | config: x: expected VALUE_STRING, but found START_OBJECT"
            })
    void refusesAManifestThatDoesNotHold(String from, String to, String message) throws IOException {
        Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
        String text = new String(entries.get("manifest.json"), StandardCharsets.UTF_8);
        String changed = text.replace(from, to == null ? "" : to);
        assertThat(changed).isNotEqualTo(text);
        entries.put("manifest.json", changed.getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageStartingWith(folder.resolve("b.marllb") + ": ")
                .hasMessageContaining(message.equals("GAUSSIAN needs a Box") ? "a Gaussian needs a Box" : message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 12 | the data has 12 bytes, but tensors use 8",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | is at bytes 0 to 8, but",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | is at bytes 4 to 12, but",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | 0 | is at bytes -8 to 0",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | is at bytes 8 to 0",
                "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | does not fit its 8 bytes",
                "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | has shape [-2]",
                "{'a':{'dtype':'F32','shape':[65536,65536,65536],'data_offsets':[0,8]}} | 8 | has shape [65536",
                "{'a':{'dtype':'F32','shape':[0,2147483648],'data_offsets':[0,0]}} | 0 | has shape",
                "{'a':{'dtype':'F16','shape':[4],'data_offsets':[0,8]}} | 8 | is of type F16, but only F32 and I64",
                "{'a':{'dtype':'F32','shape':[2]}} | 8 | needs a name, dtype, shape and two data_offsets",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'x':1}} | 8 | unknown key 'x'",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 | 'b' is at bytes 0 to 4",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | Duplicate field 'a'",
                "{'a':{'dtype':'F32','shape':[1,1,1,1,1,1,1,1,1],'data_offsets':[0,4]}} | 4 | has more than 8 numbers",
                "[[[[[[[[[[[[1]]]]]]]]]]]] | 0 | expected START_OBJECT, but found START_ARRAY",
                "{} {} | 0 | more than one object"
            })
    void refusesTensorsThatDoNotHold(String header, int dataBytes, String message) throws IOException {
        byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        byte[] bytes = ByteBuffer.allocate(8 + text.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
        Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
        entries.put("actor.safetensors", bytes);

        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesAHeaderOfHugeOrNegativeLength() throws IOException {
        Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
        for (long length : new long[] {Long.MAX_VALUE, -1, 1L << 40, 0, 1_000_000_000}) {
            byte[] tensors = entries.get("actor.safetensors").clone();
            ByteBuffer.wrap(tensors).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            entries.put("actor.safetensors", tensors);

            assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                    .isInstanceOf(AgentFileException.class)
                    .hasMessageContaining("declares a header of " + length + " bytes");
        }
    }

    @Test
    void refusesParametersThatAreNoNumbers() {
        AgentFile good = Agents.sizeFree();
        float[] flat = good.actor(0);
        flat[3] = Float.POSITIVE_INFINITY;

        assertThatThrownBy(() -> AgentFile.of(good.manifest(), List.of(flat)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("parameter 3 of tensor 'encoder.0.weight' must be finite, but was Infinity");
    }

    @ParameterizedTest
    @CsvSource({"../evil", "/etc/passwd", "C:\\x", "sub/manifest.json", "extra.txt", "actor.safetensors/"})
    void refusesEntriesThatDoNotBelongThere(String name) throws IOException {
        Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
        entries.put(name, new byte[3]);

        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining(
                        "the archive has an entry '" + name + "', but only manifest.json, actor.safetensors");
    }

    @Test
    void doesNotPrintWhatAHostileNameWouldDoToATerminal() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("\u001b[2J" + "x".repeat(500), new byte[0]);

        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("'?[2Jxxx")
                .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(400));
    }

    @Test
    void norWhatAHostileManifestWould() throws IOException {
        Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
        String text = new String(entries.get("manifest.json"), StandardCharsets.UTF_8);
        String escape = "\\u001b]0;owned\\u0007\\u009b31m\\u202e";

        entries.put(
                "manifest.json",
                text.replace("\"published:", "\"" + escape + "published:").getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("there is no kind '?]0;owned??31m?published'");

        String other = text.replace("\"scenario\" : \"", "\"scenario\" : \"" + escape);
        assertThat(other).isNotEqualTo(text);
        entries.put("manifest.json", other.getBytes(StandardCharsets.UTF_8));
        assertThat(PolicyRegistry.parse("agent:" + archive(entries)).info().summary())
                .contains("on ?]0;owned??31m?paper-moderate-690, seed 17");
    }

    @Test
    void refusesANetworkPerServerThatWouldTakeTheQueueForTheActiveFlag() {
        NetworkSpec spec = new NetworkSpec.PerServer(7, 0, List.of(8), 8, 6, 0);

        assertThatThrownBy(() -> AgentManifest.of("qmix", spec, Heads.Kind.VALUES, "published", "sed", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes a server's first feature for its active flag")
                .hasMessageContaining("use relative, or published:features=active/...");
        assertThat(Codecs.parse("published:features=active/in-flight").activeFirst())
                .isTrue();
        assertThat(Codecs.parse("relative").activeFirst()).isTrue();
    }

    @Test
    void refusesAMissingEntry() throws IOException {
        for (String missing : List.of("manifest.json", "actor.safetensors")) {
            Map<String, byte[]> entries = entries(written(Agents.fixed(4)));
            entries.remove(missing);

            assertThatThrownBy(() -> AgentFile.read(archive(entries)))
                    .isInstanceOf(AgentFileException.class)
                    .hasMessageContaining("it has no " + missing);
        }
    }

    @Test
    void refusesCompressedEntriesSoThatNothingCanBlowUp() throws IOException {
        Path bomb = folder.resolve("bomb.marllb");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(bomb))) {
            zip.putNextEntry(new ZipEntry("manifest.json"));
            zip.write(new byte[50_000_000]);
        }

        assertThatThrownBy(() -> AgentFile.read(bomb))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("entry 'manifest.json' is compressed or encrypted (method 8")
                .hasMessageContaining("pack it again with zip -0");
    }

    @Test
    void saysWhatIsNoAgentFileAtAll() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "hello, this is no archive");
        Path empty = Files.write(folder.resolve("empty"), new byte[0]);

        assertThatThrownBy(() -> AgentFile.read(text)).hasMessageContaining("it is not a zip archive");
        assertThatThrownBy(() -> AgentFile.read(empty)).hasMessageContaining("it is not a zip archive");
        assertThatThrownBy(() -> AgentFile.read(folder)).hasMessageContaining("it is a folder");
        assertThatThrownBy(() -> AgentFile.read(folder.resolve("none")))
                .isInstanceOf(AgentFileException.class)
                .hasMessageContaining("there is no such file");
    }

    @Test
    void saysWhichPlaceItDoesNotServe() {
        assertThatThrownBy(() -> new FrozenPolicy(Agents.fixed(4), setup(7, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it was trained for 4 servers, but here are 7");
        assertThatThrownBy(() -> new FrozenPolicy(Agents.sizeFree(), setup(65, 2)))
                .hasMessageContaining("it serves 2 to 64 servers, but here are 65");
        assertThatThrownBy(() -> new FrozenPolicy(Agents.sizeFree(), setup(1, 2)))
                .hasMessageContaining("it serves 2 to 64 servers, but here are 1");
        new FrozenPolicy(Agents.sizeFree(), setup(2, 2));
        new FrozenPolicy(Agents.sizeFree(), setup(64, 2));
        NetworkSpec spec = new NetworkSpec.Recurrent(4, List.of(), 0, List.of(), 2);
        AgentFile player = AgentFile.of(
                AgentManifest.of("qmix", spec, Heads.Kind.VALUES, "", "", 1), List.of(new float[spec.parameters()]));
        assertThatThrownBy(() -> new FrozenPolicy(player, setup(1, 1))).hasMessageContaining("no load balancing");
    }

    private static PolicySetup setup(int servers, int balancers) {
        return new PolicySetup(servers, balancers, 0, 250_000_000L, 1, Outbox.NONE);
    }

    @Test
    void keepsTheOldFileWhenTheDiskIsFull() throws IOException {
        Path path = written(Agents.fixed(3));
        byte[] old = Files.readAllBytes(path);

        assertThatThrownBy(() -> Agents.fixed(8).write(path, temporary -> new FullDisk(temporary, 1_000)))
                .isInstanceOf(IOException.class)
                .hasMessage("No space left on device");

        assertThat(Files.readAllBytes(path)).isEqualTo(old);
        assertThat(WholeFile.temporary(path)).doesNotExist();
    }

    @Test
    void keepsTheOldFileWhenTheWriterIsKilled() throws IOException, InterruptedException {
        Path path = written(Agents.fixed(3));
        byte[] old = Files.readAllBytes(path);
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SlowWriter.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).isEqualTo("half");
        } finally {
            writer.destroyForcibly();
        }
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();

        assertThat(Files.size(WholeFile.temporary(path))).isPositive();
        assertThat(Files.readAllBytes(path)).isEqualTo(old);
        Agents.fixed(8).write(path);
        assertThat(AgentFile.read(path).manifest().servers()).isEqualTo(8);
        assertThat(WholeFile.temporary(path)).doesNotExist();
    }

    /** Writes half of an agent, says so, and waits to be killed. */
    public static final class SlowWriter {
        public static void main(String[] arguments) throws IOException {
            Agents.fixed(8).write(Path.of(arguments[0]), temporary -> new FullDisk(temporary, 5_000) {
                @Override
                void full() throws IOException {
                    System.out.println("half");
                    System.in.read();
                }
            });
        }
    }

    private static float[] filled(int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    private static Map<String, byte[]> entries(Path path) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (ZipEntry e : zip.stream().toList()) {
                entries.put(e.getName(), zip.getInputStream(e).readAllBytes());
            }
        }
        return entries;
    }

    /** An archive of these entries, whatever they are, with right checksums. */
    private Path archive(Map<String, byte[]> entries) throws IOException {
        Map<String, StoredZip.Content> contents = new LinkedHashMap<>();
        entries.forEach((name, bytes) -> contents.put(name, out -> out.write(bytes)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StoredZip.write(contents, out);
        return Files.write(folder.resolve("b.marllb"), out.toByteArray());
    }

    static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
