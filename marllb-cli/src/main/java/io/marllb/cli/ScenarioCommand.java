package io.marllb.cli;

import io.marllb.core.config.ConfigException;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Scenarios: the ones that ship, and checks of one's own. */
@Command(
        name = "scenario",
        description = "Scenarios: a cluster, its traffic, what goes wrong and how long a run is.",
        footer = {"", "Example: marllb scenario show quickstart > mine.yaml; marllb scenario check mine.yaml"})
final class ScenarioCommand implements Runnable {

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    ScenarioCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "scenario needs one of list, show, check");
    }

    @Command(
            description = "Lists the scenarios that ship.",
            footer = {"", "Example: marllb scenario list"})
    int list() {
        TextTable table = new TextTable("scenario", ">servers", ">balancers", "what it is");
        for (String name : Scenarios.names()) {
            Scenario scenario = Scenarios.named(name);
            table.row(
                    name,
                    Integer.toString(scenario.servers().size()),
                    Integer.toString(scenario.balancers()),
                    Scenarios.description(name));
        }
        table.print(out("list"), terminal.columns());
        return 0;
    }

    @Command(
            description = "Prints the YAML of a scenario that ships, to read or to start one's own from.",
            footer = {"", "Example: marllb scenario show quickstart > mine.yaml"})
    int show(@Parameters(paramLabel = "NAME", description = "One of 'marllb scenario list'.") String name) {
        out("show").print(Scenarios.text(name));
        return 0;
    }

    @Command(
            description = "Reads scenario files strictly and reports everything that is wrong in each.",
            footer = {"", "Example: marllb scenario check mine.yaml"})
    int check(@Parameters(paramLabel = "FILE", arity = "1..*", description = "YAML files.") List<Path> files) {
        PrintWriter err = spec.subcommands().get("check").getErr();
        PrintWriter out = out("check");
        int bad = 0;
        for (Path file : files) {
            try {
                Scenario scenario = Scenarios.read(file);
                out.println(file + ": ok, " + describe(scenario));
            } catch (ConfigException e) {
                bad++;
                e.violations().forEach(v -> err.println("marllb: " + v));
            }
        }
        return bad == 0 ? 0 : 2;
    }

    private static String describe(Scenario s) {
        double capacity =
                s.servers().stream().mapToDouble(server -> server.capacity()).sum();
        String events = s.events().isEmpty() ? "" : ", " + count(s.events().size(), "event");
        return String.format(
                Locale.ROOT,
                "%s: %s of capacity %.4g, %s, %s%s",
                s.name(),
                count(s.servers().size(), "server"),
                capacity,
                count(s.balancers(), "balancer"),
                count(s.traffic().classes().size(), "class"),
                events);
    }

    private static String count(int n, String what) {
        return n + " " + (n == 1 ? what : what.endsWith("s") ? what + "es" : what + "s");
    }

    private PrintWriter out(String subcommand) {
        return spec.subcommands().get(subcommand).getOut();
    }
}
