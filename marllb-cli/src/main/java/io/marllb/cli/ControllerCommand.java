package io.marllb.cli;

import io.marllb.core.config.Quantity;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.Controller;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.ControllerFile;
import io.marllb.dataplane.control.HealthConfig;
import io.marllb.dataplane.control.MetricsServer;
import io.marllb.dataplane.control.OnlineConfig;
import io.marllb.dataplane.haproxy.HaproxyDataPlane;
import io.marllb.ipc.SegmentException;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Steers live traffic. */
@Command(
        name = "controller",
        description = {
            "Steers a data plane: each interval it reads what that saw, asks a policy, and publishes weights, until it is ended.",
            "Health checks, slow start and guard-rails are its own. Traffic never depends on it: without it the data plane keeps the last weights, "
                    + "then falls back by itself. Options override the configuration file; SIGHUP reads that again."
        },
        exitCodeList = {"0:ended by itself", "1:it failed", "2:bad input", "130, 143:ended by SIGINT, SIGTERM"},
        footer = {
            "",
            "Example: marllb controller --dataplane shm:/dev/shm/marllb-vip --policy marllb --servers 10.0.0.1:80,10.0.0.2:80",
            "         marllb controller --dataplane haproxy:/run/haproxy/admin.sock --backend web --policy rate"
        })
final class ControllerCommand implements Callable<Integer> {

    private static final String SHM = "shm:";
    private static final String HAPROXY = "haproxy:";
    private static final String OFF = "off";
    private static final String DEFAULT_METRICS = "127.0.0.1:9090"; // as the published program
    private static final Duration DEFAULT_INTERVAL = Duration.ofMillis(250);
    private static final int LOST_INTERVALS = 40; // after which a data plane falls back to its own rule

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dataplane",
            paramLabel = "WHAT",
            description = "shm:PATH for a program of ours, haproxy:SOCKET for HAProxy.")
    private String dataplane;

    @Option(names = "--backend", paramLabel = "NAME", description = "HAProxy: the backend to steer.")
    private String backend;

    @Option(names = "--policy", paramLabel = "NAME", description = "Who decides; see 'marllb policies'.")
    private String policy;

    @Option(
            names = "--agent",
            paramLabel = "CHECKPOINT",
            description = "Who decides: a trained agent's file, or the name of one that ships.")
    private String agent;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Configuration in YAML; docs/controller.md has the keys.")
    private Path config;

    @Option(
            names = {"--servers", "--server-ips"},
            paramLabel = "IP:PORT",
            split = ",",
            description = "The servers, slot by slot; instead of the file's.")
    private List<String> servers;

    @Option(
            names = {"--interval", "--update-interval"},
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "From one decision to the next. Default: what the data plane expects; 250ms with HAProxy.")
    private Duration interval;

    @Option(
            names = "--check",
            paramLabel = "KIND",
            description = "How servers are checked: tcp, http or none. Default: tcp.")
    private String check;

    @Option(
            names = {"--health-check-interval", "--health-check"},
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "From one check of a server to the next. Default: 2s.")
    private Duration checkInterval;

    @Option(
            names = {"--min-healthy-servers", "--min-servers"},
            paramLabel = "N",
            description = "With fewer healthy servers than this, all are used. Default: 1.")
    private Integer minHealthy;

    @Option(
            names = "--max-weight-change",
            paramLabel = "F",
            description = "A server's share changes by this factor per interval at most. Default: 2.")
    private Double maxChange;

    @Option(
            names = "--balancer",
            paramLabel = "I",
            description = "Index of this balancer, for agents with a network for each. Default: 0.")
    private Integer balancer;

    @Option(
            names = "--online-training",
            paramLabel = "DIR",
            description =
                    "Write down what the agent does, and try the candidates that 'marllb learner' makes of it. Off by default.")
    private Path online;

    @Option(
            names = "--metrics",
            paramLabel = "IP:PORT",
            description = "Where to serve /metrics, /healthz, /readyz; port 0 is any, 'off' is nowhere. Default: "
                    + DEFAULT_METRICS + ".")
    private String metrics;

    @Option(names = "--prometheus-port", paramLabel = "PORT", description = "The same on 127.0.0.1.")
    private Integer prometheusPort;

    @Override
    public Integer call() {
        OneLineLog.use();
        PrintWriter err = spec.commandLine().getErr();
        ControllerFile file = file();
        ControllerConfig settings = settings(file);
        PolicySpec decides = decides(file, settings);
        Optional<InetSocketAddress> page = page(file);
        AtomicReference<Controller> running = new AtomicReference<>();
        // Outermost, so that the process lives until the data plane was left in order.
        try (Interruption interruption = new Interruption(
                        () -> Optional.ofNullable(running.get()).ifPresent(Controller::stop));
                DataPlane plane = plane(file, settings);
                Controller controller = new Controller(plane, decides, placed(settings, plane));
                MetricsServer server =
                        page.map(at -> new MetricsServer(controller, at)).orElse(null)) {
            running.set(controller);
            Reload reload = new Reload(controller, plane, file, decides(file));
            if (config != null && !Hangup.call(reload::run)) {
                err.println("controller: this JVM has no SIGHUP; restart to read " + config + " again");
            }
            err.println("controller: " + decides.name() + " steers " + plane.describe()
                    + (server == null
                            ? ""
                            : "; metrics at http://" + ListenAddress.print(server.address()) + "/metrics"));
            err.flush();
            controller.rehearse();
            if (!interruption.happened()) {
                controller.run();
            }
            err.println(farewell(controller, plane));
            err.flush();
            return interruption.happened() ? Marllb.INTERRUPTED : 0;
        }
    }

    private ControllerFile file() {
        return config == null ? ControllerFile.EMPTY : ControllerFile.read(config);
    }

    /** Who decides at the start: with online training, the candidate that won last. */
    private PolicySpec decides(ControllerFile file, ControllerConfig settings) {
        PolicySpec named = decides(file);
        Optional<Path> won = settings.online().map(OnlineConfig::served).filter(Files::exists);
        if (won.isEmpty()) {
            return named;
        }
        System.getLogger("io.marllb.controller")
                .log(
                        Level.INFO,
                        "event=candidate-serves detail=\"" + won.get() + " won in an earlier run and serves instead of "
                                + named.name() + "; remove it to begin with that one\"");
        return PolicyRegistry.parse("agent:" + won.get());
    }

    private PolicySpec decides(ControllerFile file) {
        if (agent != null && policy != null) {
            throw bad("--agent and --policy both say who decides; give one");
        }
        String named = policy != null
                ? policy
                : agent != null ? ShippedAgents.policy(agent) : file.policy().orElse(null);
        if (named == null) {
            throw bad("who decides? give --policy NAME or --agent FILE (try --policy marllb, the agent that ships)");
        }
        return PolicyRegistry.parse(named);
    }

    private ControllerConfig settings(ControllerFile file) {
        ControllerConfig c = file.config();
        try {
            if (servers != null) {
                List<ServerEntry> list = new ArrayList<>();
                for (String s : servers) {
                    list.add(ServerEntry.of(list.size(), ServerAddress.parse(s.strip())));
                }
                c = c.withServers(list);
            }
        } catch (IllegalArgumentException e) {
            throw bad("--servers " + e.getMessage());
        }
        try {
            if (check != null) {
                c = c.withHealth(c.health().withKind(kind()));
            }
            if (checkInterval != null) {
                c = c.withHealth(c.health().withInterval(checkInterval));
            }
            if (minHealthy != null) {
                c = c.withGuard(c.guard().withMinHealthyServers(minHealthy));
            }
            if (maxChange != null) {
                c = c.withGuard(c.guard().withMaxWeightChange(maxChange));
            }
            if (balancer != null) {
                c = c.withBalancer(balancer);
            }
            if (online != null) {
                c = c.withOnline(OnlineConfig.in(online));
            }
            return interval == null ? c : c.withInterval(interval);
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage());
        }
    }

    private HealthConfig.Kind kind() {
        for (HealthConfig.Kind k : HealthConfig.Kind.values()) {
            if (k.name().equalsIgnoreCase(check)) {
                return k;
            }
        }
        throw bad("--check must be tcp, http or none, but was " + Quantity.quote(check));
    }

    private Optional<InetSocketAddress> page(ControllerFile file) {
        if (metrics != null && prometheusPort != null) {
            throw bad("--metrics and --prometheus-port both say where metrics are; give one");
        }
        String at = prometheusPort != null
                ? "127.0.0.1:" + prometheusPort
                : metrics != null ? metrics : file.metrics().orElse(DEFAULT_METRICS);
        if (at.equals(OFF)) {
            return Optional.empty();
        }
        try {
            return Optional.of(ListenAddress.parse(at));
        } catch (IllegalArgumentException e) {
            throw bad((prometheusPort != null ? "--prometheus-port: " : "--metrics ") + e.getMessage() + "; or 'off'");
        }
    }

    private DataPlane plane(ControllerFile file, ControllerConfig settings) {
        String what = dataplane != null ? dataplane : file.dataplane().orElse("");
        String proxied = backend != null ? backend : file.backend().orElse(null);
        try {
            if (what.startsWith(SHM)) {
                if (proxied != null) {
                    throw bad("--backend belongs to --dataplane haproxy:SOCKET");
                }
                return SegmentDataPlane.attach(Path.of(what.substring(SHM.length())), System::nanoTime);
            }
            if (what.startsWith(HAPROXY)) {
                if (proxied == null) {
                    throw bad("--dataplane haproxy:SOCKET needs --backend NAME");
                }
                return HaproxyDataPlane.connect(
                        Path.of(what.substring(HAPROXY.length())),
                        proxied,
                        settings.interval().orElse(DEFAULT_INTERVAL).toNanos(),
                        System::nanoTime);
            }
        } catch (SegmentException e) {
            throw bad("--dataplane: " + e.getMessage());
        }
        if (what.equals("proxy")) {
            throw bad(
                    "--dataplane proxy: 'marllb proxy' has its controller inside and needs no other; to steer it from "
                            + "here, start it with --control shm:PATH and give --dataplane shm:PATH");
        }
        throw bad(
                what.isEmpty()
                        ? "what to steer? give --dataplane shm:PATH or --dataplane haproxy:SOCKET"
                        : "--dataplane must be shm:PATH or haproxy:SOCKET, but was " + Quantity.quote(what));
    }

    private static ControllerConfig placed(ControllerConfig settings, DataPlane plane) {
        return plane instanceof HaproxyDataPlane haproxy
                ? settings.withServers(haproxy.place(settings.servers()))
                : settings;
    }

    private static String farewell(Controller controller, DataPlane plane) {
        Histogram rounds = controller.roundNanos();
        long lostSeconds = LOST_INTERVALS * plane.spec().intervalNanos() / 1_000_000_000L;
        String stay = plane instanceof HaproxyDataPlane
                ? "the last weights stay in force in HAProxy"
                : "the last weights stay in force, for " + lostSeconds
                        + " s without a controller; then the data plane uses sed on the configured weights";
        return rounds.getTotalCount() == 0
                ? "controller: ended without a decision; " + stay
                : String.format(
                        java.util.Locale.ROOT,
                        "controller: ended after %d decisions (round p50 %.2f ms, p99 %.2f ms); %s",
                        rounds.getTotalCount(),
                        rounds.getValueAtPercentile(50) / 1e6,
                        rounds.getValueAtPercentile(99) / 1e6,
                        stay);
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Reads the configuration again; what is wrong with it is said, and everything stays. */
    private final class Reload {

        private final Controller controller;
        private final DataPlane plane;
        private ControllerFile last;
        private PolicySpec decides;

        Reload(Controller controller, DataPlane plane, ControllerFile last, PolicySpec decides) {
            this.controller = controller;
            this.plane = plane;
            this.last = last;
            this.decides = decides;
        }

        synchronized void run() {
            System.Logger log = System.getLogger("io.marllb.controller");
            try {
                ControllerFile next = file();
                ControllerConfig settings = placed(settings(next), plane);
                if (!next.dataplane().equals(last.dataplane())
                        || !next.backend().equals(last.backend())
                        || !next.metrics().equals(last.metrics())
                        || !next.config().interval().equals(last.config().interval())) {
                    throw bad(
                            config
                                    + ": dataplane, backend, metrics and interval can't change while it runs; restart for that");
                }
                PolicySpec wanted = decides(next);
                // The same agent's file may hold another agent by now, but for online training, where candidates
                // replace it.
                boolean same = wanted.name().equals(decides.name())
                        && (settings.online().isPresent() || !wanted.name().startsWith("agent:"));
                controller.requireFit(same ? null : wanted, settings);
                if (same) {
                    controller.reconfigure(settings);
                } else {
                    controller.reconfigure(wanted, settings);
                }
                decides = wanted;
                last = next;
            } catch (IllegalArgumentException | ParameterException e) {
                log.log(
                        Level.WARNING,
                        "event=reload-refused detail=\""
                                + e.getMessage().replace('"', '\'').replaceAll("\\s+", " ")
                                + "; everything stays as it was\"");
            }
        }
    }
}
