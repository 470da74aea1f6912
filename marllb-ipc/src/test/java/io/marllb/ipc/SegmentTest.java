package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentTest {

    private static final SegmentSpec SPEC = new SegmentSpec(5, 2, 3, 250_000_000L);

    @TempDir
    Path folder;

    @Test
    void carriesRecordsBothWaysBetweenTwoMappings() {
        Path file = folder.resolve("lb");
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            assertThat(controller.spec()).isEqualTo(SPEC);

            MsgOut saw = Contents.msgOut(5, 7);
            assertThat(dataPlane.msgOutWriter().publish(saw)).isEqualTo(1);
            MsgOut read = new MsgOut(5);
            MsgOutReader reader = controller.msgOutReader();
            assertThat(reader.read(read)).isEqualTo(Reading.FRESH);
            Contents.assertEqual(read, saw);
            assertThat(reader.read(read)).isEqualTo(Reading.NOTHING_NEW);

            MsgIn wanted = Contents.msgIn(5, 9);
            assertThat(controller.msgInWriter().publish(wanted)).isEqualTo(1);
            MsgIn got = new MsgIn(5);
            assertThat(dataPlane.msgInReader().read(got)).isEqualTo(Reading.FRESH);
            Contents.assertEqual(got, wanted);
        }
    }

    @Test
    void isForItsOwnerOnlyAndIsRemovedAtTheEnd() throws Exception {
        Path file = folder.resolve("lb");
        try (Segment segment = Segment.create(file, SPEC)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(segment.dataPlane().alive()).isTrue();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aSecondDataPlaneIsRefusedWhileTheFirstLives() {
        Path file = folder.resolve("lb");
        try (Segment first = Segment.create(file, SPEC)) {
            assertThatThrownBy(() -> Segment.create(file, SPEC))
                    .isInstanceOf(SegmentException.class)
                    .hasMessage(file + " belongs to a live data plane, pid "
                            + ProcessHandle.current().pid() + "; stop that one or choose another path");
            assertThat(first.replaced()).isFalse();
        }
    }
}
