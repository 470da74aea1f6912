package io.marllb.bench.shm;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.core.check.Checks;
import io.marllb.core.rng.Streams;
import io.marllb.ipc.Command;
import io.marllb.ipc.CommandKind;
import io.marllb.ipc.CommandWriter;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventReader;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInWriter;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutReader;
import io.marllb.ipc.Peer;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Shared memory between Java and C, put to the test: torn and backward reads at full speed in both directions, against a control that does
 * without versions; the time of one way; and either side killed at random moments.
 *
 * <p>Java is the controller, a program in C, compiled here, the data plane, each on a core of its own if there are two.
 */
public final class ShmSuite {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int LOOKS_BETWEEN_CHECKS = 1 << 16;
    private static final int ENOUGH_TORN = 1_000;
    private static final int MAX_RECORDS_BEFORE_KILL = 500;
    private static final double NANOS_PER_MILLI = 1e6;

    private final Options options;
    private final Path program;
    private final Path segment;
    private final Consumer<String> log;

    private ShmSuite(Options options, Path program, Path segment, Consumer<String> log) {
        this.options = options;
        this.program = program;
        this.segment = segment;
        this.log = log;
    }

    /**
     * How much is done.
     *
     * @param updates records each way, {@code >= 1}
     * @param servers slots of the segment, in [1, 256]; records grow with them
     * @param rounds round trips of each kind, {@code >= 10}
     * @param kills of each side, {@code >= 0}
     * @param seed of the moments to kill
     */
    public record Options(long updates, int servers, int rounds, int kills, long seed) {

        /** @throws IllegalArgumentException naming every component out of range */
        public Options {
            new Checks("shm")
                    .atLeast("updates", updates, 1)
                    .atLeast("servers", servers, 1)
                    .that(servers <= 256, "servers must be <= 256, but was " + servers)
                    .atLeast("rounds", rounds, 10)
                    .atLeast("kills", kills, 0)
                    .throwIfAny();
        }
    }

    /**
     * Updates in one direction at full speed.
     *
     * @param name who wrote and who read
     * @param updates published
     * @param good read, with every field as it should be
     * @param torn read, with fields of different records
     * @param backwards read after a newer one
     * @param refused by the reader's own checks
     * @param nanosPerUpdate of the whole run
     */
    public record Direction(
            String name, long updates, long good, long torn, long backwards, long refused, double nanosPerUpdate) {

        /**
         * Whether nothing went wrong.
         *
         * @return nothing torn, backwards or refused, and something read
         */
        public boolean holds() {
            return torn == 0 && backwards == 0 && refused == 0 && good > 0;
        }
    }

    /**
     * The same without versions, until a thousand were torn: shows that the test sees what it looks for.
     *
     * @param name who wrote and who read
     * @param reads how many
     * @param torn of them, fields of different records
     */
    public record Control(String name, long reads, long torn) {}

    /**
     * Half a round trip between two processes.
     *
     * @param what was sent
     * @param min nanoseconds
     * @param p50 nanoseconds
     * @param p99 nanoseconds
     * @param p999 nanoseconds
     */
    public record Latency(String what, double min, double p50, double p99, double p999) {}

    /**
     * One side killed again and again while both talk at full speed.
     *
     * @param victim which side
     * @param kills how often
     * @param records good ones that the survivor read
     * @param bad ones that either side refused, or accepted and should not have
     * @param attachMedianMillis from the segment (of a data plane) or the call (of a controller) being there to the first good record
     * @param attachMaxMillis the longest of these
     */
    public record Kills(
            String victim, int kills, long records, long bad, double attachMedianMillis, double attachMaxMillis) {}

    /**
     * What came out.
     *
     * @param options what was done
     * @param directions Java to C and C to Java
     * @param controls the same without versions
     * @param latencies of a word, an entry of a ring, and whole records
     * @param kills of either side; empty if none was asked for
     */
    public record Report(
            Options options,
            List<Direction> directions,
            List<Control> controls,
            List<Latency> latencies,
            List<Kills> kills) {

        /** Copies its lists. */
        public Report {
            directions = List.copyOf(directions);
            controls = List.copyOf(controls);
            latencies = List.copyOf(latencies);
            kills = List.copyOf(kills);
        }

        /**
         * Whether nothing was torn, went backwards or was accepted wrongly, and the controls tore.
         *
         * @return true if so
         */
        public boolean holds() {
            return directions.stream().allMatch(Direction::holds)
                    && controls.stream().allMatch(c -> c.torn() > 0)
                    && kills.stream().allMatch(k -> k.bad() == 0 && k.records() > 0);
        }
    }

    /**
     * What this machine lacks for the suite.
     *
     * @return a sentence, or nothing
     */
    public static Optional<String> missing() {
        return NativePeer.compiler().isPresent()
                ? Optional.empty()
                : Optional.of("there is no C compiler on the PATH (Debian: apt-get install gcc libc6-dev)");
    }

    /**
     * Runs everything.
     *
     * @param options how much
     * @param log hears what is being done
     * @return what came out
     * @throws IOException if the program cannot be compiled or a side fails
     * @throws InterruptedException if the thread is interrupted; then, as always, no process and no file is left
     */
    public static Report run(Options options, Consumer<String> log) throws IOException, InterruptedException {
        Path shared = Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        return run(options, log, shared);
    }

    /** The same with segments in a folder of their own within this one. */
    static Report run(Options options, Consumer<String> log, Path within) throws IOException, InterruptedException {
        String compiler = NativePeer.compiler()
                .orElseThrow(() -> new IllegalStateException(missing().orElse("")));
        // Containers mount shared memory without the right to execute what lies there.
        Path build = Files.createTempDirectory("marllb-bench");
        try {
            Path program = NativePeer.compile(compiler, build);
            Path shared = Files.createTempDirectory(within, "marllb-bench");
            try {
                return new ShmSuite(options, program, shared.resolve("segment"), log).run();
            } finally {
                delete(shared);
            }
        } finally {
            delete(build);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private Report run() throws IOException, InterruptedException {
        List<Latency> latencies = List.of(
                latency("a word (a beat)", "ping-beat", this::answerBeats),
                latency("an entry (an event, a command)", "ping-entry", this::answerEntries),
                latency("a record (msg_out, msg_in), checked", "ping-record", this::answerRecords));
        List<Control> controls = List.of(tornWriter(), tornReader());
        List<Direction> directions = List.of(fromC(), toC());
        List<Kills> kills = options.kills == 0 ? List.of() : List.of(killDataPlanes(), killControllers());
        return new Report(options, directions, controls, latencies, kills);
    }

    private NativePeer start(String mode, long count) throws IOException, InterruptedException {
        return NativePeer.start(program, mode, segment, options.servers, count);
    }

    private Direction fromC() throws IOException, InterruptedException {
        log.accept("C to Java, " + options.updates + " updates");
        try (NativePeer peer = start("write", options.updates)) {
            Reads reads = new Reads(options.servers);
            double nanos;
            try (Segment attached = Segment.attach(segment)) {
                long start = System.nanoTime();
                reads.until(attached.msgOutReader(), options.updates, peer);
                nanos = System.nanoTime() - start;
            }
            peer.results();
            return new Direction(
                    "C to Java",
                    options.updates,
                    reads.good,
                    reads.torn,
                    reads.backwards,
                    reads.refused,
                    nanos / options.updates);
        }
    }

    /** A loop of its own, so that it is compiled for itself. */
    private static final class Reads {
        private final MsgOut saw;
        private long good;
        private long torn;
        private long backwards;
        private long refused;

        Reads(int servers) {
            saw = new MsgOut(servers);
        }

        void until(MsgOutReader reader, long updates, NativePeer peer) throws IOException, InterruptedException {
            long last = 0;
            for (long looks = 1; last < updates; looks++) {
                Reading reading = reader.read(saw);
                if (reading == Reading.FRESH) {
                    good++;
                    backwards += saw.sequence > last ? 0 : 1;
                    torn += Content.is(saw, saw.sequence) ? 0 : 1;
                    last = saw.sequence;
                } else if (reading.refused()) {
                    refused++;
                }
                if (looks % LOOKS_BETWEEN_CHECKS == 0) {
                    peer.requireAlive();
                }
            }
        }
    }

    private Direction toC() throws IOException, InterruptedException {
        log.accept("Java to C, " + options.updates + " updates");
        try (NativePeer peer = start("read", options.updates)) {
            double nanos;
            try (Segment attached = Segment.attach(segment)) {
                long start = System.nanoTime();
                write(attached, options.updates, peer);
                nanos = System.nanoTime() - start;
            }
            Map<String, Double> results = peer.results();
            return new Direction(
                    "Java to C",
                    options.updates,
                    results.get("good").longValue(),
                    results.get("torn").longValue(),
                    results.get("backwards").longValue(),
                    results.get("refused").longValue(),
                    nanos / options.updates);
        }
    }

    private void write(Segment attached, long updates, NativePeer peer) throws IOException, InterruptedException {
        MsgInWriter writer = attached.msgInWriter();
        MsgIn wanted = new MsgIn(options.servers);
        for (long s = 1; s <= updates; s++) {
            Content.fill(wanted, s);
            writer.publish(wanted);
            if (s % LOOKS_BETWEEN_CHECKS == 0) {
                peer.requireAlive();
            }
        }
    }

    /** C announces records before they are there; only their checksums tell. */
    private Control tornWriter() throws IOException, InterruptedException {
        log.accept("control without versions, C to Java");
        try (NativePeer peer = start("tear", 0)) {
            long good = 0;
            long torn = 0;
            try (Segment attached = Segment.attach(segment)) {
                MsgOutReader reader = attached.msgOutReader();
                MsgOut saw = new MsgOut(options.servers);
                for (long looks = 1; torn < ENOUGH_TORN; looks++) {
                    Reading reading = reader.read(saw);
                    good += reading == Reading.FRESH ? 1 : 0;
                    torn += reading == Reading.CHECKSUM ? 1 : 0;
                    if (looks % LOOKS_BETWEEN_CHECKS == 0) {
                        peer.requireAlive();
                    }
                }
            }
            peer.results();
            return new Control("C to Java, announced too early", good + torn, torn);
        }
    }

    /** C reads whatever is in a slot. */
    private Control tornReader() throws IOException, InterruptedException {
        log.accept("control without versions, Java to C");
        try (NativePeer peer = start("peek", ENOUGH_TORN)) {
            try (Segment attached = Segment.attach(segment)) {
                MsgInWriter writer = attached.msgInWriter();
                MsgIn wanted = new MsgIn(options.servers);
                while (!peer.hasSpoken()) {
                    for (int i = 0; i < LOOKS_BETWEEN_CHECKS; i++) {
                        Content.fill(wanted, writer.sequence() + 1);
                        writer.publish(wanted);
                    }
                    peer.requireAlive();
                }
            }
            Map<String, Double> results = peer.results();
            long torn = results.get("torn").longValue();
            return new Control("Java to C, read as it lies", results.get("good").longValue() + torn, torn);
        }
    }

    /** The controller's part of a ping-pong. */
    private interface Answers {
        void answer(Segment attached, NativePeer peer) throws IOException, InterruptedException;
    }

    private Latency latency(String what, String mode, Answers answers) throws IOException, InterruptedException {
        log.accept("one way of " + what);
        try (NativePeer peer = start(mode, options.rounds)) {
            try (Segment attached = Segment.attach(segment)) {
                answers.answer(attached, peer);
            }
            Map<String, Double> results = peer.results();
            return new Latency(what, results.get("min"), results.get("p50"), results.get("p99"), results.get("p999"));
        }
    }

    private void answerBeats(Segment attached, NativePeer peer) throws IOException, InterruptedException {
        Peer dataPlane = attached.dataPlane();
        Peer controller = attached.controller();
        long last = 0;
        for (long looks = 1; last < options.rounds; looks++) {
            long beat = dataPlane.beatNanos();
            if (beat != last && beat <= options.rounds) { // its first beat, before the game, is a time
                controller.beat(beat);
                last = beat;
            }
            if (looks % LOOKS_BETWEEN_CHECKS == 0) {
                peer.requireAlive();
            }
        }
    }

    private void answerEntries(Segment attached, NativePeer peer) throws IOException, InterruptedException {
        EventReader events = attached.eventReader();
        CommandWriter commands = attached.commandWriter();
        Event event = new Event();
        Command command = new Command();
        command.kind = CommandKind.UP;
        int rounds = 0;
        for (long looks = 1; rounds < options.rounds; looks++) {
            if (events.take(event) == Reading.FRESH) {
                commands.write(command);
                rounds++;
            }
            if (looks % LOOKS_BETWEEN_CHECKS == 0) {
                peer.requireAlive();
            }
        }
    }

    private void answerRecords(Segment attached, NativePeer peer) throws IOException, InterruptedException {
        MsgOutReader reader = attached.msgOutReader();
        MsgInWriter writer = attached.msgInWriter();
        MsgOut saw = new MsgOut(options.servers);
        MsgIn wanted = new MsgIn(options.servers);
        Content.fill(wanted, 1);
        for (long looks = 1; writer.sequence() < options.rounds; looks++) {
            if (reader.read(saw) == Reading.FRESH) {
                wanted.answers = saw.sequence;
                writer.publish(wanted);
            }
            if (looks % LOOKS_BETWEEN_CHECKS == 0) {
                peer.requireAlive();
            }
        }
    }

    /** The controller stays and attaches to each new data plane. */
    @SuppressWarnings("ThreadPriorityCheck") // where both share a core, the other one gets its turn
    private Kills killDataPlanes() throws IOException, InterruptedException {
        log.accept("killing " + options.kills + " data planes");
        RandomGenerator random = Streams.of(options.seed).stream("kill-data-plane");
        double[] millis = new double[options.kills];
        long records = 0;
        long bad = 0;
        Segment attached = null;
        try {
            for (int i = 0; i < options.kills; i++) {
                try (NativePeer peer = start("live", 0)) {
                    long ready = System.nanoTime();
                    if (attached != null) {
                        if (!attached.replaced()) {
                            throw new IOException("the old segment is still there");
                        }
                        attached.close();
                    }
                    attached = Segment.attach(segment);
                    ShmController controller = new ShmController(attached);
                    while (!controller.turn()) {
                        peer.requireAlive();
                    }
                    millis[i] = (System.nanoTime() - ready) / NANOS_PER_MILLI;
                    for (int more = random.nextInt(MAX_RECORDS_BEFORE_KILL); more > 0; ) {
                        more -= controller.turn() ? 1 : 0;
                        peer.requireAlive();
                        Thread.yield();
                    }
                    peer.kill();
                    controller.turn(); // goes on alone
                    controller.turn();
                    records += controller.fresh();
                    bad += controller.bad() + controller.badThere();
                    if (attached.dataPlane().alive()) {
                        throw new IOException("a killed data plane still counts as alive");
                    }
                }
            }
        } finally {
            if (attached != null) {
                attached.close();
            }
        }
        Files.delete(segment); // of the last one, which could not
        return kills("data plane in C", millis, records, bad);
    }

    /** The data plane stays; each new controller takes over from the dead one. */
    @SuppressWarnings("ThreadPriorityCheck") // as above
    private Kills killControllers() throws IOException, InterruptedException {
        log.accept("killing " + options.kills + " controllers");
        RandomGenerator random = Streams.of(options.seed).stream("kill-controller");
        double[] millis = new double[options.kills];
        try (NativePeer peer = start("live", 0)) {
            for (int i = 0; i < options.kills; i++) {
                Process process = new ProcessBuilder(controllerCommand())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
                try (Segment view = Segment.view(segment);
                        BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                    String said = output.readLine();
                    if (said == null) {
                        throw new IOException("a controller ended with code " + process.waitFor());
                    }
                    millis[i] = Long.parseLong(said) / NANOS_PER_MILLI;
                    MsgOutReader reader = view.msgOutReader();
                    MsgOut saw = new MsgOut(options.servers);
                    for (int more = random.nextInt(MAX_RECORDS_BEFORE_KILL); more > 0; ) {
                        more -= reader.read(saw) == Reading.FRESH ? 1 : 0;
                        peer.requireAlive();
                        Thread.yield();
                    }
                    if (!process.isAlive()) { // it ends by itself where something is bad
                        throw new IOException("a controller ended with code " + process.exitValue());
                    }
                } finally {
                    process.destroyForcibly().waitFor();
                }
            }
            Map<String, Double> results = peer.results();
            long bad = results.get("bad").longValue() + results.get("refused").longValue();
            return kills("controller in Java", millis, results.get("accepted").longValue(), bad);
        }
    }

    private List<String> controllerCommand() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                ShmControllerProcess.class.getName(),
                segment.toString());
    }

    private Kills kills(String victim, double[] millis, long records, long bad) {
        double[] sorted = millis.clone();
        Arrays.sort(sorted);
        return new Kills(victim, options.kills, records, bad, sorted[sorted.length / 2], sorted[sorted.length - 1]);
    }

    /**
     * The report as JSON, with the machine that it holds for.
     *
     * @param report what {@link #run} returned
     * @param command the command that reproduces it
     * @return a JSON object, indented
     */
    public static String json(Report report, String command) {
        ObjectNode root = JSON.createObjectNode();
        root.put("command", command);
        SpeedSuite.machine(root);
        root.put("servers", report.options.servers);
        ArrayNode directions = root.putArray("directions");
        for (Direction d : report.directions) {
            directions
                    .addObject()
                    .put("name", d.name)
                    .put("updates", d.updates)
                    .put("good_reads", d.good)
                    .put("torn", d.torn)
                    .put("backwards", d.backwards)
                    .put("refused", d.refused)
                    .put("ns_per_update", d.nanosPerUpdate);
        }
        ArrayNode controls = root.putArray("controls_without_versions");
        for (Control c : report.controls) {
            controls.addObject().put("name", c.name).put("reads", c.reads).put("torn", c.torn);
        }
        ArrayNode latencies = root.putArray("one_way_ns");
        for (Latency l : report.latencies) {
            latencies
                    .addObject()
                    .put("what", l.what)
                    .put("round_trips", report.options.rounds)
                    .put("min", l.min)
                    .put("p50", l.p50)
                    .put("p99", l.p99)
                    .put("p999", l.p999);
        }
        ArrayNode kills = root.putArray("kills");
        for (Kills k : report.kills) {
            kills.addObject()
                    .put("victim", k.victim)
                    .put("kills", k.kills)
                    .put("records_read_by_survivor", k.records)
                    .put("bad", k.bad)
                    .put("attach_median_ms", k.attachMedianMillis)
                    .put("attach_max_ms", k.attachMaxMillis);
        }
        return root.toPrettyString() + System.lineSeparator();
    }
}
