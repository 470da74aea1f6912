package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.marllb.ipc.SegmentException.Reason;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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
            assertThat(segment.dataPlane().beatNanos()).isNotZero();
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

    @Test
    void whatADeadDataPlaneLeftIsReplacedAndItsControllerNotices() {
        Path file = folder.resolve("lb");
        Segment dead = Segment.create(file, SPEC);
        try (Segment controller = Segment.attach(file)) {
            bury(dead.memory(), Layout.HEADER_DATAPLANE_START);
            assertThat(controller.dataPlane().alive()).isFalse();
            assertThat(controller.replaced()).isFalse();

            try (Segment next = Segment.create(file, SPEC)) {
                assertThat(controller.replaced()).isTrue();
                assertThat(next.replaced()).isFalse();
                dead.close(); // must not take the next one's file away
                assertThat(next.replaced()).isFalse();
            }
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aSecondControllerIsRefusedWhileTheFirstLivesAndTakesOverFromADeadOne() {
        Path file = folder.resolve("lb");
        try (Segment dataPlane = Segment.create(file, SPEC)) {
            Segment first = Segment.attach(file);
            first.msgInWriter().publish(Contents.msgIn(5, 1));
            assertThatThrownBy(() -> Segment.attach(file))
                    .isInstanceOf(SegmentException.class)
                    .hasMessage(
                            "another controller, pid " + ProcessHandle.current().pid() + ", is alive and steers " + file
                                    + "; stop that one first");

            bury(first.memory(), Layout.HEADER_CONTROLLER_START);
            assertThat(dataPlane.controller().alive()).isFalse();
            try (Segment second = Segment.attach(file)) {
                assertThat(dataPlane.controller().alive()).isTrue();
                assertThat(second.msgInWriter().publish(Contents.msgIn(5, 2))).isEqualTo(2);
            }
            assertThat(dataPlane.controller().pid()).isZero();
            Segment.attach(file).close();
        }
    }

    /** As if the process with our number had started at another time, so was another one. */
    private static void bury(ByteBuffer memory, int start) {
        memory.putLong(start, memory.getLong(start) + 1);
    }

    @Test
    void aProcessThatHasEndedIsNotAlive() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        int pid = (int) process.pid();
        long start = Processes.start(pid);
        assertThat(Processes.alive(pid, start)).isTrue();
        assertThat(Processes.alive(pid, start + 1)).isFalse();

        process.destroyForcibly().waitFor();

        assertThat(Processes.alive(pid, start)).isFalse();
        assertThat(Processes.alive(0, 0)).isFalse();
        assertThat(Processes.alive(-1, 5)).isFalse();
    }

    @Test
    void staleFollowsTheOtherSidesBeat() {
        Segment segment = Segment.inMemory(SPEC);
        assertThat(segment.dataPlane().stale(5)).isTrue();

        segment.dataPlane().beat(7);

        assertThat(segment.dataPlane().stale(7 + Segment.STALE_NANOS)).isFalse();
        assertThat(segment.dataPlane().stale(8 + Segment.STALE_NANOS)).isTrue();
        assertThat(segment.replaced()).isFalse();
    }

    @Test
    void aViewerCannotChangeAnything() {
        Path file = folder.resolve("lb");
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment view = Segment.view(file)) {
            dataPlane.msgOutWriter().publish(Contents.msgOut(5, 1));
            assertThat(view.msgOutReader().read(new MsgOut(5))).isEqualTo(Reading.FRESH);
            assertThat(view.memory().isReadOnly()).isTrue();
            assertThatThrownBy(view::msgInWriter)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("only the controller may do this; this side is VIEWER");
            assertThatThrownBy(() -> view.controller().beat(1)).isInstanceOf(IllegalStateException.class);
            assertThat(dataPlane.controller().pid()).isZero();
        }
    }

    @Test
    void refusesWhatIsNoSegmentAndLeavesItAsItIs() throws Exception {
        Path text = Files.writeString(folder.resolve("notes"), "not a segment");
        refuses(() -> Segment.attach(text), Reason.NOT_A_SEGMENT, text + " is no segment: its first 8 bytes");
        refuses(() -> Segment.create(text, SPEC), Reason.NOT_A_SEGMENT, text + " is no segment: its first 8 bytes");
        assertThat(text).hasContent("not a segment");
        Path empty = Files.createFile(folder.resolve("empty"));
        refuses(() -> Segment.view(empty), Reason.NOT_A_SEGMENT, empty + " is no segment");
        refuses(() -> Segment.attach(folder), Reason.NOT_A_SEGMENT, folder + " is a folder, not a segment");
        refuses(
                () -> Segment.view(Path.of("/dev/null")),
                Reason.NOT_A_SEGMENT,
                "/dev/null is a device or pipe, not a segment");
        assertThat(folder).isDirectoryContaining("glob:**notes").isDirectoryNotContaining("glob:**tmp");
    }

    @Test
    void saysWhatIsMissing() {
        Path file = folder.resolve("lb");
        refuses(
                () -> Segment.attach(file),
                Reason.MISSING,
                "cannot attach to the segment " + file
                        + ": it does not exist; start its data plane first, or correct the path");
        Path deep = folder.resolve("no/lb");
        refuses(
                () -> Segment.create(deep, SPEC),
                Reason.MISSING,
                "cannot make the segment " + deep + ": the folder " + deep.getParent()
                        + " does not exist; make it first");
    }

    @Test
    void refusesAnotherLayoutWithBothVersionsAndHashes() throws Exception {
        Path file = folder.resolve("lb");
        try (Segment segment = Segment.create(file, SPEC)) {
            segment.memory().putInt(Layout.HEADER_VERSION, 7);
            segment.memory().putLong(Layout.HEADER_HASH, 0xabcL);
            byte[] before = Files.readAllBytes(file);

            assertThatThrownBy(() -> Segment.attach(file))
                    .isInstanceOf(LayoutMismatchException.class)
                    .hasMessage(
                            "%s has layout version 7, hash 0000000000000abc, but this program has version %d, hash %016x; run data plane and controller of one release",
                            file, Layout.VERSION, Layout.HASH);
            assertThat(file).hasBinaryContent(before);

            bury(segment.memory(), Layout.HEADER_DATAPLANE_START);
            assertThatThrownBy(() -> Segment.view(file))
                    .isInstanceOf(LayoutMismatchException.class)
                    .message()
                    .endsWith("its data plane is gone: delete the file, or start the data plane of this release");
            Segment.create(file, SPEC).close(); // replaces the dead one of the other release
        }
    }

    @Test
    void refusesAnotherLength() throws Exception {
        Path file = folder.resolve("lb");
        try (Segment segment = Segment.create(file, SPEC)) {
            assertThat(segment.replaced()).isFalse();
            byte[] whole = Files.readAllBytes(file);
            Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, Layout.SIZE - 1));
            refuses(
                    () -> Segment.attach(cut),
                    Reason.DAMAGED,
                    cut + " is damaged: it has 740607 bytes and says 740608");
            Path longer = Files.write(folder.resolve("longer"), Arrays.copyOf(whole, Layout.SIZE + 1));
            refuses(() -> Segment.attach(longer), Reason.DAMAGED, longer + " is damaged: it has 740609 bytes");
        }
    }

    @Test
    void saysHowMuchRoomIsMissingWhenTheDiskIsFull() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("small"));
        List<String> inNamespace = List.of("unshare", "-Urm", "sh", "-ec");
        Process probe = new ProcessBuilder(concat(inNamespace, "mount -t tmpfs -o size=64k none " + mount))
                .redirectErrorStream(true)
                .start();
        assumeTrue(probe.waitFor() == 0, "needs a mount namespace, which this machine does not give");

        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String said = CCompiler.run(concat(
                inNamespace,
                "unset JAVA_TOOL_OPTIONS; mount -t tmpfs -o size=64k none " + mount + "; " + java + " -cp "
                        + System.getProperty("java.class.path") + " '" + FullDisk.class.getName() + "' " + mount
                        + "/lb; ls " + mount));

        assertThat(said)
                .isEqualTo(
                        "NO_SPACE cannot make the segment %s/lb: the file system is full; a segment takes 723 KiB (df %s/lb shows who has how much)%n"
                                .formatted(mount, mount));
    }

    private static List<String> concat(List<String> head, String last) {
        List<String> all = new ArrayList<>(head);
        all.add(last);
        return all;
    }

    /** Runs where there is no room. */
    static final class FullDisk {
        public static void main(String[] args) {
            try (Segment segment = Segment.create(Path.of(args[0]), SPEC)) {
                System.out.println("made " + segment.spec());
            } catch (SegmentException e) {
                System.out.println(e.reason() + " " + e.getMessage());
            }
        }
    }

    @Test
    void permissionAndOtherTroubleAreSaidInWords() {
        Path file = folder.resolve("lb");
        assertThat(SegmentFile.trouble("attach to", file, new AccessDeniedException(file.toString())))
                .hasMessage(
                        "cannot attach to the segment " + file
                                + ": no permission; segments are for one user only: run data plane and controller as the same one");
        assertThat(SegmentFile.trouble(
                        "make", file, new FileSystemException(file.toString(), null, "Read-only file system")))
                .hasMessage("cannot make the segment " + file + ": Read-only file system");
    }

    private static void refuses(ThrowingCallable call, Reason reason, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(SegmentException.class, e -> {
            assertThat(e.reason()).isEqualTo(reason);
            assertThat(e).hasMessageStartingWith(message);
        });
    }

    @Test
    void specsSayEverythingThatIsWrongWithThem() {
        assertThatThrownBy(() -> new SegmentSpec(257, 0, 0, 0))
                .hasMessage("SegmentSpec: servers must be in [1, 256], but was 257; cores must be >= 1, but was 0;"
                        + " balancers must be >= 1, but was 0; intervalNanos must be >= 1, but was 0");
    }
}
