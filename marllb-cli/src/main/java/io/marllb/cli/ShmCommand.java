package io.marllb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.core.Reduction;
import io.marllb.ipc.Drop;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Peer;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentException;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shared memory as people want to read it. */
@Command(
        name = "shm",
        description = "The shared memory between a data plane and its controller.",
        subcommands = ShmCommand.Inspect.class,
        footer = {"", "Example: marllb shm inspect /dev/shm/marllb-0"})
final class ShmCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "shm needs inspect");
    }

    /** Prints one segment, once or again and again; never writes to it. */
    @Command(
            name = "inspect",
            description = {
                "Shows a segment: who is alive, how old their last words are, the stage, every server's counters and weight, what was dropped.",
                "Looks on only; a running data plane and its controller notice nothing."
            },
            exitCodeList = {
                "0:data plane alive, everything valid",
                "2:no segment, another layout, a damaged record, or its data plane is gone",
                "130:interrupted"
            },
            footer = {"", "Example: marllb shm inspect /dev/shm/marllb-0 --watch"})
    static final class Inspect implements Callable<Integer> {

        private static final ObjectMapper JSON = new ObjectMapper();
        private static final String CLEAR = "\u001b[H\u001b[2J";
        private static final double SECONDS_TO_MILLIS = 1e3;
        private static final double TWO_32 = 0x1.0p32;
        private static final List<String> STAGES =
                List.of("normal", "last good weights: the controller is late", "own rule: the controller is gone");

        private final Terminal terminal;

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "The segment, such as /dev/shm/marllb-0.")
        private Path file;

        @Option(names = "--watch", description = "Show it again and again, until Ctrl-C; follows a new data plane.")
        private boolean watch;

        @Option(
                names = "--every",
                paramLabel = "TIME",
                defaultValue = "1s",
                converter = DurationConverter.class,
                description = "Between two looks of --watch. Default: ${DEFAULT-VALUE}.")
        private Duration every;

        @Option(names = "--looks", paramLabel = "N", description = "End --watch after so many.")
        private Integer looks;

        @Option(names = "--json", description = "As JSON, one object per look.")
        private boolean json;

        Inspect(Terminal terminal) {
            this.terminal = terminal;
        }

        /** What one look found; {@code out} and {@code in} are as good as their readings. */
        private record Look(Segment segment, MsgOut out, Reading outReading, MsgIn in, Reading inReading, long now) {

            static Look at(Segment segment) {
                int servers = segment.spec().servers();
                MsgOut out = new MsgOut(servers);
                MsgIn in = new MsgIn(servers);
                Reading outReading = segment.msgOutReader().read(out);
                Reading inReading = segment.msgInReader().read(in);
                return new Look(segment, out, outReading, in, inReading, System.nanoTime());
            }

            boolean hasOut() {
                return outReading == Reading.FRESH;
            }

            boolean hasIn() {
                return inReading == Reading.FRESH;
            }

            /** What is wrong with it, worst first. */
            Optional<String> trouble(Path file) {
                List<String> all = new ArrayList<>();
                if (outReading.refused()) {
                    all.add("the newest msg_out is not valid: " + outReading.text());
                }
                if (inReading.refused()) {
                    all.add("the newest msg_in is not valid: " + inReading.text());
                }
                if (!segment.dataPlane().alive()) {
                    int pid = segment.dataPlane().pid();
                    all.add(
                            pid == 0
                                    ? "its data plane has left"
                                    : "its data plane, pid " + Integer.toUnsignedString(pid)
                                            + ", is gone; this is what it left, and the next one replaces it");
                }
                return all.isEmpty() ? Optional.empty() : Optional.of(file + ": " + String.join("; ", all));
            }
        }

        @Override
        public Integer call() throws InterruptedException {
            if (looks != null) {
                new Positive(spec).check("--looks", looks);
            }
            PrintWriter out = spec.commandLine().getOut();
            long left = !watch ? 1 : looks == null ? Long.MAX_VALUE : looks;
            Segment segment = Segment.view(file);
            Optional<String> trouble = Optional.empty();
            while (left > 0) {
                if (segment.replaced()) {
                    segment = again(segment);
                }
                Look look = Look.at(segment);
                if (json) {
                    out.println(watch ? object(look).toString() : object(look).toPrettyString());
                } else {
                    if (watch) {
                        out.print(terminal.columns() < Terminal.UNLIMITED ? CLEAR : "");
                    }
                    print(look, out);
                }
                trouble = look.trouble(file);
                if (!json) {
                    trouble.filter(t -> watch).ifPresent(out::println);
                }
                out.flush();
                left--;
                if (left > 0) {
                    TimeUnit.NANOSECONDS.sleep(every.toNanos());
                    if (!json) {
                        out.println();
                    }
                }
            }
            if (trouble.isPresent()) {
                spec.commandLine().getErr().println("marllb: " + trouble.get());
                return 2;
            }
            return 0;
        }

        /** The next data plane's, or the last one's while there is none. */
        private Segment again(Segment last) {
            try {
                return Segment.view(file);
            } catch (SegmentException e) {
                if (e.reason() == SegmentException.Reason.MISSING) {
                    return last;
                }
                throw e;
            }
        }

        private void print(Look look, PrintWriter out) {
            SegmentSpec s = look.segment.spec();
            out.println(file + ": " + s.servers() + " server slots, " + s.cores()
                    + (s.cores() == 1 ? " core, " : " cores, ")
                    + s.balancers() + (s.balancers() == 1 ? " balancer" : " balancers") + ", control interval "
                    + millis(s.intervalNanos()) + ", made " + look.segment.created());
            out.println();
            TextTable sides = new TextTable("side", ">pid", "lives", ">beat", "newest record", ">age");
            side(
                    sides,
                    look,
                    "data plane",
                    look.segment.dataPlane(),
                    look.hasOut() ? "msg_out " + look.out.sequence : "msg_out: " + look.outReading.text(),
                    look.hasOut() ? look.out.timeNanos : 0);
            side(
                    sides,
                    look,
                    "controller",
                    look.segment.controller(),
                    look.hasIn() ? "msg_in " + look.in.sequence : "msg_in: " + look.inReading.text(),
                    look.hasIn() ? look.in.timeNanos : 0);
            sides.print(out, terminal.columns());
            out.println();
            out.println("waiting: " + look.segment.commandsWaiting() + " commands, " + look.segment.eventsWaiting()
                    + " events");
            if (look.hasOut()) {
                dataPlane(look.out, out);
            }
            if (look.hasIn()) {
                out.println("wanted:  " + rule(look.in) + ", answers msg_out " + look.in.answers);
            }
            out.println();
            servers(look, out);
        }

        private static void side(TextTable table, Look look, String name, Peer peer, String record, long time) {
            table.row(
                    name,
                    peer.pid() == 0 ? "-" : Integer.toUnsignedString(peer.pid()),
                    peer.alive() ? "yes" : peer.pid() == 0 ? "-" : "NO",
                    age(look.now, peer.beatNanos()),
                    record,
                    age(look.now, time));
        }

        private static void dataPlane(MsgOut m, PrintWriter out) {
            out.println("stage:   " + m.stage + ", " + STAGES.get(m.stage) + "; msg_in " + m.msgInApplied
                    + " in force, " + m.msgInRefused + " refused");
            out.println(String.format(
                    Locale.ROOT,
                    "packets: %,d in (%,d bytes), %,d out (%,d bytes), of them %,d answered",
                    m.rxPackets,
                    m.rxBytes,
                    m.txPackets,
                    m.txBytes,
                    m.answered));
            out.println("dropped: " + drops(m));
            out.println(String.format(
                    Locale.ROOT,
                    "flows:   %,d open, room for %,d; %,d placed by hash since full, %,d moved from dead servers, %,d events lost",
                    m.flows,
                    m.flowSlots,
                    m.fallbacks,
                    m.repicked,
                    m.eventsLost));
        }

        private static String drops(MsgOut m) {
            List<String> reasons = new ArrayList<>();
            for (Drop drop : Drop.values()) {
                if (m.drops[drop.ordinal()] != 0) {
                    reasons.add(String.format(Locale.ROOT, "%,d %s", m.drops[drop.ordinal()], name(drop)));
                }
            }
            return reasons.isEmpty() ? "nothing" : String.join(", ", reasons);
        }

        private static String rule(MsgIn m) {
            String text = name(m.rule);
            if (m.rule == Rule.TWO_CHOICES) {
                text += " of " + m.choices;
            }
            if (m.rule == Rule.TWO_CHOICES || m.rule == Rule.SED) {
                text += ", least (q x " + number(m.biasScale) + " + " + number(m.biasOffset) + ") / weight^"
                        + number(m.exponent);
            }
            return text;
        }

        private void servers(Look look, PrintWriter out) {
            TextTable table = new TextTable(
                    ">slot",
                    "state",
                    "wanted",
                    ">weight",
                    ">static",
                    ">alias %",
                    ">in flight",
                    ">started",
                    ">completed",
                    ">rejected",
                    ">aborted",
                    ">packets",
                    ">drops",
                    ">fct mean ms",
                    ">p90 ms");
            MsgOut m = look.out;
            MsgIn w = look.in;
            for (int j = 0; j < m.servers; j++) {
                if (absent(look, j)) {
                    continue;
                }
                table.row(
                        Integer.toString(j),
                        look.hasOut() ? name(m.state[j]) : "-",
                        look.hasIn() ? name(w.state[j]) : "-",
                        look.hasIn() ? number(w.weight[j]) : "-",
                        look.hasOut() ? number(m.staticWeight[j]) : "-",
                        look.hasIn() ? String.format(Locale.ROOT, "%.1f", 100 * share(w, j)) : "-",
                        count(look, m.inFlight[j]),
                        count(look, m.started[j]),
                        count(look, m.completed[j]),
                        count(look, m.rejected[j]),
                        count(look, m.aborted[j]),
                        count(look, m.packets[j]),
                        count(look, m.serverDrops[j]),
                        millisOf(look, m.fct[j][Reduction.MEAN.ordinal()]),
                        millisOf(look, m.fct[j][Reduction.P90.ordinal()]));
            }
            table.print(out, terminal.columns());
        }

        private static boolean absent(Look look, int j) {
            return (!look.hasOut() || look.out.state[j] == ServerState.ABSENT)
                    && (!look.hasIn() || look.in.state[j] == ServerState.ABSENT);
        }

        /** Probability that the alias table gives to a slot. */
        private static double share(MsgIn m, int j) {
            double cells = 0;
            for (int i = 0; i < m.servers; i++) {
                double own = m.threshold[i] / TWO_32;
                cells += i == j ? own : 0;
                cells += m.alias[i] == j ? 1 - own : 0;
            }
            return cells / m.servers;
        }

        private static String count(Look look, long n) {
            return look.hasOut() ? String.format(Locale.ROOT, "%,d", n) : "-";
        }

        private static String millisOf(Look look, double seconds) {
            return look.hasOut() && !Double.isNaN(seconds)
                    ? String.format(Locale.ROOT, "%.3g", seconds * SECONDS_TO_MILLIS)
                    : "-";
        }

        private static String name(Enum<?> value) {
            return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static String number(double x) {
            return String.format(Locale.ROOT, "%.4g", x);
        }

        private static String millis(long nanos) {
            return TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
        }

        private static String age(long now, long then) {
            if (then == 0) {
                return "never";
            }
            long nanos = now - then;
            if (nanos < 0) {
                return "?"; // of another clock
            }
            return nanos < TimeUnit.SECONDS.toNanos(10) ? millis(nanos) : TimeUnit.NANOSECONDS.toSeconds(nanos) + " s";
        }

        private ObjectNode object(Look look) {
            SegmentSpec s = look.segment.spec();
            ObjectNode root = JSON.createObjectNode();
            root.put("file", file.toString());
            look.trouble(file).ifPresentOrElse(t -> root.put("trouble", t), () -> root.putNull("trouble"));
            root.put("created", look.segment.created().toString());
            root.put("server_slots", s.servers());
            root.put("cores", s.cores());
            root.put("balancers", s.balancers());
            root.put("interval_ms", TimeUnit.NANOSECONDS.toMillis(s.intervalNanos()));
            peer(root.putObject("data_plane"), look, look.segment.dataPlane());
            peer(root.putObject("controller"), look, look.segment.controller());
            root.put("commands_waiting", look.segment.commandsWaiting());
            root.put("events_waiting", look.segment.eventsWaiting());
            ObjectNode out = root.putObject("msg_out").put("reading", name(look.outReading));
            if (look.hasOut()) {
                out(out, look);
            }
            ObjectNode in = root.putObject("msg_in").put("reading", name(look.inReading));
            if (look.hasIn()) {
                in.put("sequence", look.in.sequence)
                        .put("age_ms", ageMillis(look.now, look.in.timeNanos))
                        .put("answers", look.in.answers)
                        .put("rule", name(look.in.rule))
                        .put("choices", look.in.choices)
                        .put("bias_scale", look.in.biasScale)
                        .put("bias_offset", look.in.biasOffset)
                        .put("exponent", look.in.exponent)
                        .put("vpp_ties", look.in.vppTies);
            }
            ArrayNode servers = root.putArray("servers");
            for (int j = 0; j < s.servers(); j++) {
                if (!absent(look, j)) {
                    server(servers.addObject().put("slot", j), look, j);
                }
            }
            return root;
        }

        private static void out(ObjectNode node, Look look) {
            MsgOut m = look.out;
            node.put("sequence", m.sequence)
                    .put("age_ms", ageMillis(look.now, m.timeNanos))
                    .put("stage", m.stage)
                    .put("msg_in_applied", m.msgInApplied)
                    .put("msg_in_refused", m.msgInRefused)
                    .put("rx_packets", m.rxPackets)
                    .put("rx_bytes", m.rxBytes)
                    .put("tx_packets", m.txPackets)
                    .put("tx_bytes", m.txBytes)
                    .put("answered", m.answered)
                    .put("flows", m.flows)
                    .put("flow_slots", m.flowSlots)
                    .put("fallbacks", m.fallbacks)
                    .put("repicked", m.repicked)
                    .put("events_lost", m.eventsLost);
            ObjectNode drops = node.putObject("drops");
            for (Drop drop : Drop.values()) {
                drops.put(name(drop), m.drops[drop.ordinal()]);
            }
        }

        private static void server(ObjectNode node, Look look, int j) {
            if (look.hasIn()) {
                node.put("wanted", name(look.in.state[j]))
                        .put("weight", look.in.weight[j])
                        .put("alias_share", share(look.in, j));
            }
            if (!look.hasOut()) {
                return;
            }
            MsgOut m = look.out;
            node.put("state", name(m.state[j]))
                    .put("generation", Integer.toUnsignedLong(m.generation[j]))
                    .put("static_weight", m.staticWeight[j])
                    .put("in_flight", m.inFlight[j])
                    .put("started", m.started[j])
                    .put("completed", m.completed[j])
                    .put("rejected", m.rejected[j])
                    .put("aborted", m.aborted[j])
                    .put("packets", m.packets[j])
                    .put("bytes", m.bytes[j])
                    .put("drops", m.serverDrops[j]);
            statistics(node.putObject("fct_s"), m.fct[j]);
            statistics(node.putObject("duration_s"), m.duration[j]);
        }

        private static void statistics(ObjectNode node, double[] values) {
            for (Reduction reduction : Reduction.values()) {
                double x = values[reduction.ordinal()];
                String key = reduction.name().toLowerCase(Locale.ROOT);
                if (Double.isNaN(x)) {
                    node.putNull(key);
                } else {
                    node.put(key, x);
                }
            }
        }

        private static void peer(ObjectNode node, Look look, Peer peer) {
            node.put("pid", Integer.toUnsignedLong(peer.pid()))
                    .put("alive", peer.alive())
                    .put("beat_age_ms", ageMillis(look.now, peer.beatNanos()));
        }

        /** Null = never. */
        private static Double ageMillis(long now, long then) {
            return then == 0 ? null : (double) TimeUnit.NANOSECONDS.toMicros(now - then) / SECONDS_TO_MILLIS;
        }
    }
}
