package io.marllb.ipc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one place where a data plane and a controller meet: a file that both map, or memory where both live in one process. The data plane
 * {@link #create}s it, the controller {@link #attach}es, anyone with the permission may {@link #view} it.
 *
 * <p><b>Assumptions.</b> One data plane and one controller at a time, both on this machine and seeing the same process numbers. Nobody truncates
 * the file: it is 0600, and no program of ours does. <b>Guarantees.</b> A file appears whole or not at all; a live data plane's segment is never
 * replaced and a live controller's never taken; what dead ones left is taken over. {@link #attach} and {@link #view} never write before magic,
 * version, hash and length fit, and never change the length.
 *
 * <p>Readers and writers are made once and belong to one thread each; different ones may be used by different threads. Everything else here may be
 * used by any thread. After {@link #close} the memory stays valid until nothing refers to it, so a late reader does no harm.
 */
public final class Segment implements AutoCloseable {

    /** A beat older than this means that the other side hangs or is gone, nanoseconds. */
    public static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum Role {
        DATA_PLANE,
        CONTROLLER,
        BOTH,
        VIEWER
    }

    private final Role role;
    private final Path file; // null: in memory
    private final Object key;
    private final ByteBuffer memory;
    private final SegmentSpec spec;
    private final Peer dataPlane;
    private final Peer controller;
    private final VersionedRing msgOut;
    private final VersionedRing msgIn;
    private final EntryRing commands;
    private final EntryRing events;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Segment(Role role, Path file, Object key, ByteBuffer memory) {
        this.role = role;
        this.file = file;
        this.key = key;
        this.memory = memory.order(ByteOrder.LITTLE_ENDIAN);
        spec = SegmentFile.spec(memory);
        dataPlane = new Peer(
                memory,
                Layout.HEADER_DATAPLANE_PID,
                Layout.HEADER_DATAPLANE_START,
                Layout.DATAPLANE_BEAT,
                role == Role.DATA_PLANE || role == Role.BOTH);
        controller = new Peer(
                memory,
                Layout.HEADER_CONTROLLER_PID,
                Layout.HEADER_CONTROLLER_START,
                Layout.CONTROLLER_BEAT,
                role == Role.CONTROLLER || role == Role.BOTH);
        msgOut = new VersionedRing(
                memory,
                Layout.MSG_OUT,
                MsgOut.STRIDE,
                Layout.pieces(MsgOut.SHAPE, spec.servers()),
                Layout.LATEST_MSG_OUT);
        msgIn = new VersionedRing(
                memory, Layout.MSG_IN, MsgIn.STRIDE, Layout.pieces(MsgIn.SHAPE, spec.servers()), Layout.LATEST_MSG_IN);
        commands = new EntryRing(
                memory,
                Layout.COMMAND,
                Command.STRIDE,
                Layout.COMMANDS,
                Layout.COMMANDS_WRITTEN,
                Layout.COMMANDS_TAKEN);
        events = new EntryRing(
                memory, Layout.EVENT, Event.STRIDE, Layout.EVENTS, Layout.EVENTS_WRITTEN, Layout.EVENTS_TAKEN);
    }

    /**
     * Makes the segment of a data plane, mode 0600. It is filled beside its place and put there in one step; what a dead data plane left there is
     * replaced.
     *
     * @param file where, usually under {@code /dev/shm}
     * @param spec what the data plane says of itself
     * @return the data plane's side; {@link #close} removes the file
     * @throws SegmentException if a live data plane owns the file, it is something else than a segment, or it cannot be written
     */
    public static Segment create(Path file, SegmentSpec spec) {
        synchronized (SegmentFile.ONE_AT_A_TIME) {
            try {
                ByteBuffer content = fill(Memory.scratch(Layout.SIZE), spec);
                // Or a controller that comes before the first turn takes it for one that hangs.
                content.putLong(Layout.DATAPLANE_BEAT, System.nanoTime());
                SegmentFile.create(file, content);
                try (SegmentFile made = SegmentFile.open(file, true)) {
                    made.requireFit();
                    return new Segment(Role.DATA_PLANE, file, made.key(), made.map(true));
                }
            } catch (IOException e) {
                throw SegmentFile.trouble("make", file, e);
            }
        }
    }

    /**
     * Attaches the controller. It becomes the segment's controller in place of one that died; its writers go on where that one stopped.
     *
     * <p>A data plane that hangs or has died does not matter here, see {@link #dataPlane()}; one that starts again makes a new file, see {@link #replaced}.
     *
     * @param file the file that the data plane made
     * @return the controller's side; {@link #close} gives control back
     * @throws LayoutMismatchException if the data plane's program has another layout
     * @throws SegmentException if there is no segment, it is damaged, or another controller is alive
     */
    public static Segment attach(Path file) {
        synchronized (SegmentFile.ONE_AT_A_TIME) {
            try (SegmentFile there = SegmentFile.open(file, true);
                    FileLock lock = there.lock()) {
                there.requireFit();
                Segment segment = new Segment(Role.CONTROLLER, file, there.key(), there.map(true));
                int pid = segment.controller.pid();
                if (segment.controller.alive()) {
                    throw new SegmentException(
                            SegmentException.Reason.OWNED,
                            "another controller, pid " + Integer.toUnsignedString(pid) + ", is alive and steers " + file
                                    + "; stop that one first");
                }
                segment.controller.enter();
                assert lock.isValid();
                return segment;
            } catch (IOException e) {
                throw SegmentFile.trouble("attach to", file, e);
            }
        }
    }

    /**
     * Looks on, and changes nothing: the mapping cannot be written.
     *
     * @param file the file that the data plane made
     * @return a segment of readers only
     * @throws LayoutMismatchException if the data plane's program has another layout
     * @throws SegmentException if there is no segment, or it is damaged
     */
    public static Segment view(Path file) {
        synchronized (SegmentFile.ONE_AT_A_TIME) {
            try (SegmentFile there = SegmentFile.open(file, false)) {
                there.requireFit();
                return new Segment(Role.VIEWER, file, there.key(), there.map(false));
            } catch (IOException e) {
                throw SegmentFile.trouble("look at", file, e);
            }
        }
    }

    /**
     * Both sides in this process, without a file.
     *
     * @param spec what the data plane says of itself
     * @return both sides
     */
    public static Segment inMemory(SegmentSpec spec) {
        ByteBuffer aligned =
                ByteBuffer.allocateDirect(Layout.SIZE + Layout.ALIGNMENT).alignedSlice(Layout.ALIGNMENT);
        Segment segment = new Segment(
                Role.BOTH, null, null, fill(aligned.slice(0, Layout.SIZE).order(ByteOrder.LITTLE_ENDIAN), spec));
        segment.controller.enter();
        return segment;
    }

    private static ByteBuffer fill(ByteBuffer memory, SegmentSpec spec) {
        int pid = Processes.self();
        Instant now = Instant.now();
        memory.putInt(Layout.HEADER_VERSION, Layout.VERSION);
        memory.putInt(Layout.HEADER_SIZE, Layout.SIZE);
        memory.putLong(Layout.HEADER_HASH, Layout.HASH);
        memory.putInt(Layout.HEADER_SERVERS, spec.servers());
        memory.putInt(Layout.HEADER_CORES, spec.cores());
        memory.putLong(Layout.HEADER_CREATED, TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano());
        memory.putInt(Layout.HEADER_DATAPLANE_PID, pid);
        memory.putLong(Layout.HEADER_DATAPLANE_START, Processes.start(pid));
        memory.putLong(Layout.HEADER_BALANCERS, spec.balancers());
        memory.putLong(Layout.HEADER_INTERVAL, spec.intervalNanos());
        memory.putLong(Layout.HEADER_MAGIC, Layout.MAGIC);
        return memory;
    }

    /**
     * What the data plane says of itself.
     *
     * @return as given to {@link #create}
     */
    public SegmentSpec spec() {
        return spec;
    }

    /**
     * When the segment was made.
     *
     * @return wall clock
     */
    public Instant created() {
        return Instant.ofEpochSecond(0, memory.getLong(Layout.HEADER_CREATED));
    }

    /**
     * The data plane as both sides see it.
     *
     * @return its process and beat
     */
    public Peer dataPlane() {
        return dataPlane;
    }

    /**
     * The controller as both sides see it.
     *
     * @return its process and beat
     */
    public Peer controller() {
        return controller;
    }

    /**
     * Whether the path names another file by now, or none: the data plane has started again or has ended. Asks the operating system; does
     * not allocate much, but is meant for when the data plane's beat is stale.
     *
     * @return always false in memory
     */
    public boolean replaced() {
        if (file == null) {
            return false;
        }
        try {
            return !key.equals(SegmentFile.keyAt(file));
        } catch (IOException e) {
            throw SegmentFile.trouble("look for", file, e);
        }
    }

    /**
     * Data plane: publishes what it saw.
     *
     * @return a writer that goes on after the newest record
     */
    public MsgOutWriter msgOutWriter() {
        requireDataPlane();
        return new MsgOutWriter(msgOut, spec.servers());
    }

    /**
     * Reads what the data plane saw.
     *
     * @return a reader that has read nothing yet
     */
    public MsgOutReader msgOutReader() {
        return new MsgOutReader(msgOut, spec.servers());
    }

    /**
     * Controller: publishes what it wants.
     *
     * @return a writer that goes on after the newest record
     */
    public MsgInWriter msgInWriter() {
        requireController();
        return new MsgInWriter(msgIn, spec.servers());
    }

    /**
     * Reads what the controller wants.
     *
     * @return a reader that has read nothing yet
     */
    public MsgInReader msgInReader() {
        return new MsgInReader(msgIn, spec.servers());
    }

    /**
     * Controller: sends commands.
     *
     * @return a writer that goes on after the last command
     */
    public CommandWriter commandWriter() {
        requireController();
        return new CommandWriter(commands, spec.servers());
    }

    /**
     * Data plane: takes commands.
     *
     * @return a reader that goes on after the last one taken
     */
    public CommandReader commandReader() {
        requireDataPlane();
        return new CommandReader(commands, spec.servers());
    }

    /**
     * Data plane: tells events.
     *
     * @return a writer that goes on after the last event
     */
    public EventWriter eventWriter() {
        requireDataPlane();
        return new EventWriter(events, spec.servers());
    }

    /**
     * Controller: takes events.
     *
     * @return a reader that goes on after the last one taken
     */
    public EventReader eventReader() {
        requireController();
        return new EventReader(events, spec.servers());
    }

    /**
     * Commands that the data plane has not taken yet.
     *
     * @return written less taken; out of [0, 256] only in a damaged segment
     */
    public long commandsWaiting() {
        return commands.written() - commands.taken();
    }

    /**
     * Events that the controller has not taken yet.
     *
     * @return written less taken; out of [0, 4096] only in a damaged segment
     */
    public long eventsWaiting() {
        return events.written() - events.taken();
    }

    private void requireDataPlane() {
        if (role != Role.DATA_PLANE && role != Role.BOTH) {
            throw new IllegalStateException("only the data plane may do this; this side is " + role);
        }
    }

    private void requireController() {
        if (role != Role.CONTROLLER && role != Role.BOTH) {
            throw new IllegalStateException("only the controller may do this; this side is " + role);
        }
    }

    /**
     * Leaves: the data plane removes its file, unless another one is there by now; the controller gives control back. Closing twice is nothing.
     *
     * @throws SegmentException if the file cannot be removed
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (role == Role.CONTROLLER) {
            controller.leave();
        } else if (role == Role.DATA_PLANE) {
            try {
                remove();
            } finally {
                dataPlane.leave(); // so that the next one may replace what could not be removed
            }
        }
    }

    private void remove() {
        synchronized (SegmentFile.ONE_AT_A_TIME) {
            try {
                if (!key.equals(SegmentFile.keyAt(file))) {
                    return;
                }
                try (SegmentFile there = SegmentFile.open(file, true);
                        FileLock lock = there.lock()) {
                    if (lock.isValid() && key.equals(there.key()) && there.inPlace()) {
                        there.delete();
                    }
                }
            } catch (NoSuchFileException e) {
                return; // somebody else has just removed it
            } catch (IOException e) {
                throw SegmentFile.trouble("remove", file, e);
            }
        }
    }

    /** For tests of this module, which look at and damage single words. */
    ByteBuffer memory() {
        return memory;
    }

    VersionedRing msgOutRing() {
        return msgOut;
    }
}
