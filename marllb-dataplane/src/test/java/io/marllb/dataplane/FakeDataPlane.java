package io.marllb.dataplane;

import io.marllb.core.Outcome;
import io.marllb.ipc.Command;
import io.marllb.ipc.CommandKind;
import io.marllb.ipc.CommandReader;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.EventWriter;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInReader;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import io.marllb.ipc.ServerState;
import java.util.ArrayList;
import java.util.List;

/** The other side of a segment: does what it is told and says what a test made it see. */
public final class FakeDataPlane {

    public final Segment segment;
    public final MsgOut out;
    public final MsgIn in;
    public final List<String> commands = new ArrayList<>();
    public CommandResult answer = CommandResult.OK;
    private final MsgOutWriter msgOut;
    private final MsgInReader msgIn;
    private final CommandReader commandReader;
    private final EventWriter events;

    public FakeDataPlane(Segment segment) {
        this.segment = segment;
        out = new MsgOut(segment.spec().servers());
        in = new MsgIn(segment.spec().servers());
        msgOut = segment.msgOutWriter();
        msgIn = segment.msgInReader();
        commandReader = segment.commandReader();
        events = segment.eventWriter();
    }

    /** Servers in the first slots, with their configured weights. */
    public FakeDataPlane withServers(double... weights) {
        for (int j = 0; j < weights.length; j++) {
            out.state[j] = ServerState.ACTIVE;
            out.generation[j] = 1;
            out.staticWeight[j] = weights[j];
        }
        return this;
    }

    /** One round of the data plane. */
    public void publish(long now) {
        takeCommands(now);
        follow();
        out.timeNanos = now;
        out.msgInApplied = in.sequence;
        msgOut.publish(out);
        segment.dataPlane().beat(now);
    }

    /** Reads what it is told; true if that is new. */
    public boolean follow() {
        boolean fresh = msgIn.read(in) == Reading.FRESH;
        for (int j = 0; j < out.servers; j++) {
            if (out.state[j] != ServerState.ABSENT && in.generation[j] == out.generation[j] && in.sequence > 0) {
                out.state[j] = in.state[j];
            }
        }
        return fresh;
    }

    private void takeCommands(long now) {
        Command command = new Command();
        while (commandReader.take(command) == Reading.FRESH) {
            commands.add(command.kind + " " + command.server);
            if (answer == CommandResult.OK) {
                boolean add = command.kind == CommandKind.ADD;
                out.state[command.server] = add ? ServerState.ACTIVE : ServerState.ABSENT;
                out.generation[command.server] += add ? 1 : 0;
                out.staticWeight[command.server] = add ? command.staticWeight : 0;
            }
            Event done = new Event();
            done.kind = EventKind.COMMAND_DONE;
            done.server = command.server;
            done.timeNanos = now;
            done.value = command.sequence;
            done.detail = answer.ordinal();
            events.write(done);
        }
    }

    /** A flow ended. */
    public void flowEnded(int server, long nanos, Outcome outcome, long now) {
        Event end = new Event();
        end.kind = EventKind.FLOW_END;
        end.server = server;
        end.timeNanos = now;
        end.value = nanos;
        end.detail = outcome.ordinal();
        events.write(end);
    }
}
