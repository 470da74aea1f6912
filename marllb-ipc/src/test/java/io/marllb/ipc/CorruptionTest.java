package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged segments: never a crash, never a record that is not what was written, always a reason; and Java and C find the same. */
class CorruptionTest {

    private static final int SERVERS = 7; // odd, so that arrays of 32-bit numbers end within a word
    private static final long LAST_OUT = 11;
    private static final long LAST_IN = 9;
    private static final long[] EVIL = {
        0, 1, -1, 2, 255, 256, 257, 1L << 31, 1L << 32, (1L << 32) + 1, 1L << 62, 1L << 63
    };
    private static final double[] EVIL_DOUBLES = {
        Double.NaN, -1, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, Double.MIN_VALUE, Double.MAX_VALUE
    };

    @TempDir
    Path folder;

    private Path file;
    private Segment dataPlane;
    private Segment controller;
    private ByteBuffer memory;
    private byte[] base;
    private int[] outPieces;
    private int[] inPieces;

    /** A patch of the memory, or another length of the file. */
    private record Damage(List<Integer> offsets, List<byte[]> bytes, long length) {

        static Damage of(int offset, byte[] bytes) {
            return new Damage(new ArrayList<>(List.of(offset)), new ArrayList<>(List.of(bytes)), -1);
        }

        void add(int offset, byte[] more) {
            offsets.add(offset);
            bytes.add(more);
        }

        void apply(ByteBuffer memory) {
            for (int i = 0; i < offsets.size(); i++) {
                memory.put(offsets.get(i), bytes.get(i));
            }
        }

        boolean touchesHeader() {
            return offsets.stream().anyMatch(offset -> offset < Layout.HEADER_BYTES);
        }

        void write(OutputStream out) throws IOException {
            int size = bytes.stream().mapToInt(b -> b.length + 8).sum();
            ByteBuffer buffer = ByteBuffer.allocate(12 + size).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putInt(offsets.size()).putLong(length);
            for (int i = 0; i < offsets.size(); i++) {
                buffer.putInt(offsets.get(i)).putInt(bytes.get(i).length).put(bytes.get(i));
            }
            out.write(buffer.array());
        }
    }

    @BeforeEach
    void makeASegmentInFullUse() throws IOException {
        file = folder.resolve("lb");
        dataPlane = Segment.create(file, new SegmentSpec(SERVERS, 1, 1, 1));
        controller = Segment.attach(file);
        for (int s = 1; s <= LAST_OUT; s++) {
            dataPlane.msgOutWriter().publish(Contents.msgOut(SERVERS, s));
        }
        for (int s = 1; s <= LAST_IN; s++) {
            controller.msgInWriter().publish(Contents.msgIn(SERVERS, s));
        }
        Command command = new Command();
        command.kind = CommandKind.UP;
        CommandWriter commands = controller.commandWriter();
        for (int n = 0; n < 5; n++) {
            commands.write(command);
        }
        CommandReader taken = dataPlane.commandReader();
        taken.take(command);
        taken.take(command);
        Event event = new Event();
        event.kind = EventKind.FLOW_END;
        EventWriter events = dataPlane.eventWriter();
        for (int n = 0; n < 7; n++) {
            events.write(event);
        }
        controller.eventReader().take(event);
        memory = dataPlane.memory();
        // Without owners, so that whoever looks is the first.
        memory.putInt(Layout.HEADER_CONTROLLER_PID, 0);
        memory.putInt(Layout.HEADER_DATAPLANE_PID, 0);
        base = new byte[Layout.SIZE];
        memory.get(0, base);
        outPieces = Layout.pieces(MsgOut.SHAPE, SERVERS);
        inPieces = Layout.pieces(MsgIn.SHAPE, SERVERS);
    }

    @AfterEach
    void close() {
        controller.close();
        dataPlane.close();
    }

    @Test
    void aThousandDamages() throws Exception {
        judge(1_000, 1);
    }

    @Test
    @Tag("slow")
    void aHundredThousandDamages() throws Exception {
        judge(100_000, 2);
    }

    private void judge(int number, long seed) throws Exception {
        Path program = CCompiler.compile(
                folder,
                CCompiler.SANITIZED,
                CCompiler.CORE.resolve("shm.c"),
                CCompiler.CORE.resolve("shm_records.c"),
                CCompiler.CORE.resolve("shm_rings.c"),
                CCompiler.TESTS.resolve("shm_verdicts.c"));
        SplittableRandom random = new SplittableRandom(seed);
        Path list = folder.resolve("damages");
        List<String> verdicts = new ArrayList<>();
        int accepted = 0;
        int refused = 0;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(list))) {
            for (int i = 0; i < number; i++) {
                Damage damage = damage(random);
                damage.write(out);
                String verdict = verdict(damage);
                verdicts.add(verdict);
                if (verdict.contains(" 0 0 3/0 6/0")) {
                    accepted++;
                } else {
                    refused++;
                }
            }
        }
        assertThat(accepted).as("damages where nobody looks").isGreaterThan(number / 20);
        assertThat(refused).as("damages that were found").isGreaterThan(number / 3);
        Path copy = Files.write(folder.resolve("base"), base);
        String said = CCompiler.run(List.of(program.toString(), copy.toString(), list.toString()));
        List<String> there = said.lines().toList();
        assertThat(there).hasSameSizeAs(verdicts);
        for (int i = 0; i < number; i++) {
            assertThat(there.get(i)).as("C on damage %d of seed %d", i, seed).isEqualTo(verdicts.get(i));
        }
    }

    private String verdict(Damage damage) throws IOException {
        if (damage.length >= 0) {
            return withLength(damage.length);
        }
        damage.apply(memory);
        String attach = damage.touchesHeader() ? attachVerdict(file) : "-";
        MsgOut out = new MsgOut(SERVERS);
        Reading outReading = controller.msgOutReader().read(out);
        if (outReading == Reading.FRESH && !announcedElsewhere(Layout.LATEST_MSG_OUT)) {
            assertUntouched(Layout.MSG_OUT, MsgOut.STRIDE, LAST_OUT, outPieces, damage, out.timeNanos);
        }
        MsgIn in = new MsgIn(SERVERS);
        Reading inReading = dataPlane.msgInReader().read(in);
        if (inReading == Reading.FRESH && !announcedElsewhere(Layout.LATEST_MSG_IN)) {
            assertUntouched(Layout.MSG_IN, MsgIn.STRIDE, LAST_IN, inPieces, damage, in.timeNanos);
        }
        String verdict =
                attach + " " + outReading.ordinal() + " " + inReading.ordinal() + " " + commands() + " " + events();
        repair(damage);
        return verdict;
    }

    /** Only what was touched: the patches, and the cursors that takers move. */
    private void repair(Damage damage) {
        for (int i = 0; i < damage.offsets.size(); i++) {
            int offset = damage.offsets.get(i);
            memory.put(offset, base, offset, damage.bytes.get(i).length);
        }
        memory.put(0, base, 0, Layout.MSG_OUT);
    }

    private boolean announcedElsewhere(int latest) {
        return memory.getLong(latest)
                != ByteBuffer.wrap(base).order(ByteOrder.LITTLE_ENDIAN).getLong(latest);
    }

    /** What was accepted is what was written, unless whoever changed it made the checksum anew. */
    private void assertUntouched(int slots, int stride, long sequence, int[] pieces, Damage damage, long timeNanos) {
        if (damage.offsets.size() > 1) {
            return;
        }
        int slot = slots + (int) (sequence % Layout.RING) * stride;
        for (int i = 0; i < pieces.length; i += 2) {
            byte[] now = new byte[pieces[i + 1]];
            memory.get(slot + pieces[i], now);
            assertThat(now)
                    .as("an accepted record, time %d", timeNanos)
                    .isEqualTo(Arrays.copyOfRange(base, slot + pieces[i], slot + pieces[i] + pieces[i + 1]));
        }
    }

    private String commands() {
        CommandReader reader = dataPlane.commandReader();
        Command command = new Command();
        int good = 0;
        Reading reading = reader.take(command);
        while (reading != Reading.NOTHING_NEW) {
            good += reading == Reading.FRESH ? 1 : 0;
            reading = reader.take(command);
        }
        return good + "/" + reader.refusals();
    }

    private String events() {
        EventReader reader = controller.eventReader();
        Event event = new Event();
        int good = 0;
        Reading reading = reader.take(event);
        while (reading != Reading.NOTHING_NEW) {
            good += reading == Reading.FRESH ? 1 : 0;
            reading = reader.take(event);
        }
        return good + "/" + reader.refusals();
    }

    private static String attachVerdict(Path path) {
        try {
            Segment.attach(path).close();
            return "OK";
        } catch (SegmentException e) {
            assertThat(e.getMessage()).contains(path.toString()).contains(";");
            return e.reason().name();
        }
    }

    /** In a copy: cutting a file that is mapped ends whoever touches it. */
    private String withLength(long length) throws IOException {
        Path copy = folder.resolve("cut");
        Files.write(copy, base);
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            channel.truncate(length);
            if (length > Layout.SIZE) {
                channel.write(ByteBuffer.allocate(1), length - 1);
            }
        }
        return attachVerdict(copy);
    }

    private Damage damage(SplittableRandom random) {
        int kind = random.nextInt(1_000);
        if (kind < 1) { // everything
            byte[] all = new byte[Layout.SIZE];
            random.nextBytes(all);
            return Damage.of(0, all);
        }
        if (kind < 3) { // everything behind the header
            byte[] most = new byte[Layout.SIZE - Layout.HEADER_BYTES];
            random.nextBytes(most);
            return Damage.of(Layout.HEADER_BYTES, most);
        }
        if (kind < 50) {
            return new Damage(List.of(), List.of(), length(random));
        }
        if (kind < 300) { // a few bytes anywhere
            byte[] some = new byte[1 + random.nextInt(64)];
            random.nextBytes(some);
            return Damage.of(random.nextInt(Layout.SIZE - some.length), some);
        }
        if (kind < 400) {
            return field(random, "header", 0, Layout.HEADER_BYTES);
        }
        if (kind < 550) { // one of the two beats
            String record = random.nextBoolean() ? "dataplane_beat" : "controller_beat";
            return field(random, record, Layout.SCHEMA.shape("segment").offset(record), Layout.SIZE);
        }
        if (kind < 650) {
            int slot = Layout.MSG_OUT + (int) (LAST_OUT % Layout.RING) * MsgOut.STRIDE;
            return sealed(random, field(random, "msg_out", slot, MsgOut.STRIDE), slot, MsgOut.SHAPE, outPieces);
        }
        if (kind < 750) {
            int slot = Layout.MSG_OUT + (int) (LAST_OUT % Layout.RING) * MsgOut.STRIDE;
            int server = slot
                    + MsgOut.SHAPE.offset("server")
                    + random.nextInt(SERVERS)
                            * Layout.SCHEMA.shape("server_out").size();
            return sealed(random, field(random, "server_out", server, MsgOut.STRIDE), slot, MsgOut.SHAPE, outPieces);
        }
        if (kind < 900) {
            int slot = Layout.MSG_IN + (int) (LAST_IN % Layout.RING) * MsgIn.STRIDE;
            return sealed(random, field(random, "msg_in", slot, MsgIn.STRIDE), slot, MsgIn.SHAPE, inPieces);
        }
        if (kind < 950) {
            return field(random, "command", Layout.COMMAND + random.nextInt(6) * Command.STRIDE, Command.STRIDE);
        }
        return field(random, "event", Layout.EVENT + random.nextInt(8) * Event.STRIDE, Event.STRIDE);
    }

    private static long length(SplittableRandom random) {
        long any = random.nextLong(2L * Layout.SIZE);
        long[] edges = {0, 1, 7, 8, 63, Layout.HEADER_BYTES, Layout.SIZE - 1, Layout.SIZE + 1, any, any};
        long length = edges[random.nextInt(edges.length)];
        return length == Layout.SIZE ? 0 : length;
    }

    /** One element of one field becomes an evil or a random value. */
    private static Damage field(SplittableRandom random, String record, int at, int limit) {
        Schema.Shape shape = Layout.SCHEMA.shape(record);
        Schema.Field field = shape.fields().get(random.nextInt(shape.fields().size()));
        int element = random.nextInt(Math.min(field.count(), SERVERS));
        int offset = at + field.offset() + element * field.stride();
        byte[] bytes = new byte[Math.min(field.stride(), 8)];
        ByteBuffer value = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        if (field.type().equals("f64") && random.nextBoolean()) {
            value.putDouble(0, EVIL_DOUBLES[random.nextInt(EVIL_DOUBLES.length)]);
        } else if (random.nextInt(4) != 0) {
            value.putLong(0, EVIL[random.nextInt(EVIL.length)] + random.nextInt(3) - 1);
        } else {
            value.putLong(0, random.nextLong());
        }
        value.get(0, bytes);
        assertThat(field.offset()).isLessThan(limit);
        return Damage.of(offset, bytes);
    }

    /** Half of the time with a checksum that fits, so that the ranges are what is tested. */
    private Damage sealed(SplittableRandom random, Damage damage, int slot, Schema.Shape shape, int[] pieces) {
        if (random.nextBoolean()) {
            return damage;
        }
        damage.apply(memory);
        ByteBuffer copy = Memory.scratch(shape.size()).put(0, memory, slot, shape.size());
        Layout.seal(copy, pieces, shape.offset("checksum"));
        repair(damage);
        byte[] bytes = new byte[8];
        copy.get(shape.offset("checksum"), bytes);
        damage.add(slot + shape.offset("checksum"), bytes);
        return damage;
    }
}
