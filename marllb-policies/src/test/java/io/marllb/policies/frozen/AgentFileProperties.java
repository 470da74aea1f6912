package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever happens to a file, reading it gives the agent that was written, or an {@link AgentFileException}. */
class AgentFileProperties {

    private final AgentFile agent = Agents.sizeFree();
    private final byte[] good = bytes(agent);

    private static byte[] bytes(AgentFile agent) {
        try {
            Path path = Files.createTempFile("agent", ".marllb");
            agent.write(path);
            byte[] bytes = Files.readAllBytes(path);
            Files.delete(path);
            return bytes;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Reads; true if that gave an agent, which is then the one that was written. */
    private boolean reads(byte[] bytes) {
        AgentFile read;
        try {
            read = AgentFile.read(new ByteArrayInputStream(bytes), "fuzz");
        } catch (AgentFileException e) {
            assertThat(e.getMessage()).startsWith("fuzz: ");
            return false;
        }
        assertThat(read.manifest()).isEqualTo(agent.manifest());
        assertThat(read.actor(0)).isEqualTo(agent.actor(0));
        return true;
    }

    @Property(tries = 3000)
    void changedBytesAreNoticedOrDoNotMatter(@ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int changes) {
        Random random = new Random(seed);
        byte[] bytes = good.clone();
        for (int i = 0; i < changes; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }

        reads(bytes);
    }

    @Property(tries = 1000)
    void bytesThatWereCutOutMovedOrRepeatedAreNoticed(@ForAll long seed) {
        Random random = new Random(seed);
        int from = random.nextInt(good.length);
        int to = from + random.nextInt(good.length - from + 1);
        int at = random.nextInt(from + 1);
        byte[] bytes = new byte[good.length - (to - from)];
        switch (random.nextInt(3)) {
            case 0 -> { // cut out
                System.arraycopy(good, 0, bytes, 0, from);
                System.arraycopy(good, to, bytes, from, good.length - to);
            }
            case 1 -> { // repeated
                bytes = Arrays.copyOf(good, good.length + to - from);
                System.arraycopy(good, from, bytes, to, good.length - from);
            }
            default -> { // moved
                bytes = good.clone();
                System.arraycopy(good, from, bytes, at, to - from);
            }
        }

        boolean same = Arrays.equals(bytes, good);
        assertThat(reads(bytes) && !same && bytes.length != good.length).isFalse();
    }

    @Property(tries = 2000)
    void changedHeadersOfTheArchiveAreNoticedOrDoNotMatter(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] bytes = good.clone();
        int tail = Math.min(bytes.length, 200); // the directory
        int at = random.nextBoolean() ? random.nextInt(60) : bytes.length - 1 - random.nextInt(tail);
        int width = 1 << random.nextInt(3);
        for (int i = at; i < Math.min(bytes.length, at + width); i++) {
            bytes[i] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(256));
        }

        reads(bytes);
    }

    @Property(tries = 500)
    void randomBytesAreNoAgent(@ForAll byte[] bytes) {
        assertThat(reads(bytes)).isFalse();
    }
}
