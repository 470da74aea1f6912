package io.marllb.bench.shm;

import io.marllb.ipc.Command;
import io.marllb.ipc.CommandKind;
import io.marllb.ipc.CommandWriter;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventReader;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInWriter;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutReader;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;

/** A controller that only talks: publishes records by their {@link Content}, sends commands, and checks all that it reads. Not thread-safe. */
final class ShmController {

    private final int servers;
    private final MsgOutReader reader;
    private final MsgInWriter writer;
    private final CommandWriter commands;
    private final EventReader events;
    private final Segment segment;
    private final MsgOut saw;
    private final MsgIn wanted;
    private final Command command = new Command();
    private final Event event = new Event();
    private long last;
    private long fresh;
    private long bad;

    ShmController(Segment segment) {
        this.segment = segment;
        servers = segment.spec().servers();
        reader = segment.msgOutReader();
        writer = segment.msgInWriter();
        commands = segment.commandWriter();
        events = segment.eventReader();
        saw = new MsgOut(servers);
        wanted = new MsgIn(servers);
        command.kind = CommandKind.UP;
    }

    /** One turn; true if there was a new record. */
    boolean turn() {
        segment.controller().beat(System.nanoTime());
        Content.fill(wanted, writer.sequence() + 1);
        writer.publish(wanted);
        command.server = (int) (writer.sequence() % servers);
        commands.write(command);
        Reading reading = events.take(event);
        while (reading == Reading.FRESH) {
            reading = events.take(event);
        }
        bad += reading.refused() ? 1 : 0;
        reading = reader.read(saw);
        if (reading == Reading.FRESH) {
            fresh++;
            bad += Content.is(saw, saw.sequence) && saw.sequence > last ? 0 : 1;
            last = saw.sequence;
            return true;
        }
        bad += reading.refused() ? 1 : 0;
        return false;
    }

    /** Good records read. */
    long fresh() {
        return fresh;
    }

    /** Records that were refused, or accepted and not what they should be. */
    long bad() {
        return bad;
    }

    /** What the data plane says of this side: records that it accepted, though they are not what they should be, and that it refused. */
    long badThere() {
        return saw.fallbacks + saw.msgInRefused;
    }
}
