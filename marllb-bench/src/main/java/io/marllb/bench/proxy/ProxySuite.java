package io.marllb.bench.proxy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.load.Wrk;
import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import io.marllb.bench.process.ScratchFolder;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.bench.statistics.Median;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * CPU time per request of the TCP proxy and of HAProxy (TCP mode, one thread), interleaved, in front of the same three nginx on the loopback, and what
 * many connections at a time do to both. Needs nginx, haproxy and wrk.
 */
public final class ProxySuite {

    /** Most CPU time per request, as a multiple of HAProxy's. */
    public static final double BAR = 2;

    /** What is aimed at. */
    public static final double AIM = 1.5;

    /** The largest growth of memory from the second wave of many connections to the last. */
    public static final double FLAT = 1.1;

    private static final List<String> NEEDED = List.of("nginx", "haproxy", "wrk");
    private static final int BACKENDS = 3;
    private static final int CONNECTIONS = 32;
    private static final int WAVES = 4;
    private static final String BODY = "a small answer, as an interface of a service would give it\\n";
    private static final ObjectMapper JSON = new ObjectMapper();

    private ProxySuite() {}

    /**
     * How much to measure.
     *
     * @param rounds counted rounds, {@code >= 1}
     * @param seconds of each run of wrk, {@code >= 1}
     * @param warmUpSeconds for each way before anything counts, {@code >= 1}
     * @param many connections at a time in the test of memory and failures, {@code >= 1}
     */
    public record Plan(int rounds, int seconds, int warmUpSeconds, int many) {}

    /**
     * CPU time per request, one way of using connections.
     *
     * @param name of the way
     * @param ours microseconds per request, by round
     * @param peers of HAProxy, by round
     * @param oursPerSecond requests per second, by round
     * @param peersPerSecond of HAProxy, by round
     * @param failed requests that failed, of ours
     * @param peersFailed requests that failed, of HAProxy's
     */
    public record Cost(
            String name,
            List<Double> ours,
            List<Double> peers,
            List<Double> oursPerSecond,
            List<Double> peersPerSecond,
            long failed,
            long peersFailed) {

        /**
         * Ours over HAProxy's.
         *
         * @return ratio of the medians
         */
        public double ratio() {
            return Median.of(ours) / Median.of(peers);
        }
    }

    /**
     * Many connections at a time, in waves.
     *
     * @param name of the program
     * @param connections at a time
     * @param requests answered, over all waves
     * @param failed requests that failed, over all waves
     * @param residentMib memory before the first wave and after each
     */
    public record Waves(String name, int connections, long requests, long failed, List<Double> residentMib) {

        /**
         * Growth of memory once all that such a wave needs is there.
         *
         * @return memory after the last wave over that after the first
         */
        public double growth() {
            return residentMib.get(residentMib.size() - 1) / residentMib.get(1);
        }
    }

    /**
     * Everything that was measured.
     *
     * @param plan how much
     * @param costs keep-alive, then a connection per request
     * @param waves ours, then HAProxy's
     * @param versions of the programs
     */
    public record Report(Plan plan, List<Cost> costs, List<Waves> waves, List<String> versions) {

        /**
         * Whether every promise holds.
         *
         * @return false if one does not
         */
        public boolean holds() {
            Waves ours = waves.get(0);
            return costs.stream().allMatch(c -> c.ratio() <= BAR && c.failed() == 0)
                    && ours.failed() == 0
                    && ours.growth() <= FLAT;
        }
    }

    /**
     * The programs that are not there.
     *
     * @return their names, empty if all are
     */
    public static List<String> missing() {
        return NEEDED.stream().filter(name -> Programs.find(name).isEmpty()).toList();
    }

    private static String path(String name) {
        return Programs.find(name).orElseThrow().toString();
    }

    /**
     * Measures.
     *
     * @param plan how much
     * @param marllb what starts the command of ours, without its arguments
     * @param say told what goes on, a line at a time
     * @return what was measured
     * @throws ProgramException if a program cannot be started or ends too early, with what it said
     */
    public static Report run(Plan plan, List<String> marllb, Consumer<String> say) {
        Path folder = ScratchFolder.create("marllb-bench-proxy");
        List<Program> programs = new ArrayList<>();
        try {
            List<Integer> backends = new ArrayList<>();
            for (int i = 0; i < BACKENDS; i++) {
                Program nginx = nginx(folder.resolve("nginx-" + i));
                programs.add(nginx);
                backends.add(nginx.port);
            }
            Program ours = ours(folder, marllb, backends);
            programs.add(ours);
            Program haproxy = haproxy(folder, plan, backends);
            programs.add(haproxy);
            List<Cost> costs = costs(plan, ours, haproxy, say);
            List<Waves> waves = List.of(waves(plan, ours, say), waves(plan, haproxy, say));
            return new Report(plan, costs, waves, versions());
        } finally {
            programs.forEach(Program::close);
            ScratchFolder.delete(folder);
        }
    }

    private static Program nginx(Path folder) {
        int port = Program.freePort();
        write(folder.resolve("nginx.conf"), """
                daemon off;
                worker_processes 1;
                worker_rlimit_nofile 65536;
                pid FOLDER/pid;
                error_log FOLDER/error.log;
                events { worker_connections 16384; }
                http {
                  access_log off;
                  keepalive_requests 1000000000;
                  client_body_temp_path FOLDER/a; proxy_temp_path FOLDER/b; fastcgi_temp_path FOLDER/c;
                  uwsgi_temp_path FOLDER/d; scgi_temp_path FOLDER/e;
                  server {
                    listen 127.0.0.1:PORT backlog=4096;
                    location / { return 200 "BODY"; }
                  }
                }
                """.replace("FOLDER", folder.toString())
                .replace("PORT", Integer.toString(port))
                .replace("BODY", BODY));
        String conf = folder.resolve("nginx.conf").toString();
        return Program.start(
                "nginx",
                port,
                folder.resolve("log"),
                List.of(path("nginx"), "-e", folder.resolve("error.log").toString(), "-c", conf));
    }

    private static Program ours(Path folder, List<String> marllb, List<Integer> backends) {
        int port = Program.freePort();
        List<String> command = new ArrayList<>(marllb);
        command.addAll(List.of(
                "proxy",
                "--listen",
                "127.0.0.1:" + port,
                "--servers",
                backends.stream().map(p -> "127.0.0.1:" + p).collect(Collectors.joining(","))));
        return Program.start("marllb proxy", port, folder.resolve("proxy.log"), command);
    }

    private static Program haproxy(Path folder, Plan plan, List<Integer> backends) {
        int port = Program.freePort();
        StringBuilder servers = new StringBuilder();
        for (int p : backends) {
            servers.append("  server s")
                    .append(p)
                    .append(" 127.0.0.1:")
                    .append(p)
                    .append(" check inter 2s\n");
        }
        int connections = Math.max(2000, plan.many() + 500);
        Path conf = folder.resolve("haproxy.cfg");
        write(
                conf,
                """
                global
                  nbthread 1
                  maxconn CONNECTIONS
                defaults
                  mode tcp
                  maxconn CONNECTIONS
                  timeout connect 3s
                  timeout client 60s
                  timeout server 60s
                frontend front
                  bind 127.0.0.1:PORT backlog 4096
                  default_backend back
                backend back
                  balance leastconn
                """.replace("CONNECTIONS", Integer.toString(connections)).replace("PORT", Integer.toString(port))
                        + servers);
        return Program.start(
                "haproxy", port, folder.resolve("haproxy.log"), List.of(path("haproxy"), "-db", "-f", conf.toString()));
    }

    private static List<Cost> costs(Plan plan, Program ours, Program haproxy, Consumer<String> say) {
        List<Cost> costs = new ArrayList<>();
        for (boolean close : new boolean[] {false, true}) {
            costs.add(new Cost(
                    close ? "a connection per request" : "keep-alive",
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    0,
                    0));
        }
        for (boolean close : new boolean[] {false, true}) {
            for (Program p : List.of(ours, haproxy)) {
                say.accept(
                        "warming up " + p.name + ", " + costs.get(close ? 1 : 0).name());
                wrk(p, CONNECTIONS, close, plan.warmUpSeconds());
            }
        }
        for (int round = 0; round < plan.rounds(); round++) {
            for (boolean close : new boolean[] {false, true}) {
                int way = close ? 1 : 0;
                Cost c = costs.get(way);
                // Who goes first changes from round to round, so that drift of the machine favours nobody.
                for (Program p : round % 2 == 0 ? List.of(haproxy, ours) : List.of(ours, haproxy)) {
                    boolean own = p == ours;
                    long before = p.cpuMicros();
                    Wrk run = wrk(p, CONNECTIONS, close, plan.seconds());
                    double micros = (p.cpuMicros() - before) / (double) run.requests();
                    (own ? c.ours() : c.peers()).add(micros);
                    (own ? c.oursPerSecond() : c.peersPerSecond()).add(run.perSecond());
                    c = new Cost(
                            c.name(),
                            c.ours(),
                            c.peers(),
                            c.oursPerSecond(),
                            c.peersPerSecond(),
                            c.failed() + (own ? run.failed() : 0),
                            c.peersFailed() + (own ? 0 : run.failed()));
                    say.accept(String.format(
                            Locale.ROOT,
                            "round %d, %s, %s: %.1f us per request, %.0f per second, %d failed",
                            round + 1,
                            c.name(),
                            p.name,
                            micros,
                            run.perSecond(),
                            run.failed()));
                }
                costs.set(way, c);
            }
        }
        return costs;
    }

    private static Waves waves(Plan plan, Program p, Consumer<String> say) {
        List<Double> resident = new ArrayList<>();
        resident.add(mib(p));
        long requests = 0;
        long failed = 0;
        for (int wave = 0; wave < WAVES; wave++) {
            Wrk run = wrk(p, plan.many(), wave % 2 == 1, plan.seconds());
            requests += run.requests();
            failed += run.failed();
            resident.add(mib(p));
            say.accept(String.format(
                    Locale.ROOT,
                    "%s, %d connections, %s: %d requests, %d failed, %.1f MiB resident",
                    p.name,
                    plan.many(),
                    wave % 2 == 1 ? "a connection per request" : "keep-alive",
                    run.requests(),
                    run.failed(),
                    mib(p)));
        }
        return new Waves(p.name, plan.many(), requests, failed, resident);
    }

    private static Wrk wrk(Program p, int connections, boolean close, int seconds) {
        return Wrk.run(UnaryOperator.identity(), "http://127.0.0.1:" + p.port + "/", connections, close, seconds);
    }

    private static double mib(Program p) {
        return p.residentBytes() / (double) (1 << 20);
    }

    private static List<String> versions() {
        return List.of(
                firstLine(List.of(path("haproxy"), "-v")),
                firstLine(List.of(path("nginx"), "-v")),
                firstLine(List.of(path("wrk"), "-v")));
    }

    /** Some end with 1 after they told it. */
    private static String firstLine(List<String> command) {
        return Programs.tryRun(Programs.SHORT, command)
                .output()
                .lines()
                .findFirst()
                .orElse("");
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The report as JSON, with the machine and the programs that it holds for.
     *
     * @param report what {@link #run} returned
     * @param command the command that reproduces it
     * @return a JSON object, indented
     */
    public static String json(Report report, String command) {
        ObjectNode root = JSON.createObjectNode();
        root.put("command", command);
        SpeedSuite.machine(root);
        report.versions().forEach(root.putArray("programs")::add);
        root.put("connections", CONNECTIONS);
        root.put("warm_up_s", report.plan().warmUpSeconds());
        root.put("run_s", report.plan().seconds());
        ArrayNode costs = root.putArray("cpu_us_per_request");
        for (Cost c : report.costs()) {
            ObjectNode node = costs.addObject();
            node.put("case", c.name());
            node.put("median", Median.of(c.ours()));
            node.put("haproxy_median", Median.of(c.peers()));
            node.put("ratio", c.ratio());
            node.put("promised", "<= " + BAR + ", aim " + AIM);
            c.ours().forEach(node.putArray("rounds")::add);
            c.peers().forEach(node.putArray("haproxy_rounds")::add);
            c.oursPerSecond().forEach(node.putArray("requests_per_s")::add);
            c.peersPerSecond().forEach(node.putArray("haproxy_requests_per_s")::add);
            node.put("failed", c.failed());
            node.put("haproxy_failed", c.peersFailed());
        }
        ArrayNode waves = root.putArray("many_connections");
        for (Waves w : report.waves()) {
            ObjectNode node = waves.addObject();
            node.put("program", w.name());
            node.put("connections", w.connections());
            node.put("requests", w.requests());
            node.put("failed", w.failed());
            w.residentMib().forEach(node.putArray("resident_mib")::add);
            node.put("growth", w.growth());
        }
        root.put("holds", report.holds());
        return root.toPrettyString() + System.lineSeparator();
    }
}
