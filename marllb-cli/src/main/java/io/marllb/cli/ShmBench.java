package io.marllb.cli;

import io.marllb.bench.shm.ShmSuite;
import io.marllb.ipc.SegmentException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shared memory between Java and C. */
@Command(
        name = "shm",
        description = {
            "Shared memory between Java and C: torn and backward reads at full speed both ways, beside a control without versions; the time of one "
                    + "way; either side killed at random moments.",
            "Compiles a small data plane in C, so it needs a C compiler; takes some minutes with the default sizes."
        },
        exitCodeList = {
            "0:nothing torn, backwards or bad, and the controls tore",
            "1:something was, or a side failed",
            "2:bad input",
            "3:skipped, since there is no C compiler",
            "130:interrupted"
        },
        footer = {"", "Example: marllb bench shm --updates 1000000 --kills 5"})
final class ShmBench implements Callable<Integer> {

    private static final int SKIPPED = 3;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--updates",
            paramLabel = "N",
            defaultValue = "100000000",
            description = "Records each way. Default: ${DEFAULT-VALUE}.")
    private long updates;

    @Option(
            names = "--servers",
            paramLabel = "N",
            defaultValue = "8",
            description = "Server slots; records grow with them. Default: ${DEFAULT-VALUE}.")
    private int servers;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "200000",
            description = "Round trips of each kind. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "100",
            description = "How often each side is killed. Default: ${DEFAULT-VALUE}.")
    private int kills;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the moments to kill. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private JsonFile json;

    ShmBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ShmSuite.Options options = new ShmSuite.Options(updates, servers, rounds, kills, seed);
        json.check();
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Optional<String> missing = ShmSuite.missing();
        if (missing.isPresent()) {
            err.println("marllb: skipped: " + missing.get());
            return SKIPPED;
        }
        ShmSuite.Report report;
        try (Interruption interruption = new Interruption(Thread.currentThread()::interrupt)) {
            try {
                report = ShmSuite.run(options, line -> {
                    err.println("marllb: " + line);
                    err.flush();
                });
            } catch (InterruptedException | IOException | SegmentException e) {
                if (interruption.happened()) { // Ctrl-C ends the data plane in C as well
                    return Marllb.INTERRUPTED;
                }
                throw e;
            }
        }
        print(report, out);
        json.write(() -> ShmSuite.json(
                report,
                String.format(
                        Locale.ROOT,
                        "marllb bench shm --updates %d --servers %d --rounds %d --kills %d --seed %d",
                        updates,
                        servers,
                        rounds,
                        kills,
                        seed)));
        return report.holds() ? 0 : 1;
    }

    private void print(ShmSuite.Report report, PrintWriter out) {
        TextTable directions =
                new TextTable("full speed", ">updates", ">ns/update", ">read", ">torn", ">backwards", ">refused");
        for (ShmSuite.Direction d : report.directions()) {
            directions.row(
                    d.name(),
                    count(d.updates()),
                    number("%.0f", d.nanosPerUpdate()),
                    count(d.good()),
                    count(d.torn()),
                    count(d.backwards()),
                    count(d.refused()));
        }
        directions.print(out, terminal.columns());
        out.println();
        TextTable controls = new TextTable("control without versions", ">read", ">torn");
        for (ShmSuite.Control c : report.controls()) {
            controls.row(c.name(), count(c.reads()), count(c.torn()));
        }
        controls.print(out, terminal.columns());
        out.println();
        TextTable latencies = new TextTable("one way", ">min ns", ">p50 ns", ">p99 ns", ">p99.9 ns");
        for (ShmSuite.Latency l : report.latencies()) {
            latencies.row(
                    l.what(),
                    number("%.0f", l.min()),
                    number("%.0f", l.p50()),
                    number("%.0f", l.p99()),
                    number("%.0f", l.p999()));
        }
        latencies.print(out, terminal.columns());
        if (report.kills().isEmpty()) {
            return;
        }
        out.println();
        TextTable kills = new TextTable(
                "killed (SIGKILL)", ">kills", ">read by survivor", ">bad", ">attach median ms", ">max ms");
        for (ShmSuite.Kills k : report.kills()) {
            kills.row(
                    k.victim(),
                    count(k.kills()),
                    count(k.records()),
                    count(k.bad()),
                    number("%.1f", k.attachMedianMillis()),
                    number("%.1f", k.attachMaxMillis()));
        }
        kills.print(out, terminal.columns());
    }

    private static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    private static String number(String format, double x) {
        return String.format(Locale.ROOT, format, x);
    }
}
