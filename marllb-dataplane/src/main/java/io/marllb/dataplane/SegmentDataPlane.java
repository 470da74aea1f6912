package io.marllb.dataplane;

import io.marllb.core.Need;
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
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentException;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.RuleNumbers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A data plane behind a segment: a program of its own behind a file, or one in this process.
 *
 * <p>Where the file's data plane has died, each {@link #read} looks whether another one has put its own file there, and attaches to that. Every
 * publication is also a beat.
 */
public final class SegmentDataPlane implements DataPlane {

    private static final Map<String, Rule> RULES = Map.of(
            "weighted-random", Rule.WEIGHTED_RANDOM,
            "two-choices", Rule.TWO_CHOICES,
            "sed", Rule.SED,
            "least-flows", Rule.LEAST_FLOWS,
            "maglev", Rule.MAGLEV);

    /** Size of every Maglev table of ours; records carry none. */
    private static final int MAGLEV_SLOTS = 65_537;

    private final Path file; // null: in this process
    private final Set<Need> offers;
    private final LongSupplier clock;
    private final Command command = new Command();
    private Segment segment;
    private MsgOutReader msgOut;
    private MsgInWriter msgIn;
    private EventReader events;
    private CommandWriter commands;
    private long refusedBefore; // by readers of earlier segments
    private String trouble = "";
    private boolean closed;

    private SegmentDataPlane(Path file, Segment segment, Set<Need> offers, LongSupplier clock) {
        this.file = file;
        this.offers = offers;
        this.clock = clock;
        use(segment);
    }

    /**
     * Attaches to a program's segment, as its controller.
     *
     * @param file the file that the program made
     * @param clock CLOCK_MONOTONIC in nanoseconds: {@code System::nanoTime}
     * @return the data plane
     * @throws SegmentException if there is none, it has another layout, or another controller steers it
     */
    public static SegmentDataPlane attach(Path file, LongSupplier clock) {
        return new SegmentDataPlane(file, Segment.attach(file), Need.PASSIVE, clock);
    }

    /**
     * A data plane in this process, which was built with the same policy and runs its rule by itself, so every rule will do. What it learns by
     * {@link MsgIn} is everything else.
     *
     * @param segment in memory; the data plane's side is in other hands
     * @param offers what it can give a policy
     * @param clock CLOCK_MONOTONIC in nanoseconds: {@code System::nanoTime}
     * @return the data plane
     */
    public static SegmentDataPlane inProcess(Segment segment, Set<Need> offers, LongSupplier clock) {
        return new SegmentDataPlane(null, segment, Set.copyOf(offers), clock);
    }

    private void use(Segment next) {
        segment = next;
        msgOut = next.msgOutReader();
        msgIn = next.msgInWriter();
        events = next.eventReader();
        commands = next.commandWriter();
    }

    @Override
    public String describe() {
        SegmentSpec spec = segment.spec();
        return (file == null ? "in this process" : "shm:" + file) + " (" + spec.servers() + " slots, " + spec.cores()
                + (spec.cores() == 1 ? " core" : " cores")
                + (file == null
                        ? ")"
                        : ", pid "
                                + Integer.toUnsignedString(segment.dataPlane().pid()) + ")");
    }

    @Override
    public SegmentSpec spec() {
        return segment.spec();
    }

    @Override
    public Set<Need> offers() {
        return offers;
    }

    @Override
    public Optional<Rule> rule(RuleNumbers rule) {
        Rule known = RULES.get(rule.name());
        if (file == null) {
            return Optional.of(known == null ? Rule.SED : known);
        }
        return rule.slots() == 0 || rule.slots() == MAGLEV_SLOTS ? Optional.ofNullable(known) : Optional.empty();
    }

    @Override
    public String rules() {
        return "weighted-random, two-choices, sed, least-flows and maglev (with " + MAGLEV_SLOTS + " slots)";
    }

    @Override
    public Contact read(MsgOut into) {
        Reading reading = msgOut.read(into);
        if (reading == Reading.FRESH) {
            trouble = "";
            return Contact.FRESH;
        }
        if (file != null && replaced()) {
            return attachAnew();
        }
        if (segment.dataPlane().stale(clock.getAsLong())) {
            trouble = segment.dataPlane().pid() == 0
                    ? "the data plane has ended"
                    : "the data plane (pid "
                            + Integer.toUnsignedString(segment.dataPlane().pid()) + ") gives no sign: it "
                            + (segment.dataPlane().alive() ? "hangs" : "is dead");
            return Contact.GONE;
        }
        if (reading.refused()) {
            trouble = "a record of the data plane is not valid: " + reading.text();
            return Contact.REFUSED;
        }
        trouble = "the data plane has published nothing new";
        return Contact.NOTHING_NEW;
    }

    private boolean replaced() {
        try {
            return segment.replaced();
        } catch (SegmentException e) {
            trouble = e.getMessage();
            return false;
        }
    }

    private Contact attachAnew() {
        try {
            Segment next = Segment.attach(file);
            refusedBefore += refusedNow();
            segment.close();
            use(next);
            trouble = "";
            return Contact.REPLACED;
        } catch (SegmentException e) {
            trouble = e.getMessage();
            return Contact.GONE;
        }
    }

    @Override
    public String trouble() {
        return trouble;
    }

    @Override
    public boolean event(Event into) {
        Reading reading = events.take(into);
        while (reading.refused()) {
            reading = events.take(into);
        }
        return reading == Reading.FRESH;
    }

    @Override
    public void publish(MsgIn wanted) {
        long now = clock.getAsLong();
        wanted.timeNanos = now;
        msgIn.publish(wanted);
        segment.controller().beat(now);
    }

    @Override
    public long add(int slot, ServerEntry server) {
        ServerAddress address = server.address()
                .orElseThrow(() -> new IllegalArgumentException("server " + server.name() + " has no address"));
        command.kind = CommandKind.ADD;
        command.server = slot;
        command.generation = 0;
        command.port = address.port();
        command.family = address.family();
        command.staticWeight = server.weight();
        byte[] ip = address.ip().getAddress();
        Arrays.fill(command.address, (byte) 0);
        System.arraycopy(ip, 0, command.address, 0, ip.length);
        command.hasMac = server.mac().isPresent();
        Arrays.fill(command.mac, (byte) 0);
        if (command.hasMac) {
            System.arraycopy(server.macBytes(), 0, command.mac, 0, command.mac.length);
        }
        return commands.write(command);
    }

    @Override
    public long remove(int slot, int generation) {
        command.kind = CommandKind.REMOVE;
        command.server = slot;
        command.generation = generation;
        command.hasMac = false;
        return commands.write(command);
    }

    private long refusedNow() {
        return msgOut.refusals() + events.refusals();
    }

    @Override
    public long refusals() {
        return refusedBefore + refusedNow();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            segment.close();
        }
    }
}
