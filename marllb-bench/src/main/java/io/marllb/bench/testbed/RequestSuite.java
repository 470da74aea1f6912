package io.marllb.bench.testbed;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.load.Wrk;
import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import io.marllb.bench.process.ScratchFolder;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.bench.statistics.Median;
import io.marllb.core.check.Checks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * CPU time per HTTP request of the DPDK program and of HAProxy (TCP mode, one thread), on the same testbed, in turns: a client with wrk, three nginx, no
 * link shaped. Counted is the process that carries the packets, without its controller; what the kernel does for either of them outside of its process
 * (interrupts of virtual devices) is in nobody's count. Then a long run through the DPDK program, while its controller is killed and started again and again.
 *
 * <p>Needs what a {@link Testbed} needs, wrk and haproxy.
 */
public final class RequestSuite {

    /** Most CPU time per request, as a multiple of HAProxy's. */
    public static final double BAR = 1;

    private static final List<String> NEEDED = List.of("haproxy", "wrk");
    private static final int SERVERS = 3;
    private static final int CONNECTIONS = 32;
    private static final int WARM_UP_SECONDS = 1;
    private static final String POLICY = "sed";

    /** What carries the requests. */
    public enum Carrier {
        /** The DPDK program, servers answer directly. */
        DSR,
        /** The DPDK program, answers come back through it. */
        NAT,
        /** HAProxy. */
        HAPROXY;

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
     * @param rounds how often each carrier has its turn, {@code >= 1}
     * @param seconds of each run of wrk, {@code >= 1}
     * @param longSeconds of the run while controllers die, {@code >= 1}
     * @param kills how often they do in it, {@code >= 1}
     */
    public record Plan(int rounds, int seconds, int longSeconds, int kills) {

        /** Checks every component. */
        public Plan {
            new Checks("bench requests")
                    .atLeast("rounds", rounds, 1)
                    .atLeast("seconds", seconds, 1)
                    .atLeast("longSeconds", longSeconds, 1)
                    .atLeast("kills", kills, 1)
                    .throwIfAny();
        }
    }

    /**
     * A run while controllers died.
     *
     * @param kills how often one was killed and started again
     * @param load what came of it, a connection for each request
     */
    public record LongRun(int kills, Wrk load) {}

    /**
     * What one carrier came to in one way of using connections.
     *
     * @param micros CPU time per request, by round
     * @param perSecond requests per second, by round
     * @param failed requests that failed, by round
     */
    public record Cost(List<Double> micros, List<Double> perSecond, List<Long> failed) {

        Cost() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        /**
         * All that failed.
         *
         * @return count
         */
        public long allFailed() {
            return failed.stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * Everything that was measured.
     *
     * @param plan what was to be measured
     * @param keepAlive connections that stay open
     * @param close a connection for each request
     * @param longRuns of ours, while controllers died
     */
    public record Report(
            Plan plan, Map<Carrier, Cost> keepAlive, Map<Carrier, Cost> close, Map<Carrier, LongRun> longRuns) {

        /**
         * CPU time per request over HAProxy's.
         *
         * @param costs {@link #keepAlive} or {@link #close}
         * @param carrier whose
         * @return ratio of the medians
         */
        public static double ratio(Map<Carrier, Cost> costs, Carrier carrier) {
            return Median.of(costs.get(carrier).micros())
                    / Median.of(costs.get(Carrier.HAPROXY).micros());
        }

        /**
         * Whether the promise holds: nothing of ours has failed or costs more than HAProxy, and every controller that was to die has died.
         *
         * @return false if it does not
         */
        public boolean holds() {
            for (Map<Carrier, Cost> costs : List.of(keepAlive, close)) {
                for (Carrier c : List.of(Carrier.DSR, Carrier.NAT)) {
                    if (!(ratio(costs, c) <= BAR) || costs.get(c).allFailed() > 0) {
                        return false;
                    }
                }
            }
            return longRuns.values().stream().allMatch(r -> r.load().failed() == 0 && r.kills() == plan.kills());
        }
    }

    private final Tools tools;
    private final Plan plan;
    private final Path folder;
    private final Consumer<String> say;
    private final Report report;

    private RequestSuite(Tools tools, Plan plan, Path folder, Consumer<String> say) {
        this.tools = tools;
        this.plan = plan;
        this.report = new Report(plan, costs(), costs(), new EnumMap<>(Carrier.class));
        this.folder = folder;
        this.say = say;
    }

    private static Map<Carrier, Cost> costs() {
        Map<Carrier, Cost> costs = new EnumMap<>(Carrier.class);
        for (Carrier c : Carrier.values()) {
            costs.put(c, new Cost());
        }
        return costs;
    }

    /**
     * What this machine lacks.
     *
     * @return a sentence each; empty if the suite can be run
     */
    public static List<String> missing() {
        List<String> missing = new ArrayList<>(Testbed.missing());
        for (String name : NEEDED) {
            if (Programs.find(name).isEmpty()) {
                missing.add("there is no " + name + "; install it (Debian: " + name + ")");
            }
        }
        return missing;
    }

    /**
     * Measures.
     *
     * @param tools the marllb command and the DPDK program
     * @param plan how much
     * @param say told what goes on, a line at a time
     * @return what was measured
     * @throws ProgramException if the testbed can't be made or a program does not serve
     * @throws IOException if files can't be written
     */
    public static Report run(Tools tools, Plan plan, Consumer<String> say) throws IOException {
        new Checks("bench requests")
                .that(tools.dpdk() != null, "there is no DPDK program")
                .throwIfAny();
        Path folder = ScratchFolder.create("marllb-bench-requests");
        try (Testbed testbed = Testbed.up(TestbedSpec.unshaped(SERVERS), folder)) {
            RequestSuite suite = new RequestSuite(tools, plan, folder, say);
            List<Carrier> order = new ArrayList<>(List.of(Carrier.values()));
            for (int round = 0; round < plan.rounds(); round++) {
                for (Carrier c : order) {
                    suite.turn(testbed, c);
                }
                Collections.rotate(order, 1); // drift of the machine favours nobody
            }
            suite.whileControllersDie(testbed, Carrier.DSR);
            suite.whileControllersDie(testbed, Carrier.NAT);
            return suite.report;
        } finally {
            ScratchFolder.delete(folder);
        }
    }

    private void turn(Testbed testbed, Carrier carrier) throws IOException {
        if (carrier == Carrier.HAPROXY) {
            testbed.giveVip(0);
            Process haproxy = testbed.startAtBalancer(0, folder.resolve("haproxy.log"), haproxy(testbed));
            try {
                if (!testbed.serves()) {
                    throw new ProgramException("haproxy does not serve: "
                            + Files.readString(folder.resolve("haproxy.log")).strip());
                }
                measure(carrier, haproxy);
            } finally {
                Programs.stop(haproxy);
                testbed.takeVip(0);
            }
            return;
        }
        try (Balancers balancers = Balancers.start(testbed, kind(carrier), POLICY, tools, folder)) {
            measure(carrier, balancers.dataPlane(0));
        } finally {
            testbed.answerDirectly();
        }
    }

    private static DataPlaneKind kind(Carrier carrier) {
        return carrier == Carrier.NAT ? DataPlaneKind.NAT : DataPlaneKind.DSR;
    }

    /** Kills are spread evenly over the run. */
    private void whileControllersDie(Testbed testbed, Carrier carrier) throws IOException {
        long pause = TimeUnit.SECONDS.toMillis(plan.longSeconds()) / (plan.kills() + 1);
        int kills = 0;
        try (Balancers balancers = Balancers.start(testbed, kind(carrier), POLICY, tools, folder)) {
            CompletableFuture<Wrk> load = CompletableFuture.supplyAsync(() -> wrk(true, plan.longSeconds()));
            while (kills < plan.kills() && goesOn(load, pause)) {
                balancers.killControllers();
                balancers.startControllers();
                kills++;
            }
            Wrk run = load.join();
            report.longRuns().put(carrier, new LongRun(kills, run));
            say.accept(String.format(
                    Locale.ROOT,
                    "%s, %d s, controller killed %d times: %d requests, %d failed",
                    carrier.id(),
                    plan.longSeconds(),
                    kills,
                    run.requests(),
                    run.failed()));
        } finally {
            testbed.answerDirectly();
        }
    }

    private static boolean goesOn(CompletableFuture<Wrk> load, long millis) {
        try {
            load.get(millis, TimeUnit.MILLISECONDS);
            return false;
        } catch (TimeoutException e) {
            return true;
        } catch (ExecutionException e) {
            throw new ProgramException("wrk has failed: " + e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProgramException("interrupted");
        }
    }

    private void measure(Carrier carrier, Process process) {
        for (boolean close : new boolean[] {false, true}) {
            wrk(close, WARM_UP_SECONDS);
            long before = Programs.cpuMicros(process);
            Wrk run = wrk(close, plan.seconds());
            double micros = (Programs.cpuMicros(process) - before) / (double) run.requests();
            Cost cost = (close ? report.close() : report.keepAlive()).get(carrier);
            cost.micros().add(micros);
            cost.perSecond().add(run.perSecond());
            cost.failed().add(run.failed());
            say.accept(String.format(
                    Locale.ROOT,
                    "%s, %s: %.1f us per request, %.0f per second, %d failed",
                    carrier.id(),
                    close ? "a connection per request" : "keep-alive",
                    micros,
                    run.perSecond(),
                    run.failed()));
        }
    }

    private static Wrk wrk(boolean close, int seconds) {
        String url = "http://" + Testbed.VIP + ":" + Testbed.PORT + Testbed.NUMBER;
        return Wrk.run(command -> Testbed.at("client", command), url, CONNECTIONS, close, seconds);
    }

    private List<String> haproxy(Testbed testbed) throws IOException {
        StringBuilder s = new StringBuilder(String.format(Locale.ROOT, """
                global
                  nbthread 1
                defaults
                  mode tcp
                  timeout connect 3s
                  timeout client 60s
                  timeout server 60s
                frontend front
                  bind %s:%d
                  default_backend back
                backend back
                  balance leastconn
                """, Testbed.VIP, Testbed.PORT));
        for (int j = 0; j < SERVERS; j++) {
            s.append(String.format(
                    Locale.ROOT, "  server s%d %s:%d check inter 2s\n", j, testbed.serverAddress(j), Testbed.PORT));
        }
        Path conf = Files.writeString(folder.resolve("haproxy.cfg"), s);
        return List.of(Programs.find("haproxy").orElseThrow().toString(), "-db", "-f", conf.toString());
    }

    /**
     * The report as JSON, with the machine that it holds for.
     *
     * @param report what {@link #run} returned
     * @param command the command that reproduces it
     * @return a JSON object, indented
     */
    public static String json(Report report, String command) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("command", command);
        SpeedSuite.machine(root);
        root.put("connections", CONNECTIONS);
        costs(root.putObject("keep_alive"), report.keepAlive());
        costs(root.putObject("connection_per_request"), report.close());
        root.put("promised", "<= " + BAR);
        ObjectNode longRuns = root.putObject("controllers_killed");
        report.longRuns()
                .forEach((carrier, run) -> longRuns.putObject(carrier.id())
                        .put("kills", run.kills())
                        .put("requests", run.load().requests())
                        .put("requests_per_s", run.load().perSecond())
                        .put("failed", run.load().failed()));
        root.put("holds", report.holds());
        return root.toPrettyString() + "\n";
    }

    private static void costs(ObjectNode node, Map<Carrier, Cost> costs) {
        costs.forEach((carrier, cost) -> {
            ObjectNode one = node.putObject(carrier.id());
            one.put("cpu_us_per_request", Median.of(cost.micros()));
            one.put("ratio", Report.ratio(costs, carrier));
            cost.micros().forEach(one.putArray("rounds")::add);
            cost.perSecond().forEach(one.putArray("requests_per_s")::add);
            one.put("failed", cost.allFailed());
        });
    }
}
