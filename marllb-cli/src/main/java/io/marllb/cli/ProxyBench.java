package io.marllb.cli;

import io.marllb.bench.proxy.ProxySuite;
import io.marllb.bench.statistics.Median;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the TCP proxy costs. */
@Command(
        name = "proxy",
        description = {
            "CPU time per request of marllb proxy and of HAProxy (TCP mode, one thread), in the same rounds, in front of the same nginx on the loopback; "
                    + "then failures and memory with many connections at a time.",
            "Needs nginx, haproxy and wrk (Debian: nginx-light haproxy wrk); takes about five minutes."
        },
        exitCodeList = {
            "0:measured, and every promise holds",
            "1:a promise does not hold",
            "2:bad input",
            "3:skipped, since a program is not installed",
            "130:interrupted"
        },
        footer = {"", "Example: marllb bench proxy --rounds 3"})
final class ProxyBench implements Callable<Integer> {

    private static final int SKIPPED = 3;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Counted rounds. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "20",
            description = "Seconds of load on each before anything counts. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "5000",
            description = "At a time, in the test of memory and failures. Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Mixin
    private JsonFile json;

    ProxyBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        new Positive(spec)
                .check("--rounds", rounds)
                .check("--seconds", seconds)
                .check("--warm-up", warmUp)
                .check("--connections", connections);
        json.check();
        PrintWriter out = spec.commandLine().getOut();
        List<String> missing = ProxySuite.missing();
        if (!missing.isEmpty()) {
            out.println("skipped: " + String.join(", ", missing)
                    + " not installed (Debian: apt-get install nginx-light haproxy wrk)");
            return SKIPPED;
        }
        ProxySuite.Report report = ProxySuite.run(
                new ProxySuite.Plan(rounds, seconds, warmUp, connections), OwnCommand.start(), BenchText.lines(spec));
        print(report, out);
        json.write(() -> ProxySuite.json(
                report,
                "marllb bench proxy --rounds " + rounds + " --seconds " + seconds + " --warm-up " + warmUp
                        + " --connections " + connections));
        return report.holds() ? 0 : 1;
    }

    private void print(ProxySuite.Report report, PrintWriter out) {
        TextTable costs = new TextTable(
                "CPU us per request", ">median", ">HAProxy", ">ratio", "promised", ">failed", ">rounds", ">HAProxy's");
        for (ProxySuite.Cost c : report.costs()) {
            costs.row(
                    c.name(),
                    BenchText.number("%.1f", Median.of(c.ours())),
                    BenchText.number("%.1f", Median.of(c.peers())),
                    BenchText.number("%.2f", c.ratio()),
                    BenchText.number("<= %.1f", ProxySuite.BAR) + BenchText.number(", aim %.1f", ProxySuite.AIM),
                    Long.toString(c.failed()),
                    BenchText.numbers("%.1f", c.ours()),
                    BenchText.numbers("%.1f", c.peers()));
        }
        costs.print(out, terminal.columns());
        out.println();
        TextTable waves =
                new TextTable("many connections", ">at a time", ">requests", ">failed", ">MiB resident", ">growth");
        for (ProxySuite.Waves w : report.waves()) {
            waves.row(
                    w.name(),
                    Integer.toString(w.connections()),
                    String.format(Locale.ROOT, "%,d", w.requests()),
                    Long.toString(w.failed()),
                    BenchText.numbers("%.1f", w.residentMib()),
                    BenchText.number("%.2f", w.growth()));
        }
        waves.print(out, terminal.columns());
        out.println();
        out.println(String.join("; ", report.versions()));
    }
}
