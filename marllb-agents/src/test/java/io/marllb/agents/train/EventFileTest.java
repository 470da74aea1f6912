package io.marllb.agents.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the files with a reader of its own: strict on framing, checksums, wire types and order, and with a table-free CRC. */
class EventFileTest {

    @TempDir
    private Path folder;

    record Event(double wallTime, long step, String version, Map<String, Float> scalars) {}

    @Test
    void aStrictReaderFindsWhatWasWritten() throws IOException {
        try (EventFile log = EventFile.create(folder, () -> 1_700_000_000_250L)) {
            log.row(300, new TreeMap<>(Map.of("rollout/ep_rew_mean", -12.5, "train/critic_loss", 1e-3)));
            log.row(5_000_000_000L, Map.of("time/fps", 4321.0));
        }

        List<Event> events = read(onlyFile());
        assertThat(onlyFile().getFileName()).hasToString("events.out.tfevents.1700000000.marllb");
        assertThat(events)
                .containsExactly(
                        new Event(1_700_000_000.25, 0, "brain.Event:2", Map.of()),
                        new Event(
                                1_700_000_000.25,
                                300,
                                null,
                                Map.of("rollout/ep_rew_mean", -12.5f, "train/critic_loss", 1e-3f)),
                        new Event(1_700_000_000.25, 5_000_000_000L, null, Map.of("time/fps", 4321f)));
    }

    @Test
    void twoRunsInOneSecondHaveTwoFiles() throws IOException {
        EventFile.create(folder, () -> 5_000).close();
        EventFile.create(folder, () -> 5_000).close();

        assertThat(folder).isDirectoryContaining("glob:**5.marllb").isDirectoryContaining("glob:**6.marllb");
    }

    private Path onlyFile() throws IOException {
        try (var files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.get(0);
        }
    }

    private static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(masked(length));
            byte[] body = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            in.get(body);
            assertThat(in.getInt()).isEqualTo(masked(body));
            events.add(event(ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static Event event(ByteBuffer in) {
        double wallTime = Double.NaN;
        long step = 0;
        String version = null;
        Map<String, Float> scalars = new TreeMap<>();
        while (in.hasRemaining()) {
            int key = (int) varint(in);
            switch (key) {
                case 1 << 3 | 1 -> wallTime = in.getDouble();
                case 2 << 3 -> step = varint(in);
                case 3 << 3 | 2 -> version = text(in);
                case 5 << 3 | 2 -> summary(part(in), scalars);
                default -> throw new AssertionError("unknown key " + key);
            }
        }
        return new Event(wallTime, step, version, scalars);
    }

    private static void summary(ByteBuffer in, Map<String, Float> scalars) {
        while (in.hasRemaining()) {
            assertThat(varint(in)).isEqualTo(1 << 3 | 2);
            ByteBuffer value = part(in);
            assertThat(varint(value)).isEqualTo(1 << 3 | 2);
            String tag = text(value);
            assertThat(varint(value)).isEqualTo(2 << 3 | 5);
            scalars.put(tag, value.getFloat());
            assertThat(value.hasRemaining()).isFalse();
        }
    }

    private static ByteBuffer part(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return part;
    }

    private static String text(ByteBuffer in) {
        return StandardCharsets.UTF_8.decode(part(in)).toString();
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    /** CRC-32C bit by bit (polynomial 0x1EDC6F41, reflected), then TensorFlow's mask. */
    private static int masked(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int i = 0; i < 8; i++) {
                crc = (crc >>> 1) ^ (0x82F63B78 & -(crc & 1));
            }
        }
        crc = ~crc;
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }
}
