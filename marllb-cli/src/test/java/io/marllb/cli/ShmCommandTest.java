package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.marllb.ipc.Drop;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShmCommandTest {

    private static final SegmentSpec SPEC = new SegmentSpec(4, 1, 2, 250_000_000L);

    private static final long FIRST_MSG_OUT = 256 + 49_408; // offset of slot 1 in layout 1

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("lb");
    }

    private static void publish(Segment dataPlane, Segment controller) {
        MsgOut out = new MsgOut(4);
        out.timeNanos = System.nanoTime();
        out.rxPackets = 1_234_567;
        out.drops[Drop.TTL.ordinal()] = 3;
        out.stage = 1;
        out.state[1] = ServerState.ACTIVE;
        out.inFlight[1] = 17;
        out.fct[1][0] = 0.0125;
        dataPlane.dataPlane().beat(System.nanoTime());
        dataPlane.msgOutWriter().publish(out);
        MsgIn in = new MsgIn(4);
        in.timeNanos = System.nanoTime();
        in.rule = Rule.TWO_CHOICES;
        in.choices = 2;
        in.state[1] = ServerState.DRAINING;
        in.weight[1] = 1.5;
        for (int i = 0; i < 4; i++) {
            in.alias[i] = 1; // all of the table leads to slot 1
        }
        controller.controller().beat(System.nanoTime());
        controller.msgInWriter().publish(in);
    }

    @Test
    void showsWhoLivesWhatWasSeenAndWhatIsWanted() {
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            publish(dataPlane, controller);

            Cli run = Cli.run("shm", "inspect", file.toString());

            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            String pid = Long.toString(ProcessHandle.current().pid());
            assertThat(run.out().lines())
                    .anyMatch(
                            l -> l.startsWith(file + ": 4 server slots, 1 core, 2 balancers, control interval 250 ms"))
                    .anyMatch(l -> l.matches("data plane +" + pid + "  yes +\\d+ ms  msg_out 1 +\\d+ ms"))
                    .anyMatch(l -> l.matches("controller +" + pid + "  yes +\\d+ ms  msg_in 1 +\\d+ ms"))
                    .anyMatch(l -> l.startsWith("stage:   1, last good weights"))
                    .anyMatch(l -> l.startsWith("packets: 1,234,567 in"))
                    .anyMatch(l -> l.equals("dropped: 3 ttl"))
                    .anyMatch(l -> l.startsWith("wanted:  two-choices of 2, least (q x 1.000 + 1.000) / weight^1.000"))
                    .anyMatch(l -> l.matches(" *1  active  draining +1\\.500 +0\\.000 +100\\.0 +17 .* 12\\.5 +-"))
                    .noneMatch(l -> l.matches(" *0 .*absent.*"));
        }
    }

    @Test
    void theJsonSaysTheSame() throws Exception {
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            publish(dataPlane, controller);

            Cli run = Cli.run("shm", "inspect", file.toString(), "--json");

            JsonNode root = new ObjectMapper().readTree(run.out());
            assertThat(root.get("trouble").isNull()).isTrue();
            assertThat(root.at("/data_plane/alive").asBoolean()).isTrue();
            assertThat(root.at("/msg_out/drops/ttl").asInt()).isEqualTo(3);
            assertThat(root.at("/msg_in/rule").asText()).isEqualTo("two-choices");
            assertThat(root.get("servers")).hasSize(1);
            assertThat(root.at("/servers/0/slot").asInt()).isEqualTo(1);
            assertThat(root.at("/servers/0/fct_s/mean").asDouble()).isEqualTo(0.0125);
            assertThat(root.at("/servers/0/fct_s/p90").isNull()).isTrue();
        }
    }

    @Test
    void aNewSegmentHasNothingToShowYet() {
        try (Segment dataPlane = Segment.create(file, SPEC)) {
            assertThat(dataPlane.controller().pid()).isZero();

            Cli run = Cli.run("shm", "inspect", file.toString());

            assertThat(run.exitCode()).isZero();
            assertThat(run.out().lines())
                    .anyMatch(l -> l.matches("controller +- +- +never  msg_in: never published +never"));
        }
    }

    @Test
    void watchesAsOftenAsAsked() {
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            publish(dataPlane, controller);

            Cli run = Cli.run("shm", "inspect", file.toString(), "--watch", "--looks", "3", "--every", "1ms", "--json");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out().lines()).hasSize(3).allMatch(l -> l.contains("\"msg_out\":{\"reading\":\"fresh\""));
        }
    }

    @Test
    void whatADeadDataPlaneLeftIsShownAndCalledSo() throws Exception {
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            publish(dataPlane, controller);
            write(file, 48, dataPlane.spec().cores()); // another start time: not this process

            Cli run = Cli.run("shm", "inspect", file.toString());

            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.out()).contains("packets: 1,234,567 in");
            assertThat(run.err())
                    .isEqualTo("marllb: " + file + ": its data plane, pid "
                            + ProcessHandle.current().pid()
                            + ", is gone; this is what it left, and the next one replaces it\n");
        }
    }

    @Test
    void aDamagedRecordIsNamedAndTheRestShown() throws Exception {
        try (Segment dataPlane = Segment.create(file, SPEC);
                Segment controller = Segment.attach(file)) {
            publish(dataPlane, controller);
            write(file, FIRST_MSG_OUT + 24, 99);

            Cli run = Cli.run("shm", "inspect", file.toString());

            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err())
                    .isEqualTo("marllb: " + file + ": the newest msg_out is not valid: the checksum differs\n");
            assertThat(run.out()).contains("wanted:  two-choices of 2");
        }
    }

    @Test
    void whatIsNoSegmentIsBadInput() throws Exception {
        Path notes = Files.writeString(folder.resolve("notes"), "not a segment");

        assertBad(Cli.run("shm", "inspect", notes.toString()), notes + " is no segment");
        assertBad(Cli.run("shm", "inspect", file.toString()), "it does not exist; start its data plane first");
        assertBad(Cli.run("shm", "inspect", folder.toString()), folder + " is a folder, not a segment");
        assertBad(Cli.run("shm"), "shm needs inspect");
    }

    @Test
    void anotherLayoutIsBadInputWithBothVersions() throws Exception {
        try (Segment dataPlane = Segment.create(file, SPEC)) {
            assertThat(dataPlane.replaced()).isFalse();
            write(file, 8, 9);

            assertBad(Cli.run("shm", "inspect", file.toString()), file + " has layout version 9, hash ");
        }
    }

    private static void assertBad(Cli run, String message) {
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("marllb: ").contains(message);
    }

    private static void write(Path file, long offset, int value) throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {(byte) value, 0, 0, 0}), offset);
        }
    }
}
