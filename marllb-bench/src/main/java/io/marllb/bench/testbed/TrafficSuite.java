package io.marllb.bench.testbed;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.proxy.Wrk;
import io.marllb.bench.speed.SpeedSuite;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Requests of wrk to nginx servers in network namespaces, through the DPDK program and through HAProxy: CPU time per request in turns, then a long run
 * while the controller is killed and started again and again.
 *
 * <p>CPU time is that of the process, in the kernel too, as the kernel accounts it. What the kernel does for packets in an interrupt is charged to whoever
 * runs then, for all contenders alike. Three servers whose links are not the bottleneck. Needs root, iproute2, ethtool, nginx, haproxy and wrk.
 */
public final class TrafficSuite {

    private static final TestbedSpec CLUSTER = new TestbedSpec(1, List.of(1.0, 1.0, 1.0), true, 125e6);
    private static final int CONNECTIONS = 32;
    private static final String POLICY = "marllb";
    private static final double NANOS_PER_MICRO = 1e3;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Who carries the requests. */
    public enum Contender {
        /** The DPDK program, servers answer directly. */
        DSR(DataPlaneKind.DSR),
        /** The DPDK program, answers come back through it. */
        NAT(DataPlaneKind.NAT),
        /** HAProxy in TCP mode, one thread. */
        HAPROXY(null);

        private final DataPlaneKind kind; // null: a program that is not ours

        Contender(DataPlaneKind kind) {
            this.kind = kind;
        }

        /**
         * The name in tables.
         *
         * @return lower case
         */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How much to measure.
     *
     * @param rounds counted rounds, {@code >= 1}
     * @param seconds of each run of wrk, {@code >= 1}
     * @param longSeconds of the run while controllers die, {@code >= 1}
     * @param kills how often they do in it, {@code >= 1}
     */
    public record Plan(int rounds, int seconds, int longSeconds, int kills) {}

    /**
     * One run of wrk.
     *
     * @param requests answered
     * @param failed of every kind
     * @param perSecond answered per second
     * @param cpuMicros CPU time of the balancer per request
     */
    public record Run(long requests, long failed, double perSecond, double cpuMicros) {}

    /**
     * The runs of one contender.
     *
     * @param contender who
     * @param close whether each request had a connection of its own, else connections stayed open
     * @param runs by round
     */
    public record Cost(Contender contender, boolean close, List<Run> runs) {

        /**
         * The median over rounds.
         *
         * @return CPU microseconds per request
         */
        public double cpuMicros() {
            return median(runs.stream().map(Run::cpuMicros).toList());
        }

        /**
         * The median over rounds.
         *
         * @return requests per second
         */
        public double perSecond() {
            return median(runs.stream().map(Run::perSecond).toList());
        }

        /**
         * Requests of all rounds that failed.
         *
         * @return count
         */
        public long failed() {
            return runs.stream().mapToLong(Run::failed).sum();
        }
    }

    /**
     * The long run.
     *
     * @param contender who
     * @param kills how often its controller was killed and started again
     * @param run what came of it
     */
    public record LongRun(Contender contender, int kills, Run run) {}

    /**
     * Everything that was measured.
     *
     * @param plan how much
     * @param costs by contender and use of connections
     * @param longRuns of ours
     */
    public record Report(Plan plan, List<Cost> costs, List<LongRun> longRuns) {

        /**
         * Ours over HAProxy's.
         *
         * @param cost of one contender
         * @return ratio of the medians of CPU time per request, connections used the same way
         */
        public double ratio(Cost cost) {
            Cost peer = costs.stream()
                    .filter(c -> c.contender() == Contender.HAPROXY && c.close() == cost.close())
                    .findFirst()
                    .orElseThrow();
            return cost.cpuMicros() / peer.cpuMicros();
        }

        /**
         * Whether no request of ours failed, and none took more CPU time than HAProxy's.
         *
         * @return false if one did
         */
        public boolean holds() {
            return costs.stream()
                            .allMatch(c -> ratio(c) <= 1 && (c.contender() == Contender.HAPROXY || c.failed() == 0))
                    && longRuns.stream().allMatch(r -> r.run().failed() == 0);
        }
    }

    private final Tools tools;
    private final Path folder;
    private final Consumer<String> say;
    private final BooleanSupplier stop;

    private TrafficSuite(Tools tools, Path folder, Consumer<String> say, BooleanSupplier stop) {
        this.tools = tools;
        this.folder = folder;
        this.say = say;
        this.stop = stop;
    }

    /**
     * What this machine lacks.
     *
     * @return a sentence each; empty if the suite can run
     */
    public static List<String> missing() {
        List<String> missing = new ArrayList<>(Testbed.missing());
        for (String program : List.of("haproxy", "wrk")) {
            if (!Programs.installed(program)) {
                missing.add("there is no " + program + "; install it (Debian: " + program + ")");
            }
        }
        return missing;
    }

    /**
     * Measures.
     *
     * @param plan how much
     * @param tools the marllb command and the DPDK program
     * @param folder for configurations and logs, exists
     * @param say told what goes on, a line at a time
     * @param stop asked between runs whether to end early
     * @return what was measured; null if it was ended early
     * @throws TestbedException if a program does not start or the service does not answer
     * @throws IOException if a file can't be written
     */
    public static Report run(Plan plan, Tools tools, Path folder, Consumer<String> say, BooleanSupplier stop)
            throws IOException {
        return new TrafficSuite(tools, folder, say, stop).run(plan);
    }

    private Report run(Plan plan) throws IOException {
        Map<Contender, List<Cost>> costs = new EnumMap<>(Contender.class);
        for (Contender c : Contender.values()) {
            costs.put(c, List.of(new Cost(c, false, new ArrayList<>()), new Cost(c, true, new ArrayList<>())));
        }
        for (int round = 0; round < plan.rounds(); round++) {
            for (Contender c : Contender.values()) {
                try (Service service = new Service(c)) {
                    for (Cost cost : costs.get(c)) {
                        if (stop.getAsBoolean()) {
                            return null;
                        }
                        Run run = service.measure(cost.close(), plan.seconds(), 0);
                        cost.runs().add(run);
                        tell("round " + (round + 1), c, cost.close(), run);
                    }
                }
            }
        }
        List<LongRun> longRuns = new ArrayList<>();
        for (Contender c : List.of(Contender.DSR, Contender.NAT)) {
            if (stop.getAsBoolean()) {
                return null;
            }
            try (Service service = new Service(c)) {
                Run run = service.measure(true, plan.longSeconds(), plan.kills());
                longRuns.add(new LongRun(c, plan.kills(), run));
                tell(plan.kills() + " kills", c, true, run);
            }
        }
        return new Report(plan, costs.values().stream().flatMap(List::stream).toList(), longRuns);
    }

    private void tell(String what, Contender c, boolean close, Run run) {
        say.accept(String.format(
                Locale.ROOT,
                "%s, %s, %s: %.1f us per request, %.0f per second, %d failed",
                what,
                c.id(),
                close ? "a connection per request" : "keep-alive",
                run.cpuMicros(),
                run.perSecond(),
                run.failed()));
    }

    /** A testbed with one contender in front of its servers. */
    private final class Service implements AutoCloseable {
        private final Testbed testbed;
        private final Balancers balancers; // null with HAProxy
        private final Process dataPlane;

        Service(Contender contender) throws IOException {
            testbed = Testbed.up(CLUSTER, folder);
            try {
                if (contender.kind == null) {
                    balancers = null;
                    dataPlane = Haproxy.start(testbed, folder);
                } else {
                    balancers = Balancers.start(testbed, contender.kind, POLICY, tools, folder);
                    dataPlane = balancers.dataPlane(0);
                }
            } catch (TestbedException | IOException e) {
                testbed.close();
                throw e;
            }
        }

        private long cpuNanos() {
            return dataPlane
                    .toHandle()
                    .info()
                    .totalCpuDuration()
                    .orElseThrow(() -> new TestbedException("the balancer has ended; logs: " + folder))
                    .toNanos();
        }

        /** Kills are spread evenly over the run. */
        Run measure(boolean close, int seconds, int kills) {
            List<String> client = Testbed.at("client", List.of());
            String url = "http://" + Testbed.VIP + Testbed.NUMBER;
            long before = cpuNanos();
            Process wrk = Wrk.start(client, url, CONNECTIONS, close, seconds);
            try {
                for (int k = 0; k < kills && !wrk.waitFor(1000L * seconds / (kills + 1), TimeUnit.MILLISECONDS); k++) {
                    balancers.killControllers();
                    balancers.startControllers();
                }
            } catch (InterruptedException e) {
                wrk.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new TestbedException("interrupted", e);
            }
            Wrk result = Wrk.await(wrk);
            double micros = (cpuNanos() - before) / NANOS_PER_MICRO / result.requests();
            return new Run(result.requests(), result.failed(), result.perSecond(), micros);
        }

        @Override
        public void close() {
            if (balancers == null) {
                Programs.stop(dataPlane);
            } else {
                balancers.close();
            }
            testbed.close();
        }
    }

    private static double median(List<Double> numbers) {
        List<Double> sorted = numbers.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
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
        root.put("connections", CONNECTIONS);
        root.put("policy", POLICY);
        root.put("run_s", report.plan().seconds());
        root.put("long_run_s", report.plan().longSeconds());
        ArrayNode costs = root.putArray("costs");
        for (Cost c : report.costs()) {
            ObjectNode node = costs.addObject();
            node.put("contender", c.contender().id());
            node.put("connection_per_request", c.close());
            node.put("cpu_us_per_request", c.cpuMicros());
            node.put("of_haproxy", report.ratio(c));
            node.put("requests_per_s", c.perSecond());
            node.put("failed", c.failed());
            c.runs().forEach(r -> put(node.withArray("rounds").addObject(), r));
        }
        ArrayNode longRuns = root.putArray("controllers_killed");
        for (LongRun r : report.longRuns()) {
            put(longRuns.addObject().put("contender", r.contender().id()).put("kills", r.kills()), r.run());
        }
        root.put("holds", report.holds());
        return root.toPrettyString() + System.lineSeparator();
    }

    private static void put(ObjectNode node, Run r) {
        node.put("requests", r.requests())
                .put("failed", r.failed())
                .put("requests_per_s", r.perSecond())
                .put("cpu_us_per_request", r.cpuMicros());
    }
}
