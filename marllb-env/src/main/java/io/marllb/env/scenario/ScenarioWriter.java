package io.marllb.env.scenario;

import io.marllb.core.config.Quantity;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints a scenario as YAML with every value written out, so that reading it gives the same scenario, bit for bit. */
final class ScenarioWriter {

    private static final Set<String> NOT_PLAIN = Set.of("null", "true", "false");

    private final StringBuilder out = new StringBuilder();
    private final Optional<Path> folder; // files are named relative to it

    private ScenarioWriter(Optional<Path> folder) {
        this.folder = folder.map(f -> f.toAbsolutePath().normalize());
    }

    static String write(Scenario scenario, Optional<Path> folder) {
        ScenarioWriter writer = new ScenarioWriter(folder);
        writer.scenario(scenario);
        return writer.out.toString();
    }

    private void scenario(Scenario s) {
        line("name: " + text(s.name()));
        line("balancers: " + s.balancers());
        line("servers:");
        List<ServerSpec> servers = s.servers();
        for (int from = 0; from < servers.size(); ) {
            int to = from + 1;
            while (to < servers.size() && servers.get(to).equals(servers.get(from))) {
                to++;
            }
            line("  - {count: " + (to - from) + ", " + server(servers.get(from)) + "}");
            from = to;
        }
        line("weights: " + (s.weightsKnown() ? "known" : "unknown"));
        line("traffic:");
        line("  arrivals: " + arrivals(s.traffic().arrivals()));
        if (!s.traffic().classes().isEmpty()) {
            line("  classes:");
            s.traffic().classes().forEach(c -> line("    - " + flowClass(c)));
        }
        line("  acks: " + s.traffic().acks());
        Scenario.Network n = s.network();
        line("network: {client-to-balancer: " + Quantity.printDuration(n.clientToBalancer()) + ", balancer-to-server: "
                + Quantity.printDuration(n.balancerToServer()) + ", signal-loss: "
                + Quantity.printNumber(n.signalLoss()) + "}");
        if (!s.events().isEmpty()) {
            line("events:");
            s.events().forEach(e -> line("  - {at: " + Quantity.printDuration(e.at()) + ", " + event(e) + "}"));
        }
        Scenario.Control c = s.control();
        line("control: {interval: " + Quantity.printDuration(c.interval()) + ", report-interval: "
                + Quantity.printDuration(c.reportInterval()) + ", detection: " + Quantity.printDuration(c.detection())
                + ", slow-start: " + Quantity.printDuration(c.slowStart()) + "}");
        Scenario.Run r = s.run();
        line("run: {"
                + (r.flows().isPresent()
                        ? "flows: " + r.flows().getAsLong()
                        : "duration: " + Quantity.printDuration(r.duration().getAsLong()))
                + ", warmup: " + Quantity.printNumber(r.warmup()) + ", seed: " + r.seed() + "}");
    }

    private static String server(ServerSpec s) {
        return "cores: " + s.cores() + ", speed: " + Quantity.printNumber(s.speed()) + ", smt-gain: "
                + Quantity.printNumber(s.smtGain()) + ", workers: " + limit(s.workers()) + ", backlog: "
                + limit(s.backlog()) + ", discipline: " + (s.discipline() == Discipline.FIFO ? "fifo" : "ps");
    }

    private static String limit(int x) {
        return x == ServerSpec.UNLIMITED ? "unlimited" : Integer.toString(x);
    }

    private String arrivals(Arrivals a) {
        if (a instanceof Arrivals.Poisson p) {
            return "{type: poisson, rate: " + Quantity.printNumber(p.rate()) + "}";
        } else if (a instanceof Arrivals.Mmpp m) {
            return "{type: mmpp, rates: "
                    + m.rates().stream().map(Quantity::printNumber).toList() + ", dwell: "
                    + m.dwellNanos().stream()
                            .map(d -> Quantity.printDuration((double) d))
                            .toList() + "}";
        } else if (a instanceof Arrivals.Nhpp n) {
            return "{type: nhpp, profile: " + file(n.profile())
                    + (n.rate().isPresent()
                            ? ", rate: " + Quantity.printNumber(n.rate().getAsDouble())
                            : "")
                    + n.stepNanos()
                            .map(s -> ", step: " + Quantity.printDuration((double) s))
                            .orElse("") + "}";
        }
        Arrivals.Trace t = (Arrivals.Trace) a;
        String options = t.options().stream()
                .map(o -> text(o.substring(0, Math.max(0, o.indexOf('=')))) + ": "
                        + text(o.substring(o.indexOf('=') + 1)))
                .collect(Collectors.joining(", "));
        return "{type: trace, file: " + file(t.file()) + ", format: " + text(t.format()) + ", scale: "
                + Quantity.printNumber(t.scale()) + (options.isEmpty() ? "" : ", options: {" + options + "}") + "}";
    }

    private String flowClass(FlowClass c) {
        return "{name: " + text(c.name()) + ", share: " + Quantity.printNumber(c.share()) + ", cpu: " + law(c.cpu())
                + c.io().map(io -> ", io: " + law(io)).orElse("") + "}";
    }

    private String law(Distribution d) {
        if (d instanceof Distribution.Deterministic x) {
            return "{type: deterministic, mean: " + Quantity.printDuration(x.mean()) + "}";
        } else if (d instanceof Distribution.Exponential x) {
            return "{type: exponential, mean: " + Quantity.printDuration(x.mean()) + "}";
        } else if (d instanceof Distribution.Erlang x) {
            return "{type: erlang, mean: " + Quantity.printDuration(x.mean()) + ", k: " + x.k() + "}";
        } else if (d instanceof Distribution.Hyperexponential x) {
            return "{type: hyperexponential, mean: " + Quantity.printDuration(x.mean()) + ", cv: "
                    + Quantity.printNumber(x.cv()) + "}";
        } else if (d instanceof Distribution.Lognormal x) {
            return "{type: lognormal, mean: " + Quantity.printDuration(x.mean()) + ", cv: "
                    + Quantity.printNumber(x.cv()) + "}";
        } else if (d instanceof Distribution.ParetoBounded x) {
            return "{type: pareto-bounded, alpha: " + Quantity.printNumber(x.alpha()) + ", min: "
                    + Quantity.printDuration(x.min()) + ", max: " + Quantity.printDuration(x.max()) + "}";
        } else if (d instanceof Distribution.Uniform x) {
            return "{type: uniform, min: " + Quantity.printDuration(x.min()) + ", max: "
                    + Quantity.printDuration(x.max()) + "}";
        }
        return "{type: empirical, file: " + file(((Distribution.Empirical) d).file()) + "}";
    }

    private static String event(ScenarioEvent e) {
        String servers = "servers: " + EventTimeline.serversOf(e) + ", ";
        if (e instanceof ScenarioEvent.SetSpeed x) {
            return servers + "speed: " + Quantity.printNumber(x.speed());
        } else if (e instanceof ScenarioEvent.SetDown x) {
            return servers + "down: " + x.down();
        } else if (e instanceof ScenarioEvent.SetDrain x) {
            return servers + "drain: " + x.drain();
        } else if (e instanceof ScenarioEvent.Remove) {
            return servers + "remove: true";
        } else if (e instanceof ScenarioEvent.Add x) {
            return "add: {" + server(x.server()) + "}";
        }
        return "rate: " + Quantity.printNumber(((ScenarioEvent.SetRate) e).factor());
    }

    private String file(Path path) {
        Path shown = path;
        if (folder.isPresent()) {
            Path absolute = path.toAbsolutePath().normalize();
            boolean near = Objects.equals(absolute.getRoot(), folder.get().getRoot());
            shown = near ? folder.get().relativize(absolute) : absolute;
        }
        return text(shown.toString().replace('\\', '/'));
    }

    /** Plain where YAML cannot take it for anything else, double-quoted otherwise. */
    private static String text(String s) {
        if (s.matches("[A-Za-z][A-Za-z0-9_./-]*") && !NOT_PLAIN.contains(s)) {
            return s;
        }
        StringBuilder quoted = new StringBuilder("\"");
        s.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if ((c >= ' ' && c < 127) || (c < 0x10000 && Character.isLetterOrDigit(c))) {
                quoted.append((char) c);
            } else {
                quoted.append(c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c));
            }
        });
        return quoted.append('"').toString();
    }

    private void line(String s) {
        out.append(s).append('\n');
    }
}
