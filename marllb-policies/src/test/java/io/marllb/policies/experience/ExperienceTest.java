package io.marllb.policies.experience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperienceTest {

    private static final ExperienceShape SHAPE = new ExperienceShape(2, 3, 4, 2, 250_000_000L);

    @TempDir
    private Path folder;

    private static Experience of(long i) {
        Experience e = new Experience(SHAPE);
        e.timeNanos = i;
        e.follows = i % 3 != 0;
        e.reward = i % 5 == 0 ? Float.NaN : -i;
        e.inputs[3] = i + 0.5f;
        e.action[1] = -i;
        return e;
    }

    private static List<Long> readAll(ExperienceReader reader) throws IOException {
        List<Long> times = new ArrayList<>();
        Experience e = new Experience(SHAPE);
        while (reader.next(e)) {
            Experience wanted = of(e.timeNanos);
            assertThat(e.follows).isEqualTo(wanted.follows);
            assertThat(Float.valueOf(e.reward)).isEqualTo(Float.valueOf(wanted.reward));
            assertThat(e.inputs).containsExactly(wanted.inputs);
            assertThat(e.action).containsExactly(wanted.action);
            times.add(e.timeNanos);
        }
        return times;
    }

    @Test
    void isReadAsItGrows() throws IOException {
        try (ExperienceReader reader = new ExperienceReader(folder.resolve("e"))) {
            assertThat(reader.shape()).isNull();
            try (ExperienceWriter writer = new ExperienceWriter(folder.resolve("e"), SHAPE, 1 << 20, 3)) {
                assertThat(readAll(reader)).isEmpty();
                writer.append(of(1));
                writer.append(of(2));
                assertThat(readAll(reader)).containsExactly(1L, 2L);
                assertThat(reader.shape()).isEqualTo(SHAPE);
                writer.append(of(3));
                assertThat(readAll(reader)).containsExactly(3L);
            }
        }
    }

    @Test
    void fullFilesAreFollowedByOthersAndTheOldestGo() throws IOException {
        long three = ExperienceShape.HEADER + 3L * SHAPE.recordBytes();
        try (ExperienceWriter writer = new ExperienceWriter(folder, SHAPE, three, 2)) {
            for (int i = 1; i <= 10; i++) {
                writer.append(of(i));
            }
        }
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("000000000003.experience", "000000000004.experience");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.resolve("000000000004.experience"))))
                .isEqualTo("rw-------");
        try (ExperienceReader reader = new ExperienceReader(folder)) {
            assertThat(readAll(reader)).containsExactly(7L, 8L, 9L, 10L);
        }
        try (ExperienceWriter again = new ExperienceWriter(folder, SHAPE, three, 2)) {
            again.append(of(11));
        }
        assertThat(folder.resolve("000000000005.experience")).exists();
    }

    @Test
    void halfARecordIsWaitedFor() throws IOException {
        try (ExperienceWriter writer = new ExperienceWriter(folder, SHAPE, 1 << 20, 2)) {
            writer.append(of(1));
        }
        Path file = folder.resolve("000000000001.experience");
        byte[] whole = Files.readAllBytes(file);
        try (ExperienceReader reader = new ExperienceReader(folder)) {
            Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
            assertThat(readAll(reader)).isEmpty();
            Files.write(file, whole);
            assertThat(readAll(reader)).containsExactly(1L);
        }
    }

    @Test
    void aDamagedRecordEndsItsFile() throws IOException {
        try (ExperienceWriter writer =
                new ExperienceWriter(folder, SHAPE, ExperienceShape.HEADER + 3L * SHAPE.recordBytes(), 9)) {
            for (int i = 1; i <= 6; i++) {
                writer.append(of(i));
            }
        }
        Path file = folder.resolve("000000000001.experience");
        byte[] bytes = Files.readAllBytes(file);
        bytes[ExperienceShape.HEADER + SHAPE.recordBytes() + 20] ^= 1;
        Files.write(file, bytes);

        try (ExperienceReader reader = new ExperienceReader(folder)) {
            assertThat(readAll(reader)).containsExactly(1L, 4L, 5L, 6L);
            assertThat(reader.losses()).isEqualTo(1);
        }
    }

    @Test
    void somethingElseIsRefused() throws IOException {
        Files.write(folder.resolve("000000000001.experience"), new byte[200], StandardOpenOption.CREATE_NEW);

        try (ExperienceReader reader = new ExperienceReader(folder)) {
            assertThatThrownBy(reader::shape)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("000000000001.experience is no experience of a controller, or is damaged");
        }
    }

    @Test
    void anotherShapeIsNotMixedIn() throws IOException {
        try (ExperienceWriter writer = new ExperienceWriter(folder, SHAPE, 1 << 20, 9)) {
            writer.append(of(1));
        }
        ExperienceShape other = new ExperienceShape(3, 3, 6, 3, 1);
        try (ExperienceWriter writer = new ExperienceWriter(folder, other, 1 << 20, 9)) {
            writer.append(new Experience(other));
        }
        try (ExperienceReader reader = new ExperienceReader(folder)) {
            assertThat(readAll(reader)).containsExactly(1L);
            assertThat(reader.shape()).isEqualTo(other);
            assertThat(reader.next(new Experience(other))).isTrue();
        }
    }
}
