package io.marllb.cli;

import io.marllb.bench.statistics.Median;
import io.marllb.bench.testbed.RequestSuite;
import io.marllb.bench.testbed.RequestSuite.Carrier;
import io.marllb.bench.testbed.RequestSuite.Cost;
import io.marllb.bench.testbed.Tools;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a request costs through the DPDK program and through HAProxy. */
@Command(
        name = "requests",
        description = {
            "CPU time per HTTP request of the DPDK program (dsr, nat) and of HAProxy (TCP mode, one thread), on the same testbed, in turns; then a "
                    + "long run through the DPDK program while its controller is killed and started again.",
            "Needs what the testbed needs (docs/testbed.md), wrk and haproxy; takes about five minutes."
        },
        exitCodeList = {
            "0:measured, and every promise holds",
            "1:a promise does not hold",
            "2:bad input",
            "3:skipped, since something is missing",
            "130:interrupted"
        },
        footer = {"", "Example: marllb bench requests --dpdk build/dpdk/marllb-dpdk"})
final class RequestsBench implements Callable<Integer> {

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
            description = "Turns of each. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "2",
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

    @Mixin
    private JsonFile json;

    RequestsBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        new Positive(spec)
                .check("--rounds", rounds)
                .check("--seconds", seconds)
                .check("--long", longSeconds)
                .check("--kills", kills);
        json.check();
        if (!Files.isExecutable(dpdk)) {
            throw new IllegalArgumentException("--dpdk " + dpdk + ": there is no such program");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<String> missing = RequestSuite.missing();
        if (!missing.isEmpty()) {
            out.println("skipped: " + String.join("; ", missing));
            return SKIPPED;
        }
        Tools tools = new Tools(OwnCommand.start(), dpdk.toAbsolutePath());
        RequestSuite.Report report = RequestSuite.run(
                tools, new RequestSuite.Plan(rounds, seconds, longSeconds, kills), BenchText.lines(spec));
        TextTable table = new TextTable(
                "CPU us per request", "through", ">median", ">to HAProxy", "promised", ">per s", ">failed", ">rounds");
        rows(table, "keep-alive", report.keepAlive());
        rows(table, "a connection each", report.close());
        table.print(out, terminal.columns());
        out.println();
        TextTable longRuns = new TextTable("through", ">seconds", ">controllers killed", ">requests", ">failed");
        report.longRuns()
                .forEach((carrier, run) -> longRuns.row(
                        carrier.id(),
                        Integer.toString(longSeconds),
                        Integer.toString(run.kills()),
                        BenchText.number("%,.0f", run.load().requests()),
                        Long.toString(run.load().failed())));
        longRuns.print(out, terminal.columns());
        json.write(() -> RequestSuite.json(
                report,
                "marllb bench requests --dpdk FILE --rounds " + rounds + " --seconds " + seconds + " --long "
                        + longSeconds + " --kills " + kills));
        return report.holds() ? 0 : 1;
    }

    private static void rows(TextTable table, String way, Map<Carrier, Cost> costs) {
        costs.forEach((carrier, cost) -> table.row(
                way,
                carrier.id(),
                BenchText.number("%.1f", Median.of(cost.micros())),
                BenchText.number("%.2f", RequestSuite.Report.ratio(costs, carrier)),
                carrier == Carrier.HAPROXY ? "" : BenchText.number("<= %.0f", RequestSuite.BAR),
                BenchText.number("%,.0f", Median.of(cost.perSecond())),
                Long.toString(cost.allFailed()),
                BenchText.numbers("%.1f", cost.micros())));
    }
}
