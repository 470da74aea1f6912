package io.marllb.dataplane.haproxy;

import io.marllb.core.Need;
import io.marllb.core.Reduction;
import io.marllb.core.check.Nearest;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.Event;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.RuleNumbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * A backend of HAProxy (2.0 and later), driven through its runtime socket: statistics each interval, weights from 1 to 256, drain and ready.
 *
 * <p>HAProxy places flows by its own {@code balance}, watches its servers by itself, and keeps its own list: slots are the backend's servers in their
 * order, backup servers left out. What somebody else took out of service there (maintenance, drain) stays so. In-flight integrals are sampled at
 * each {@link #read}. Calls wait for HAProxy at most half a second.
 */
public final class HaproxyDataPlane implements DataPlane {

    private static final int MOST_WEIGHT = 256;
    private static final long TIMEOUT_NANOS = 500_000_000L;
    private static final int LONGEST_LINE = 8 << 10; // half of HAProxy's default buffer

    /** What each {@code balance} does when weights change, in the words of the registry. */
    private static final Map<String, Set<String>> RULES = Map.of(
            "roundrobin", Set.of("weighted-random", "round-robin"),
            "leastconn", Set.of("sed", "least-flows"),
            "random", Set.of("two-choices", "weighted-random"));

    // Bits of srv_admin_state.
    private static final int MAINTENANCE = 1 | 2 | 4 | 32;
    private static final int FORCED_DRAIN = 8;
    private static final int INHERITED_DRAIN = 16;

    // Values of srv_op_state.
    private static final int STOPPED = 0;
    private static final int STOPPING = 3;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]+");

    private final Path path;
    private final String backend;
    private final RuntimeSocket socket;
    private final LongSupplier clock;
    private final long intervalNanos;
    private List<String> names = List.of();
    private String balance = "";
    private String pid = "";
    private final Set<String> drainedByUs = new HashSet<>(); // names
    private boolean[] drainedByOthers = {};
    private int[] weightThere = {};
    private double[] staticWeight = {};
    private long[] busyNanos = {};
    private long[] inFlightNanos = {};
    private long[] completed = {};
    private long lastRead = Long.MIN_VALUE;
    private long sequence;
    private String trouble = "";

    /** One row of the statistics with the state of its server. */
    private record Row(Map<String, String> stat, Map<String, String> state) {

        long number(String field) {
            String text = stat.getOrDefault(field, "");
            return text.isEmpty() ? 0 : Long.parseLong(text);
        }

        int state(String field) {
            return Integer.parseInt(state.getOrDefault(field, "0"));
        }
    }

    /** Everything that one question brings. */
    private record Picture(String pid, String balance, List<String> names, List<Row> rows) {}

    /**
     * Connects to a backend.
     *
     * @param path of the runtime socket ({@code stats socket PATH level admin})
     * @param backend name of the backend
     * @param intervalNanos the control interval
     * @param clock nanoseconds: {@code System::nanoTime}
     * @return the data plane
     * @throws IllegalArgumentException if there is no such socket or backend, or its weights cannot be set; the message has the fix
     */
    public static HaproxyDataPlane connect(Path path, String backend, long intervalNanos, LongSupplier clock) {
        return connect(path, backend, intervalNanos, clock, TIMEOUT_NANOS);
    }

    /** With another patience than half a second, for tests on busy machines. */
    static HaproxyDataPlane connect(
            Path path, String backend, long intervalNanos, LongSupplier clock, long timeoutNanos) {
        if (!NAME.matcher(backend).matches()) {
            throw new IllegalArgumentException("backend must be a name of HAProxy's, but was '" + backend + "'");
        }
        HaproxyDataPlane made = new HaproxyDataPlane(path, backend, intervalNanos, clock, timeoutNanos);
        try {
            made.use(made.look());
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "haproxy:" + path + ": " + e.getMessage() + "; HAProxy needs 'stats socket " + path
                            + " mode 600 level admin', and permission to open it",
                    e);
        }
        if (!RULES.containsKey(made.balance)) {
            throw new IllegalArgumentException("backend " + backend + " has 'balance " + made.balance
                    + "', whose weights cannot be steered; use roundrobin, leastconn or random");
        }
        return made;
    }

    private HaproxyDataPlane(Path path, String backend, long intervalNanos, LongSupplier clock, long timeoutNanos) {
        this.path = path;
        this.backend = backend;
        this.intervalNanos = intervalNanos;
        this.clock = clock;
        socket = new RuntimeSocket(path, timeoutNanos);
    }

    private Picture look() throws IOException {
        String answer = socket.ask("show info;show stat " + backend + " 6 -1;show servers state " + backend);
        String found = "";
        String algorithm = "";
        List<String> servers = new ArrayList<>();
        Map<String, Map<String, String>> states = new HashMap<>();
        Map<String, Map<String, String>> stats = new HashMap<>();
        String[] columns = {};
        boolean stat = false;
        for (String line : answer.split("\n", -1)) {
            if (line.startsWith("Pid: ")) {
                found = line.substring("Pid: ".length()).strip();
            } else if (line.startsWith("No such ") || line.startsWith("Can't find ")) {
                throw new IOException("it has no backend '" + backend + "'");
            } else if (line.startsWith("Permission denied")) {
                throw new IOException("its socket has no 'level admin'");
            } else if (line.startsWith("# pxname,")) {
                columns = line.substring(2).split(",", -1);
                stat = true;
            } else if (line.startsWith("# be_id ")) {
                columns = line.substring(2).split(" ", -1);
                stat = false;
            } else if (columns.length > 0 && !line.isBlank()) {
                String[] cells = line.split(stat ? "," : " ", -1);
                Map<String, String> row = new HashMap<>();
                for (int i = 0; i < Math.min(columns.length, cells.length); i++) {
                    row.put(columns[i], cells[i]);
                }
                if (!stat && row.containsKey("srv_name")) {
                    states.put(row.get("srv_name"), row);
                } else if ("BACKEND".equals(row.get("svname"))) {
                    algorithm = row.getOrDefault("algo", "");
                } else if (row.containsKey("svname") && !"1".equals(row.get("bck"))) {
                    servers.add(row.get("svname"));
                    stats.put(row.get("svname"), row);
                }
            }
        }
        if (servers.isEmpty()) {
            throw new IOException("backend '" + backend + "' has no server");
        }
        List<Row> rows = new ArrayList<>();
        for (String name : servers) {
            rows.add(new Row(stats.get(name), states.getOrDefault(name, Map.of())));
        }
        return new Picture(found, algorithm, servers, rows);
    }

    private void use(Picture p) {
        if (p.names.size() > SegmentSpec.MAX_SERVERS) {
            throw new IllegalArgumentException("backend " + backend + " has " + p.names.size()
                    + " servers, but at most " + SegmentSpec.MAX_SERVERS + " can be steered");
        }
        if (!p.pid.equals(pid)) {
            drainedByUs.clear(); // what another process drains is not ours
        }
        names = p.names;
        balance = p.balance;
        pid = p.pid;
        int n = names.size();
        drainedByOthers = new boolean[n];
        weightThere = new int[n];
        staticWeight = new double[n];
        busyNanos = new long[n];
        inFlightNanos = new long[n];
        completed = new long[n];
        Arrays.fill(weightThere, -1);
        for (int j = 0; j < n; j++) {
            staticWeight[j] = Math.max(1, p.rows.get(j).state("srv_iweight"));
        }
        lastRead = Long.MIN_VALUE;
    }

    /**
     * Puts listed servers, known by name, into the backend's slots.
     *
     * @param servers entries without addresses
     * @return the same with their slots
     * @throws IllegalArgumentException if the backend has none of a name, or an entry has an address
     */
    public List<ServerEntry> place(List<ServerEntry> servers) {
        List<ServerEntry> placed = new ArrayList<>();
        for (ServerEntry s : servers) {
            if (s.address().isPresent()) {
                throw new IllegalArgumentException("server " + s.name()
                        + " has an address, but HAProxy keeps its own list; name the server instead");
            }
            int slot = names.indexOf(s.name());
            if (slot < 0) {
                throw new IllegalArgumentException(
                        "backend " + backend + " has no server '" + s.name() + "'" + Nearest.hint(s.name(), names));
            }
            placed.add(new ServerEntry(s.name(), slot, s.address(), s.mac(), s.weight(), s.drain()));
        }
        return placed;
    }

    @Override
    public String describe() {
        return "haproxy:" + path + " backend " + backend + " (" + names.size() + " servers, balance " + balance
                + ", pid " + pid + ")";
    }

    @Override
    public SegmentSpec spec() {
        return new SegmentSpec(names.size(), 1, 1, intervalNanos);
    }

    @Override
    public Set<Need> offers() {
        return Set.of(Need.FLOW_END);
    }

    @Override
    public Optional<Rule> rule(RuleNumbers rule) {
        if (!RULES.getOrDefault(balance, Set.of()).contains(rule.name())) {
            return Optional.empty();
        }
        return Optional.of(
                switch (rule.name()) {
                    case "sed" -> Rule.SED; // its weights come as powers
                    case "two-choices" -> Rule.TWO_CHOICES;
                    case "least-flows" -> Rule.LEAST_FLOWS;
                    default -> Rule.WEIGHTED_RANDOM;
                });
    }

    @Override
    public String rules() {
        return String.join(
                        " or ",
                        RULES.getOrDefault(balance, Set.of()).stream().sorted().toList())
                + " (HAProxy's 'balance " + balance
                + "'; roundrobin is for weighted-random, leastconn for sed, random for"
                + " two-choices)";
    }

    @Override
    public Contact read(MsgOut into) {
        Picture p;
        try {
            p = look();
        } catch (IOException | NumberFormatException e) {
            trouble = "HAProxy: " + e.getMessage();
            return Contact.GONE;
        }
        trouble = "";
        if (!p.pid.equals(pid) || !p.names.equals(names)) {
            use(p);
            return Contact.REPLACED;
        }
        long now = clock.getAsLong();
        long elapsed = lastRead == Long.MIN_VALUE ? 0 : Math.max(0, now - lastRead);
        lastRead = now;
        into.sequence = ++sequence;
        into.timeNanos = now;
        into.flows = 0;
        into.rxBytes = 0;
        into.txBytes = 0;
        for (int j = 0; j < names.size(); j++) {
            fill(into, j, p.rows.get(j), elapsed);
        }
        return Contact.FRESH;
    }

    private void fill(MsgOut into, int j, Row row, long elapsed) {
        int open = (int) Math.min(Integer.MAX_VALUE, row.number("scur"));
        long failed = row.number("econ") + row.number("eresp") + row.number("srv_abrt");
        inFlightNanos[j] += elapsed * open;
        busyNanos[j] += open > 0 ? elapsed : 0;
        completed[j] = Math.max(completed[j], row.number("stot") - open - failed);
        weightThere[j] = row.state("srv_uweight");
        into.state[j] = state(j, row);
        into.generation[j] = 1;
        into.inFlight[j] = open;
        into.started[j] = row.number("stot");
        into.completed[j] = completed[j];
        into.rejected[j] = row.number("econ");
        into.aborted[j] = row.number("eresp") + row.number("srv_abrt");
        into.busyNanos[j] = busyNanos[j];
        into.inFlightNanos[j] = inFlightNanos[j];
        into.bytes[j] = row.number("bin") + row.number("bout");
        into.fct[j][Reduction.MEAN.ordinal()] = row.number("ttime") > 0 ? row.number("ttime") / 1e3 : Double.NaN;
        into.staticWeight[j] = staticWeight[j];
        into.flows += open;
        into.rxBytes += row.number("bin");
        into.txBytes += row.number("bout");
    }

    private ServerState state(int slot, Row row) {
        int admin = row.state("srv_admin_state");
        boolean drained = (admin & FORCED_DRAIN) != 0;
        if (!drained) {
            drainedByUs.remove(names.get(slot)); // somebody may have lifted it
        }
        drainedByOthers[slot] = (admin & (MAINTENANCE | INHERITED_DRAIN)) != 0
                || drained && !drainedByUs.contains(names.get(slot))
                || row.state("srv_op_state") == STOPPING;
        if (drainedByOthers[slot]) {
            return ServerState.DRAINING;
        }
        return row.state("srv_op_state") == STOPPED ? ServerState.DEAD : ServerState.ACTIVE;
    }

    @Override
    public String trouble() {
        return trouble;
    }

    @Override
    public boolean event(Event into) {
        return false;
    }

    @Override
    public void publish(MsgIn wanted) {
        double most = 0;
        for (double w : wanted.weight) {
            most = Math.max(most, w);
        }
        List<String> commands = new ArrayList<>();
        for (int j = 0; j < names.size(); j++) {
            String server = "set server " + backend + "/" + names.get(j);
            boolean drain = wanted.state[j] == ServerState.DRAINING;
            if (drain && !drainedByOthers[j] && drainedByUs.add(names.get(j))) {
                commands.add(server + " state drain");
            } else if (!drain && drainedByUs.remove(names.get(j))) {
                commands.add(server + " state ready");
            }
            int weight = wanted.weight[j] > 0
                    ? (int) Math.max(1, Math.min(MOST_WEIGHT, Math.rint(MOST_WEIGHT * wanted.weight[j] / most)))
                    : 0;
            if (wanted.state[j] == ServerState.ACTIVE && weight != weightThere[j]) {
                commands.add(server + " weight " + weight);
                weightThere[j] = weight;
            }
        }
        send(commands);
    }

    private void send(List<String> commands) {
        StringBuilder line = new StringBuilder();
        for (String command : commands) {
            if (line.length() + command.length() >= LONGEST_LINE) {
                sendLine(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : ";").append(command);
        }
        if (line.length() > 0) {
            sendLine(line.toString());
        }
    }

    private void sendLine(String line) {
        String answer;
        try {
            answer = socket.ask(line).strip();
        } catch (IOException e) {
            Arrays.fill(weightThere, -1); // not known any more
            throw new IllegalStateException("HAProxy: " + e.getMessage(), e);
        }
        if (!answer.isEmpty()) {
            Arrays.fill(weightThere, -1);
            throw new IllegalStateException("HAProxy said: " + answer.replace('\n', ' '));
        }
    }

    @Override
    public long add(int slot, ServerEntry server) {
        throw new UnsupportedOperationException("HAProxy keeps its own list of servers");
    }

    @Override
    public long remove(int slot, int generation) {
        throw new UnsupportedOperationException("HAProxy keeps its own list of servers");
    }

    @Override
    public String name(int slot) {
        return names.get(slot);
    }

    @Override
    public boolean watchesItself() {
        return true;
    }

    @Override
    public long refusals() {
        return 0;
    }

    @Override
    public void close() {
        // Nothing is held between two questions.
    }
}
