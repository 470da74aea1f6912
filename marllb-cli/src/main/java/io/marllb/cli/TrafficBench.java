package io.marllb.cli;

import io.marllb.bench.testbed.TestbedException;
import io.marllb.bench.testbed.Tools;
import io.marllb.bench.testbed.TrafficSuite;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the DPDK program costs with real servers, and whether a dying controller hurts anybody. */
@Command(
        name = "traffic",
        description = {
            "Requests of wrk to nginx servers in network namespaces, through the DPDK program and through HAProxy: CPU time per request in turns, then a long "
                    + "run while the controller is killed and started again.",
            "Needs root, iproute2, ethtool, nginx, haproxy, wrk and the DPDK program; takes about six minutes."
        },
        exitCodeList = {
            "0:measured, and every promise holds",
            "1:a promise does not hold",
            "2:bad input",
            "3:skipped, since something is missing",
            "130:interrupted"
        },
        footer = {"", "Example: marllb bench traffic --dpdk marllb-dataplane/target/native/dpdk/marllb-dpdk"})
final class TrafficBench implements Callable<Integer> {

    private static final int SKIPPED = 3;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(names = "--dpdk", paramLabel = "FILE", required = true, description = "The DPDK program.")
    private Path dpdk;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Turns of each program. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "4",
            description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--long",
            paramLabel = "N",
            defaultValue = "60",
            description = "Seconds of the run while controllers die. Default: ${DEFAULT-VALUE}.")
    private int longSeconds;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often they do. Default: ${DEFAULT-VALUE}.")
    private int kills;

    @Option(names = "--json", paramLabel = "FILE", description = "Write everything and the machine as JSON too.")
    private Path json;

    TrafficBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        new Positive(spec)
                .check("--rounds", rounds)
                .check("--seconds", seconds)
                .check("--long", longSeconds)
                .check("--kills", kills);
        if (!Files.isExecutable(dpdk)) {
            throw new IllegalArgumentException(
                    "--dpdk " + dpdk + ": there is no such program; build it with: " + "marllb verify --only native");
        }
        OutputFile file = json == null ? null : OutputFile.check(json, "--json");
        PrintWriter out = spec.commandLine().getOut();
        List<String> missing = TrafficSuite.missing();
        if (!missing.isEmpty()) {
            out.println("skipped: " + String.join("; ", missing));
            return SKIPPED;
        }
        PrintWriter err = spec.commandLine().getErr();
        Path folder = Files.createTempDirectory("marllb-traffic");
        TrafficSuite.Report report;
        try (Interruption interruption = new Interruption()) {
            report = TrafficSuite.run(
                    new TrafficSuite.Plan(rounds, seconds, longSeconds, kills),
                    new Tools(OwnCommand.start(), dpdk.toAbsolutePath()),
                    folder,
                    line -> {
                        err.println("marllb: " + line);
                        err.flush();
                    },
                    interruption::happened);
        } catch (TestbedException | IllegalStateException e) {
            throw new JobFailedException(e.getMessage());
        }
        if (report == null) {
            return Marllb.INTERRUPTED;
        }
        print(report, out);
        out.println("logs: " + folder);
        if (file != null) {
            file.writeText(TrafficSuite.json(
                    report,
                    "marllb bench traffic --dpdk FILE --rounds " + rounds + " --seconds " + seconds + " --long "
                            + longSeconds + " --kills " + kills));
        }
        return report.holds() ? 0 : 1;
    }

    private void print(TrafficSuite.Report report, PrintWriter out) {
        TextTable costs = new TextTable(
                "through", "connections", ">CPU us per request", ">of HAProxy's", ">per second", ">failed");
        for (TrafficSuite.Cost c : report.costs()) {
            costs.row(
                    c.contender().id(),
                    c.close() ? "one per request" : "kept open",
                    number("%.1f", c.cpuMicros()),
                    number("%.2f", report.ratio(c)),
                    number("%,.0f", c.perSecond()),
                    Long.toString(c.failed()));
        }
        costs.print(out, terminal.columns());
        out.println();
        TextTable longRuns = new TextTable(
                "through", ">seconds", ">controllers killed", ">requests", ">failed", ">CPU us per request");
        for (TrafficSuite.LongRun r : report.longRuns()) {
            longRuns.row(
                    r.contender().id(),
                    Integer.toString(report.plan().longSeconds()),
                    Integer.toString(r.kills()),
                    String.format(Locale.ROOT, "%,d", r.run().requests()),
                    Long.toString(r.run().failed()),
                    number("%.1f", r.run().cpuMicros()));
        }
        longRuns.print(out, terminal.columns());
        out.println();
    }

    private static String number(String format, double x) {
        return String.format(Locale.ROOT, format, x);
    }
}
