package io.marllb.dataplane.control;

import io.marllb.core.config.ConfigException;
import io.marllb.core.config.Fields;
import io.marllb.core.config.Problems;
import io.marllb.core.config.Quantity;
import io.marllb.core.config.YamlDocument;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A controller's configuration file: strict YAML, every key optional, durations with their unit. {@code docs/controller.md} describes the keys. Immutable.
 *
 * @param dataplane what to steer, as the command takes it; empty if the file does not say
 * @param backend HAProxy's backend; empty if the file does not say
 * @param policy who decides; a relative {@code agent:PATH} is relative to the file's folder; empty if the file does not say
 * @param metrics where to serve metrics, or {@code off}; empty if the file does not say
 * @param config everything else
 */
public record ControllerFile(
        Optional<String> dataplane,
        Optional<String> backend,
        Optional<String> policy,
        Optional<String> metrics,
        ControllerConfig config) {

    private static final String KIND = "controller configuration";
    private static final String AGENT = "agent:";
    private static final List<String> KEYS = List.of(
            "dataplane",
            "backend",
            "policy",
            "interval",
            "metrics",
            "servers",
            "health",
            "guard",
            "slow-start",
            "drain-timeout",
            "balancer",
            "online-training");
    private static final List<String> SERVER_KEYS = List.of("address", "name", "slot", "weight", "mac", "drain");
    private static final List<String> HEALTH_KEYS = List.of(
            "check",
            "path",
            "status",
            "interval",
            "fast-interval",
            "timeout",
            "failures",
            "successes",
            "passive",
            "ejection");
    private static final List<String> GUARD_KEYS =
            List.of("min-healthy-servers", "panic-threshold", "max-ejected", "max-weight-change", "decision-timeout");
    private static final List<String> ONLINE_KEYS = List.of(
            "folder",
            "shadow",
            "max-divergence",
            "pairs",
            "block",
            "settle",
            "least-completions",
            "significance",
            "abort-factor");
    private static final int MOST = 1_000_000;

    /** Nothing said. */
    public static final ControllerFile EMPTY = new ControllerFile(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), ControllerConfig.DEFAULTS);

    /**
     * Reads a file.
     *
     * @param file the file
     * @return what it says
     * @throws ConfigException with everything that is wrong with it, each with line and column
     */
    public static ControllerFile read(Path file) {
        return parse(
                YamlDocument.text(file, KIND),
                file.toString(),
                file.toAbsolutePath().getParent());
    }

    /**
     * Reads a text.
     *
     * @param text YAML
     * @param source its name, for messages
     * @param folder what relative paths are relative to
     * @return what it says
     * @throws ConfigException with everything that is wrong with it, each with line and column
     */
    public static ControllerFile parse(String text, String source, Path folder) {
        Problems problems = new Problems(source, KIND);
        Fields f = Fields.of(YamlDocument.parse(text, problems, "keys such as policy and servers"), "", problems, KEYS);
        List<ServerEntry> servers = servers(f, problems);
        HealthConfig health = health(f, problems);
        GuardConfig guard = guard(f, problems);
        ControllerConfig d = ControllerConfig.DEFAULTS;
        Duration slowStart =
                Duration.ofNanos(f.duration("slow-start", d.slowStart().toNanos(), "10s"));
        Duration drain = Duration.ofNanos(
                f.positiveDuration("drain-timeout", d.drainTimeout().toNanos(), "5m"));
        Optional<Duration> interval = f.has("interval")
                ? Optional.of(Duration.ofNanos(f.positiveDuration("interval", 1, "250ms")))
                : Optional.empty();
        int balancer = (int) f.integer("balancer", 0, 0, MOST);
        Optional<OnlineConfig> online = online(f, problems, folder);
        Optional<String> policy = text(f, "policy").map(p -> fromFolder(p, folder));
        ControllerFile read;
        try {
            problems.throwIfAny();
            read = new ControllerFile(
                    text(f, "dataplane"),
                    text(f, "backend"),
                    policy,
                    text(f, "metrics"),
                    new ControllerConfig(servers, health, guard, slowStart, drain, interval, balancer, online));
        } catch (ConfigException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw problems.fatal(e.getMessage());
        }
        return read;
    }

    private static Optional<String> text(Fields f, String key) {
        return f.has(key) ? Optional.of(f.text(key, "")) : Optional.empty();
    }

    private static String fromFolder(String policy, Path folder) {
        return policy.startsWith(AGENT) ? AGENT + folder.resolve(policy.substring(AGENT.length())) : policy;
    }

    private static List<ServerEntry> servers(Fields f, Problems problems) {
        List<ServerEntry> servers = new ArrayList<>();
        List<Node> items = f.items("servers");
        for (int i = 0; i < items.size(); i++) {
            int before = problems.count();
            Fields s = Fields.of(items.get(i), "servers[" + i + "]", problems, SERVER_KEYS);
            Optional<ServerAddress> address = address(s);
            String name = s.text("name", address.map(ServerAddress::toString).orElse(""));
            int slot = (int) s.integer("slot", i, 0, MOST);
            double weight = s.positiveNumber("weight", 1);
            Optional<String> mac = text(s, "mac").map(m -> m.toLowerCase(Locale.ROOT));
            boolean drain = s.flag("drain");
            if (s.isMapping() && problems.count() == before && name.isBlank()) {
                problems.at(
                        items.get(i), "servers[" + i + "] needs the key 'address' (or 'name', where HAProxy knows it)");
            }
            if (problems.count() == before) {
                try {
                    servers.add(new ServerEntry(name, slot, address, mac, weight, drain));
                } catch (IllegalArgumentException e) {
                    problems.at(items.get(i), e.getMessage());
                }
            }
        }
        return servers;
    }

    private static Optional<ServerAddress> address(Fields s) {
        if (!s.has("address")) {
            return Optional.empty();
        }
        try {
            return Optional.of(ServerAddress.parse(s.text("address", "")));
        } catch (IllegalArgumentException e) {
            s.problem("address", e.getMessage());
            return Optional.empty();
        }
    }

    private static HealthConfig health(Fields f, Problems problems) {
        HealthConfig d = HealthConfig.DEFAULTS;
        if (!f.has("health")) {
            return d;
        }
        int before = problems.count();
        Fields h = f.mapping("health", HEALTH_KEYS);
        String kind = h.word("check", "tcp", List.of("tcp", "http", "none"));
        if (!kind.equals("http") && (h.has("path") || h.has("status"))) {
            h.problem(
                    h.has("path") ? "path" : "status",
                    "has a meaning with check: http only; add that, or leave it out");
        }
        String path = h.text("path", d.path());
        int[] status = status(h, d);
        Duration interval = duration(h, "interval", d.interval(), "2s");
        boolean own = h.has("interval") && !h.has("fast-interval");
        Duration fast = duration(h, "fast-interval", own ? interval.dividedBy(4) : d.fastInterval(), "500ms");
        Duration timeout = duration(h, "timeout", d.timeout(), "1s");
        int failures = (int) h.integer("failures", d.failures(), 1, MOST);
        int successes = (int) h.integer("successes", d.successes(), 1, MOST);
        boolean passive = h.word("passive", "true", List.of("true", "false")).equals("true");
        Duration ejection = duration(h, "ejection", d.ejection(), "30s");
        if (problems.count() > before) {
            return d;
        }
        try {
            return new HealthConfig(
                    HealthConfig.Kind.valueOf(kind.toUpperCase(Locale.ROOT)),
                    path,
                    status[0],
                    status[1],
                    interval,
                    fast,
                    timeout,
                    failures,
                    successes,
                    passive,
                    ejection);
        } catch (IllegalArgumentException e) {
            problems.at(h.self(), e.getMessage());
            return d;
        }
    }

    private static Duration duration(Fields f, String key, Duration otherwise, String example) {
        return Duration.ofNanos(f.positiveDuration(key, otherwise.toNanos(), example));
    }

    /** One status, or a range as in {@code 200-399}. */
    private static int[] status(Fields h, HealthConfig d) {
        if (!h.has("status")) {
            return new int[] {d.lowStatus(), d.highStatus()};
        }
        String text = h.text("status", "200");
        if (!text.matches("[1-5]\\d\\d(-[1-5]\\d\\d)?")) {
            h.problem(
                    "status",
                    "must be an HTTP status or a range of them, such as 200 or 200-399, but was "
                            + Quantity.quote(text));
            return new int[] {d.lowStatus(), d.highStatus()};
        }
        String[] ends = text.split("-", 2);
        return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
    }

    private static GuardConfig guard(Fields f, Problems problems) {
        GuardConfig d = GuardConfig.DEFAULTS;
        if (!f.has("guard")) {
            return d;
        }
        int before = problems.count();
        Fields g = f.mapping("guard", GUARD_KEYS);
        int least = (int) g.integer("min-healthy-servers", d.minHealthyServers(), 1, MOST);
        double panic = share(g, "panic-threshold", d.panicShare());
        double ejected = share(g, "max-ejected", d.maxEjectedShare());
        double change = change(g, d);
        Duration timeout = duration(g, "decision-timeout", d.decisionTimeout(), "100ms");
        if (problems.count() > before) {
            return d;
        }
        try {
            return new GuardConfig(least, panic, ejected, change, timeout);
        } catch (IllegalArgumentException e) {
            problems.at(g.self(), e.getMessage());
            return d;
        }
    }

    private static double share(Fields g, String key, double otherwise) {
        double x = g.fraction(key, otherwise);
        if (!(x >= 0 && x <= 1)) {
            g.problem(key, "must be in [0%, 100%], but was " + Quantity.printNumber(x) + Quantity.percentHint(x));
            return otherwise;
        }
        return x;
    }

    private static double change(Fields g, GuardConfig d) {
        if (!g.has("max-weight-change")) {
            return d.maxWeightChange();
        }
        if (g.text("max-weight-change", "").equals("unlimited")) {
            return Double.POSITIVE_INFINITY;
        }
        return g.number("max-weight-change", d.maxWeightChange());
    }

    private static Optional<OnlineConfig> online(Fields f, Problems problems, Path folder) {
        if (!f.has("online-training")) {
            return Optional.empty();
        }
        int before = problems.count();
        Fields o = f.mapping("online-training", ONLINE_KEYS);
        o.need("folder");
        OnlineConfig d = OnlineConfig.in(folder.resolve(o.text("folder", ".")));
        Duration shadow = duration(o, "shadow", d.shadow(), "60s");
        double divergence = o.number("max-divergence", d.maxDivergence());
        int pairs = (int) o.integer("pairs", d.pairs(), 1, MOST);
        Duration block = duration(o, "block", d.block(), "10s");
        Duration settle = Duration.ofNanos(o.duration("settle", d.settle().toNanos(), "2s"));
        long completions = o.integer("least-completions", d.leastCompletions(), 1, Long.MAX_VALUE);
        double significance = o.fraction("significance", d.significance());
        double abort = o.number("abort-factor", d.abortFactor());
        if (problems.count() > before) {
            return Optional.empty();
        }
        try {
            return Optional.of(new OnlineConfig(
                    d.folder(), shadow, divergence, pairs, block, settle, completions, significance, abort));
        } catch (IllegalArgumentException e) {
            problems.at(o.self(), e.getMessage());
            return Optional.empty();
        }
    }
}
