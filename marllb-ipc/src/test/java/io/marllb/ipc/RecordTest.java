package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Versioned records and rings, each side's word against the other's, in memory. */
class RecordTest {

    private static final int SERVERS = 5;

    private final Segment segment = Segment.inMemory(new SegmentSpec(SERVERS, 1, 1, 1));
    private final ByteBuffer memory = segment.memory();
    private final MsgOutWriter outWriter = segment.msgOutWriter();
    private final MsgOutReader outReader = segment.msgOutReader();
    private final MsgInWriter inWriter = segment.msgInWriter();
    private final MsgInReader inReader = segment.msgInReader();
    private final MsgOut out = new MsgOut(SERVERS);
    private final MsgIn in = new MsgIn(SERVERS);

    private static int at(String record, String field) {
        return Layout.SCHEMA.shape(record).offset(field);
    }

    private static int slotIn(long sequence) {
        return Layout.MSG_IN + (int) (sequence % Layout.RING) * MsgIn.STRIDE;
    }

    @Test
    void nothingIsThereBeforeTheFirstRecord() {
        assertThat(outReader.read(out)).isEqualTo(Reading.NEVER_PUBLISHED);
        assertThat(inReader.read(in)).isEqualTo(Reading.NEVER_PUBLISHED);
        assertThat(inReader.refusals()).isZero();
    }

    @Test
    void readersSeeTheNewestAndNothingTwice() {
        for (int s = 1; s <= 20; s++) {
            MsgOut written = Contents.msgOut(SERVERS, s);
            outWriter.publish(written);
            if (s % 3 == 0) {
                assertThat(outReader.read(out)).isEqualTo(Reading.FRESH);
                Contents.assertEqual(out, written);
                assertThat(out.sequence).isEqualTo(s);
                assertThat(outReader.read(out)).isEqualTo(Reading.NOTHING_NEW);
            }
        }
        assertThat(outReader.sequence()).isEqualTo(18);
        assertThat(outReader.count(Reading.FRESH)).isEqualTo(6);
    }

    @Test
    void aWriterGoesOnWhereTheLastOneStopped() {
        inWriter.publish(Contents.msgIn(SERVERS, 1));
        inWriter.publish(Contents.msgIn(SERVERS, 2));

        assertThat(segment.msgInWriter().publish(Contents.msgIn(SERVERS, 3))).isEqualTo(3);
    }

    @Test
    void aWriterThatDiedHalfWayLeavesTheLastGoodRecord() {
        MsgIn good = Contents.msgIn(SERVERS, 1);
        inWriter.publish(good);
        memory.putLong(slotIn(2), 0); // begun, never ended
        memory.putDouble(slotIn(2) + at("msg_in", "weight"), Double.NaN);

        assertThat(inReader.read(in)).isEqualTo(Reading.FRESH);
        Contents.assertEqual(in, good);
        MsgIn next = Contents.msgIn(SERVERS, 2);
        segment.msgInWriter().publish(next);
        assertThat(inReader.read(in)).isEqualTo(Reading.FRESH);
        Contents.assertEqual(in, next);
    }

    @Test
    void aRefusedRecordLeavesTheHolderAloneAndIsReportedOnce() {
        MsgIn good = Contents.msgIn(SERVERS, 1);
        inWriter.publish(good);
        inReader.read(in);
        inWriter.publish(Contents.msgIn(SERVERS, 2));
        memory.put(slotIn(2) + at("msg_in", "weight"), (byte) 1);

        assertThat(inReader.read(in)).isEqualTo(Reading.CHECKSUM);
        assertThat(inReader.read(in)).isEqualTo(Reading.NOTHING_NEW);
        Contents.assertEqual(in, good);
        assertThat(inReader.refusals()).isEqualTo(1);

        MsgIn next = Contents.msgIn(SERVERS, 3);
        inWriter.publish(next);
        assertThat(inReader.read(in)).isEqualTo(Reading.FRESH);
        Contents.assertEqual(in, next);
    }

    @Test
    void whatNoReaderWouldAcceptIsNotPublished() {
        refuses("a weight that is negative or not finite", m -> m.weight[4] = Double.NaN);
        refuses("a weight that is negative or not finite", m -> m.weight[0] = -1e-300);
        refuses("a weight that is negative or not finite", m -> m.weight[0] = m.weight[1] = Double.MAX_VALUE);
        refuses("a cell of the alias table out of range", m -> m.alias[2] = SERVERS);
        refuses("a cell of the alias table out of range", m -> m.alias[2] = -1);
        refuses("a cell of the alias table out of range", m -> m.threshold[2] = (1L << 32) + 1);
        refuses("a cell of the alias table out of range", m -> m.threshold[2] = -1);
        refuses("a parameter of the key that is negative or not finite", m -> m.exponent = Double.POSITIVE_INFINITY);
        refuses("the number of choices is not in [1, servers]", m -> {
            m.rule = Rule.TWO_CHOICES;
            m.choices = 0;
        });
        assertThat(inReader.read(in)).isEqualTo(Reading.NEVER_PUBLISHED);

        MsgOut saw = Contents.msgOut(SERVERS, 1);
        saw.duration[3][4] = Double.POSITIVE_INFINITY;
        assertThatThrownBy(() -> outWriter.publish(saw))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("msg_out was not published: a statistic that is infinite or negative");
    }

    private void refuses(String why, Consumer<MsgIn> spoil) {
        MsgIn m = Contents.msgIn(SERVERS, 1);
        spoil.accept(m);
        assertThatThrownBy(() -> inWriter.publish(m))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("msg_in was not published: " + why);
    }

    @Test
    void noAnnouncementMakesAReaderGoBack() {
        for (int s = 1; s <= 10; s++) {
            outWriter.publish(Contents.msgOut(SERVERS, s));
        }
        outReader.read(out);

        memory.putLong(Layout.LATEST_MSG_OUT, 9);
        assertThat(outReader.read(out)).isEqualTo(Reading.BACKWARDS);
        memory.putLong(Layout.LATEST_MSG_OUT, -5);
        assertThat(outReader.read(out)).isEqualTo(Reading.BACKWARDS);
        memory.putLong(Layout.LATEST_MSG_OUT, 0);
        assertThat(outReader.read(out)).isEqualTo(Reading.BACKWARDS);
        memory.putLong(Layout.LATEST_MSG_OUT, 11);
        assertThat(outReader.read(out)).isEqualTo(Reading.SEQUENCE);
        outWriter.publish(Contents.msgOut(SERVERS, 11));
        assertThat(outReader.read(out))
                .as("the writer heals what it did not break")
                .isEqualTo(Reading.NOTHING_NEW);
        outWriter.publish(Contents.msgOut(SERVERS, 12));
        assertThat(outReader.read(out)).isEqualTo(Reading.FRESH);
    }

    @Test
    void aFullRingTakesNoMoreAndLosesNothing() {
        CommandWriter writer = segment.commandWriter();
        CommandReader reader = segment.commandReader();
        Command command = new Command();
        command.kind = CommandKind.DRAIN;
        for (int n = 1; n <= Layout.COMMANDS; n++) {
            command.server = n;
            assertThat(writer.write(command)).isEqualTo(n);
        }
        assertThat(writer.write(command)).isZero();
        assertThat(segment.commandsWaiting()).isEqualTo(Layout.COMMANDS);

        assertThat(reader.take(command)).isEqualTo(Reading.FRESH);
        assertThat(command.server).isEqualTo(1);
        assertThat(writer.write(command)).isEqualTo(Layout.COMMANDS + 1);
        for (int n = 2; n <= Layout.COMMANDS + 1; n++) {
            assertThat(reader.take(command)).isEqualTo(Reading.FRESH);
            assertThat(command.sequence).isEqualTo(n);
        }
        assertThat(reader.take(command)).isEqualTo(Reading.NOTHING_NEW);
    }

    @Test
    void aNewReaderAndAWriterGoOnWhereTheLastOnesStopped() {
        Event event = new Event();
        event.kind = EventKind.FLOW_END;
        for (int n = 0; n < 3; n++) {
            segment.eventWriter().write(event);
        }
        assertThat(segment.eventReader().take(event)).isEqualTo(Reading.FRESH);
        assertThat(segment.eventReader().take(event)).isEqualTo(Reading.FRESH);

        assertThat(event.sequence).isEqualTo(2);
        assertThat(segment.eventsWaiting()).isEqualTo(1);
    }

    @Test
    void entriesCarryEveryField() {
        Command command = new Command();
        command.kind = CommandKind.ADD;
        command.server = 3;
        command.generation = 0x89abcdef;
        command.port = 65535;
        command.family = 6;
        command.hasMac = true;
        command.staticWeight = 2.5;
        for (int i = 0; i < 16; i++) {
            command.address[i] = (byte) (200 + i);
        }
        command.mac[5] = (byte) 0xff;
        segment.commandWriter().write(command);
        Command taken = new Command();
        segment.commandReader().take(taken);
        Contents.assertEqual(taken, command);

        Event event = new Event();
        event.kind = EventKind.COMMAND_DONE;
        event.server = 4;
        event.timeNanos = 1;
        event.value = -2;
        event.detail = CommandResult.UNSUPPORTED.ordinal();
        event.hash = Long.MIN_VALUE;
        segment.eventWriter().write(event);
        Event took = new Event();
        segment.eventReader().take(took);
        Contents.assertEqual(took, event);
    }

    @Test
    void cursorsThatContradictEachOtherAreReportedAndStartAfresh() {
        EventReader reader = segment.eventReader();
        EventWriter writer = segment.eventWriter();
        Event event = new Event();
        event.kind = EventKind.FLOW_END;
        writer.write(event);
        memory.putLong(Layout.EVENTS_WRITTEN, 1L << 40);

        assertThat(reader.take(event)).isEqualTo(Reading.CURSOR);
        assertThat(reader.take(event)).isEqualTo(Reading.NOTHING_NEW);
        writer.write(event);
        assertThat(reader.take(event)).isEqualTo(Reading.CURSOR);
        writer.write(event);
        assertThat(reader.take(event)).isEqualTo(Reading.FRESH);
        assertThat(event.sequence).isEqualTo(3);
        assertThat(reader.refusals()).isEqualTo(2);
    }

    @Test
    void aBadEntryIsSkipped() {
        Event event = new Event();
        event.kind = EventKind.FLOW_END;
        EventWriter writer = segment.eventWriter();
        for (int n = 0; n < 4; n++) {
            writer.write(event);
        }
        memory.putInt(Layout.EVENT + Event.STRIDE + at("event", "kind"), 77);
        memory.putInt(Layout.EVENT + 2 * Event.STRIDE + at("event", "server"), SERVERS);
        memory.putLong(Layout.EVENT + 3 * Event.STRIDE, 9);
        EventReader reader = segment.eventReader();

        assertThat(reader.take(event)).isEqualTo(Reading.KIND);
        assertThat(reader.take(event)).isEqualTo(Reading.SLOT);
        assertThat(reader.take(event)).isEqualTo(Reading.SEQUENCE);
        assertThat(reader.take(event)).isEqualTo(Reading.FRESH);
        assertThat(event.sequence).isEqualTo(4);
    }
}
