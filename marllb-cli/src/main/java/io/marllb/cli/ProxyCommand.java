package io.marllb.cli;

import io.marllb.core.config.Quantity;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.ControllerFile;
import io.marllb.dataplane.proxy.ProxyConfig;
import io.marllb.dataplane.proxy.ProxyLimits;
import io.marllb.dataplane.proxy.TcpProxy;
import io.marllb.ipc.SegmentException;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Carries live TCP traffic. */
@Command(
        name = "proxy",
        description = {
            "Carries TCP connections to servers, which a policy picks, until it is ended; needs no privileges.",
            "Servers are checked, a connect that is refused is tried elsewhere, and a policy that fails does not stop the traffic. "
                    + "SIGTERM and Ctrl-C let open connections end. docs/proxy.md has the whole story."
        },
        exitCodeList = {"1:it failed", "2:bad input", "130, 143:ended by SIGINT, SIGTERM"},
        footer = {
            "",
            "Example: marllb proxy --servers 10.0.0.1:80,10.0.0.2:80=2",
            "         marllb proxy --listen 0.0.0.0:8080 --servers web-1:80,web-2:80 --policy marllb --metrics 127.0.0.1:9090",
            "         marllb proxy --servers 10.0.0.1:80,10.0.0.2:80 --control shm:/dev/shm/marllb-web"
        })
final class ProxyCommand implements Callable<Integer> {

    private static final String SHM = "shm:";
    private static final String OFF = "off";
    private static final String DEFAULT_LISTEN = "127.0.0.1:8080";
    private static final String DEFAULT_POLICY = "sed";
    private static final Duration AFTER_GRACE = Duration.ofSeconds(10); // to close what is still open

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "IP:PORT,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = DEFAULT_LISTEN,
            description =
                    "Where clients connect; several are possible, ':8080' is every address. Default: ${DEFAULT-VALUE}.")
    private List<String> listen;

    @Option(
            names = "--servers",
            paramLabel = "HOST:PORT[=WEIGHT],...",
            split = ",",
            hideParamSyntax = true,
            description =
                    "The servers, slot by slot; instead of the file's. Names are looked up once. Default weight: 1.")
    private List<String> servers;

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            description =
                    "Who decides; see 'marllb policies'; agent:PATH is a trained one. Default: " + DEFAULT_POLICY + ".")
    private String policy;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Servers, policy, health checks and guard-rails in YAML; docs/controller.md has the keys. SIGHUP "
                            + "reads it again.")
    private Path config;

    @Option(
            names = "--control",
            paramLabel = "shm:PATH",
            description =
                    "Leave decisions to 'marllb controller --dataplane shm:PATH'. Default: a controller in this process.")
    private String control;

    @Option(
            names = "--metrics",
            paramLabel = "IP:PORT",
            description = "Where to serve /metrics, /healthz, /readyz; 'off' for nowhere, the default.")
    private String metrics;

    @Option(
            names = "--loops",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that move bytes; a core each is the most that helps. Default: ${DEFAULT-VALUE}.")
    private int loops;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Connections at a time; more wait in the kernel. Default: 8192, or what 'ulimit -n' allows.")
    private Integer maxConnections;

    @Option(
            names = "--connect-timeout",
            paramLabel = "T",
            converter = DurationConverter.class,
            defaultValue = "3s",
            description =
                    "A server that does not accept within this time is left for another. Default: ${DEFAULT-VALUE}.")
    private Duration connectTimeout;

    @Option(
            names = "--connect-tries",
            paramLabel = "N",
            defaultValue = "3",
            description = "Servers tried before a client is turned away. Default: ${DEFAULT-VALUE}.")
    private int connectTries;

    @Option(
            names = "--idle-timeout",
            paramLabel = "T",
            converter = DurationConverter.class,
            defaultValue = "60s",
            description = "A connection on which nothing moves for this time is closed. Default: ${DEFAULT-VALUE}.")
    private Duration idleTimeout;

    @Option(
            names = "--grace",
            paramLabel = "T",
            converter = DurationConverter.class,
            defaultValue = "10s",
            description = "At the end, how long open connections may go on. Default: ${DEFAULT-VALUE}.")
    private Duration grace;

    @Option(
            names = "--backlog",
            paramLabel = "N",
            defaultValue = "4096",
            description =
                    "Connections that may wait in the kernel (at most net.core.somaxconn). Default: ${DEFAULT-VALUE}.")
    private int backlog;

    @Option(
            names = "--buffer",
            paramLabel = "BYTES",
            defaultValue = "16384",
            description =
                    "Kept of each direction whose receiver is slow, and read at once at most. Default: ${DEFAULT-VALUE}.")
    private int buffer;

    @Option(
            names = "--slots",
            paramLabel = "N",
            description = "Room for servers that are added while it runs. Default: as many as there are servers.")
    private Integer slots;

    @Option(
            names = "--balancers",
            paramLabel = "M",
            defaultValue = "1",
            description = "Balancers that share these servers, for policies that use m. Default: ${DEFAULT-VALUE}.")
    private int balancers;

    @Option(
            names = "--interval",
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "From one decision to the next. Default: the file's, or 250ms.")
    private Duration interval;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Root of all random draws. Default: another one at each start, but flows hash alike.")
    private Long seed;

    @Override
    public Integer call() throws InterruptedException {
        OneLineLog.use();
        PrintWriter err = spec.commandLine().getErr();
        ControllerFile file = file();
        PolicySpec decides = decides(file);
        CompletableFuture<Void> ending = new CompletableFuture<>();
        // Outermost, so that the process lives until everything was put away.
        try (Interruption interruption = new Interruption(() -> ending.complete(null), grace.plus(AFTER_GRACE));
                TcpProxy proxy = start(file, decides)) {
            Reload reload = new Reload(proxy, file, decides);
            if (config != null && !Hangup.call(reload::run)) {
                err.println("proxy: this JVM has no SIGHUP; restart to read " + config + " again");
            }
            err.println(greeting(proxy, decides));
            err.flush();
            CompletableFuture.anyOf(ending, proxy.failure()).join();
            long open = proxy.openConnections();
            if (open > 0) {
                err.println("proxy: " + open + " connections may go on for " + Quantity.printDuration(grace.toNanos()));
                err.flush();
            }
            boolean all = proxy.drain(grace);
            err.println("proxy: ended" + (all ? "" : "; " + proxy.openConnections() + " connections were cut off"));
            err.flush();
            return interruption.happened() ? Marllb.INTERRUPTED : 0;
        } catch (CompletionException e) {
            throw new JobFailedException("the proxy has failed: " + e.getCause());
        }
    }

    private TcpProxy start(ControllerFile file, PolicySpec decides) {
        try {
            return TcpProxy.start(settings(file, decides));
        } catch (SegmentException e) {
            throw bad("--control: " + e.getMessage());
        }
    }

    private ControllerFile file() {
        ControllerFile file = config == null ? ControllerFile.EMPTY : ControllerFile.read(config);
        if (file.dataplane().isPresent() || file.backend().isPresent()) {
            throw bad(config + ": dataplane and backend are for marllb controller; here the data plane is the proxy");
        }
        if (file.config().online().isPresent()) {
            throw bad(
                    config + ": online-training is for marllb controller; give it this proxy with --control shm:PATH");
        }
        return file;
    }

    private PolicySpec decides(ControllerFile file) {
        if (control != null && (policy != null || metrics != null)) {
            throw bad("with --control the controller outside decides: give --policy and --metrics to it");
        }
        return PolicyRegistry.parse(policy != null ? policy : file.policy().orElse(DEFAULT_POLICY));
    }

    private ProxyConfig settings(ControllerFile file, PolicySpec decides) {
        List<ServerEntry> list = servers(file);
        if (list.isEmpty()) {
            throw bad("which servers? give --servers HOST:PORT,HOST:PORT, or servers in a --config file");
        }
        int used = list.stream().mapToInt(ServerEntry::slot).max().orElseThrow() + 1;
        ProxyLimits limits = new ProxyLimits(
                loops,
                maxConnections == null ? OptionalInt.empty() : OptionalInt.of(maxConnections),
                backlog,
                buffer,
                connectTimeout,
                connectTries,
                idleTimeout);
        return new ProxyConfig(
                listen.stream().map(this::listening).collect(Collectors.toList()),
                list,
                slots == null ? used : slots,
                balancers,
                decides,
                interval != null ? interval : file.config().interval().orElse(ProxyConfig.DEFAULT_INTERVAL),
                seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
                limits,
                segment(),
                page(file),
                file.config());
    }

    private List<ServerEntry> servers(ControllerFile file) {
        if (servers == null) {
            return file.config().servers();
        }
        List<ServerEntry> list = new ArrayList<>();
        for (String text : servers) {
            try {
                list.add(ServerEntry.parse(list.size(), text.strip()));
            } catch (IllegalArgumentException e) {
                throw bad("--servers " + e.getMessage());
            }
        }
        return list;
    }

    private Optional<Path> segment() {
        if (control == null) {
            return Optional.empty();
        }
        if (!control.startsWith(SHM) || control.length() == SHM.length()) {
            throw bad(
                    "--control must be shm:PATH, such as shm:/dev/shm/marllb-web, but was " + Quantity.quote(control));
        }
        return Optional.of(Path.of(control.substring(SHM.length())));
    }

    private Optional<InetSocketAddress> page(ControllerFile file) {
        String at = metrics != null
                ? metrics
                : control != null ? OFF : file.metrics().orElse(OFF);
        return at.equals(OFF) ? Optional.empty() : Optional.of(address("--metrics", at));
    }

    /** Port 0 is any, and no address is all of them. */
    private InetSocketAddress listening(String text) {
        String all = text.strip().replaceFirst("^\\*?:", "");
        if (!all.equals(text.strip())) {
            return new InetSocketAddress(address("--listen", "0.0.0.0:" + all).getPort());
        }
        return address("--listen", text.strip());
    }

    private InetSocketAddress address(String option, String text) {
        try {
            return ListenAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw bad(option + " " + e.getMessage());
        }
    }

    private String greeting(TcpProxy proxy, PolicySpec decides) {
        String where = proxy.addresses().stream().map(ListenAddress::print).collect(Collectors.joining(", "));
        return "proxy: listening on " + where + "; "
                + (control == null
                        ? decides.name() + " decides"
                        : "waits for marllb controller --dataplane " + control + ", until then sed decides")
                + "; up to " + proxy.maxConnections() + " connections"
                + proxy.metricsAddress()
                        .map(at -> "; metrics at http://" + ListenAddress.print(at) + "/metrics")
                        .orElse("");
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Reads the configuration again; what is wrong with it is said, and everything stays. */
    private final class Reload {

        private final TcpProxy proxy;
        private ControllerFile last;
        private PolicySpec decides;

        Reload(TcpProxy proxy, ControllerFile last, PolicySpec decides) {
            this.proxy = proxy;
            this.last = last;
            this.decides = decides;
        }

        synchronized void run() {
            try {
                if (control != null) {
                    throw bad("with --control the controller outside is to be told");
                }
                ControllerFile next = file();
                if (!next.metrics().equals(last.metrics())
                        || !next.config().interval().equals(last.config().interval())) {
                    throw bad(config + ": metrics and interval can't change while it runs; restart for that");
                }
                PolicySpec wanted = decides(next);
                // The same agent's file may hold another agent by now; anything else of the same name is the same.
                boolean same =
                        wanted.name().equals(decides.name()) && !wanted.name().startsWith("agent:");
                PolicySpec from = same ? decides : wanted;
                ControllerConfig settings = next.config().withServers(servers(next));
                proxy.reconfigure(from, settings);
                decides = from;
                last = next;
            } catch (IllegalArgumentException | ParameterException e) {
                System.getLogger("io.marllb.proxy")
                        .log(
                                Level.WARNING,
                                "event=reload-refused detail=\""
                                        + e.getMessage().replace('"', '\'').replaceAll("\\s+", " ")
                                        + "; everything stays as it was\"");
            }
        }
    }
}
