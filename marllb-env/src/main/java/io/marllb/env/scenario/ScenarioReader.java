package io.marllb.env.scenario;

import io.marllb.core.config.Fields;
import io.marllb.core.config.Problems;
import io.marllb.core.config.Quantity;
import io.marllb.core.config.YamlDocument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads one scenario strictly: every key is known, every value has its type and unit, and everything that is wrong is reported at once. */
final class ScenarioReader {

    /** Nanoseconds. Ticks that are closer than this only fill the event queue. */
    private static final long LEAST_INTERVAL = 1000;

    private static final List<String> KEYS = List.of(
            "name", "description", "balancers", "servers", "weights", "traffic", "network", "events", "control", "run");
    private static final List<String> SERVER_KEYS =
            List.of("cores", "speed", "smt-gain", "workers", "backlog", "discipline");
    private static final List<String> ACTIONS = List.of("speed", "down", "drain", "remove", "add", "rate");

    private final Problems problems;
    private final Optional<Path> folder;

    private ScenarioReader(Problems problems, Optional<Path> folder) {
        this.problems = problems;
        this.folder = folder;
    }

    /** What a file says; the description is one line and may be empty. */
    record Read(Scenario scenario, String description) {}

    /**
     * Reads a text.
     *
     * @param defaultName name of a scenario that has none
     * @param folder what relative files are relative to
     */
    static Read read(String text, String source, String defaultName, Optional<Path> folder) {
        Problems problems = new Problems(source, "scenario");
        Node root = YamlDocument.parse(text, problems, "servers, traffic and run");
        return new ScenarioReader(problems, folder).scenario(Fields.of(root, "", problems, KEYS), defaultName);
    }

    private Read scenario(Fields f, String defaultName) {
        f.need("servers", "traffic", "run");
        String name = f.text("name", defaultName);
        Scenario.nameViolation(name).ifPresent(v -> f.problem("name", v));
        String description = f.text("description", "");
        int balancers = (int) f.integer("balancers", 1, 1, Scenario.MAX_BALANCERS);
        List<ServerSpec> servers = servers(f);
        boolean known = f.word("weights", "known", List.of("known", "unknown")).equals("known");
        Scenario.Traffic traffic = f.has("traffic")
                ? new TrafficReader(problems, folder).read(f.mapping("traffic", List.of("arrivals", "classes", "acks")))
                : null;
        Scenario.Network network = network(f);
        List<ScenarioEvent> events = events(f, servers.size());
        Scenario.pairsViolation(balancers, servers.size()).ifPresent(v -> f.problem("balancers", v));
        Scenario.Control control = control(f);
        Scenario.Run run = run(f);
        problems.throwIfAny();
        try {
            return new Read(
                    new Scenario(name, balancers, servers, known, traffic, network, events, control, run), description);
        } catch (IllegalArgumentException e) {
            throw problems.fatal(e.getMessage());
        }
    }

    private List<ServerSpec> servers(Fields f) {
        List<String> keys = new ArrayList<>(SERVER_KEYS);
        keys.add(0, "count");
        List<ServerSpec> servers = new ArrayList<>();
        List<Node> items = f.items("servers");
        if (f.has("servers") && f.isList("servers") && items.isEmpty()) {
            f.problem("servers", "must have at least one server, but is empty");
        }
        long total = 0;
        for (int i = 0; i < items.size(); i++) {
            Fields s = Fields.of(items.get(i), "servers[" + i + "]", problems, keys);
            int count = (int) s.integer("count", 1, 1, Scenario.MAX_SERVERS);
            ServerSpec spec = server(s);
            total += count;
            if (total <= Scenario.MAX_SERVERS) {
                // A server that is not valid still counts, so that events may name it.
                servers.addAll(Collections.nCopies(count, spec == null ? ServerSpec.standard() : spec));
            }
        }
        if (total > Scenario.MAX_SERVERS) {
            f.problem("servers", "are " + total + ", but at most " + Scenario.MAX_SERVERS + " are supported");
        }
        return servers;
    }

    private ServerSpec server(Fields s) {
        int before = problems.count();
        int cores = (int) s.integer("cores", 1, 1, ServerSpec.MAX_CORES);
        double speed = s.positiveNumber("speed", 1, ServerSpec.MIN_SPEED, ServerSpec.MAX_SPEED);
        double gain = share(s, "smt-gain", 0, true);
        int workers = s.limit("workers", 1, ServerSpec.UNLIMITED);
        int backlog = s.limit("backlog", 0, ServerSpec.UNLIMITED);
        boolean fifo = s.word("discipline", "ps", List.of("fifo", "ps")).equals("fifo");
        if (fifo && gain > 0) {
            s.problem("smt-gain", "needs discipline ps, but the discipline is fifo; leave smt-gain out");
        }
        return problems.count() > before
                ? null
                : new ServerSpec(cores, speed, gain, workers, backlog, fifo ? Discipline.FIFO : Discipline.PS);
    }

    /** A share in [0, 1), or [0, 1]. */
    private static double share(Fields f, String key, double otherwise, boolean oneIsFine) {
        double x = f.fraction(key, otherwise);
        if (!(x >= 0 && (oneIsFine ? x <= 1 : x < 1))) {
            f.problem(
                    key,
                    "must be in [0, 1" + (oneIsFine ? "]" : ")") + ", but was " + Quantity.printNumber(x)
                            + Quantity.percentHint(x));
            return otherwise;
        }
        return x;
    }

    private Scenario.Network network(Fields f) {
        if (!f.has("network")) {
            return Scenario.Network.none();
        }
        Fields n = f.mapping("network", List.of("client-to-balancer", "balancer-to-server", "signal-loss"));
        long client = n.duration("client-to-balancer", 0, "1ms");
        long server = n.duration("balancer-to-server", 0, "1ms");
        return new Scenario.Network(client, server, share(n, "signal-loss", 0, false));
    }

    private Scenario.Control control(Fields f) {
        Scenario.Control d = Scenario.Control.defaults();
        if (!f.has("control")) {
            return d;
        }
        Fields c = f.mapping("control", List.of("interval", "report-interval", "detection", "slow-start"));
        return new Scenario.Control(
                c.period("interval", d.interval(), LEAST_INTERVAL, "250ms"),
                c.period("report-interval", d.reportInterval(), LEAST_INTERVAL, "250ms"),
                c.duration("detection", d.detection(), "500ms"),
                c.duration("slow-start", d.slowStart(), "10s"));
    }

    private Scenario.Run run(Fields f) {
        if (!f.has("run")) {
            return null;
        }
        int before = problems.count();
        Fields r = f.mapping("run", List.of("flows", "duration", "warmup", "seed"));
        if (r.isMapping() && r.has("flows") == r.has("duration")) {
            f.problem(
                    "run",
                    "needs exactly one of 'flows' and 'duration', but has " + (r.has("flows") ? "both" : "neither"));
        }
        OptionalLong flows =
                r.has("flows") ? OptionalLong.of(r.integer("flows", 1, 1, Scenario.MAX_FLOWS)) : OptionalLong.empty();
        OptionalLong duration =
                r.has("duration") ? OptionalLong.of(r.positiveDuration("duration", 1, "60s")) : OptionalLong.empty();
        double warmup = share(r, "warmup", Scenario.Run.DEFAULT_WARMUP, false);
        long seed = r.integer("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
        return problems.count() > before ? null : new Scenario.Run(flows, duration, warmup, seed);
    }

    private record Placed(ScenarioEvent event, Fields fields) {}

    private List<ScenarioEvent> events(Fields f, int servers) {
        int before = problems.count();
        List<Placed> placed = new ArrayList<>();
        List<Node> items = f.items("events");
        for (int i = 0; i < items.size(); i++) {
            Placed event = event(items.get(i), "events[" + i + "]");
            if (event != null) {
                placed.add(event);
            }
        }
        placed.sort(Comparator.comparingLong(p -> p.event.at()));
        List<ScenarioEvent> events = placed.stream().map(Placed::event).toList();
        // An event that could not be read may have added a server: without it the others cannot be judged.
        if (problems.count() == before && servers > 0) {
            for (EventTimeline.Violation v : EventTimeline.violations(servers, events)) {
                Fields e = placed.get(v.index()).fields;
                if (e.has("servers")) {
                    e.problem("servers", v.text());
                } else {
                    problems.at(e.self(), v.text());
                }
            }
        }
        return events;
    }

    private Placed event(Node node, String path) {
        int before = problems.count();
        List<String> keys = new ArrayList<>(List.of("at", "servers"));
        keys.addAll(ACTIONS);
        Fields e = Fields.of(node, path, problems, keys);
        e.need("at");
        long at = e.duration("at", 0, "20s");
        List<String> actions = ACTIONS.stream().filter(e::has).toList();
        if (problems.count() == before && actions.size() != 1) {
            problems.at(
                    node,
                    path + " must have exactly one of " + String.join(", ", ACTIONS) + ", but has "
                            + (actions.isEmpty() ? "none" : String.join(" and ", actions) + "; write one event each"));
        }
        if (actions.size() != 1 || problems.count() > before) {
            return null;
        }
        String action = actions.get(0);
        boolean pool = action.equals("add") || action.equals("rate");
        if (pool && e.has("servers")) {
            e.problem("servers", "has no meaning beside '" + action + "'; leave it out");
        } else if (!pool && !e.has("servers")) {
            problems.at(node, path + " needs the key 'servers', such as servers: [0]");
        }
        List<Integer> servers = e.list("servers", t -> {
            long j = Quantity.integer(t);
            if (j < 0 || j >= Scenario.MAX_SERVERS) {
                throw new IllegalArgumentException("must be the index of a server, counted from 0, but was " + t);
            }
            return (int) j;
        });
        ScenarioEvent event = build(e, action, at, servers);
        return problems.count() > before ? null : new Placed(event, e);
    }

    private ScenarioEvent build(Fields e, String action, long at, List<Integer> servers) {
        int before = problems.count();
        switch (action) {
            case "speed" -> {
                double speed = e.positiveNumber("speed", Double.NaN, ServerSpec.MIN_SPEED, ServerSpec.MAX_SPEED);
                return problems.count() > before ? null : new ScenarioEvent.SetSpeed(at, servers, speed);
            }
            case "down" -> {
                return new ScenarioEvent.SetDown(at, servers, e.flag("down"));
            }
            case "drain" -> {
                return new ScenarioEvent.SetDrain(at, servers, e.flag("drain"));
            }
            case "remove" -> {
                if (!e.flag("remove") && problems.count() == before) {
                    e.problem("remove", "must be true: a removed server is gone for good; use drain: false, or add");
                }
                return new ScenarioEvent.Remove(at, servers);
            }
            case "rate" -> {
                double factor = e.positiveNumber("rate", Double.NaN);
                return problems.count() > before ? null : new ScenarioEvent.SetRate(at, factor);
            }
            default -> {
                ServerSpec added = server(e.mapping("add", SERVER_KEYS));
                return added == null ? null : new ScenarioEvent.Add(at, added);
            }
        }
    }
}
