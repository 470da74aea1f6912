package io.marllb.cli;

import io.marllb.bench.speed.SpeedSuite;
import io.marllb.bench.theory.TheoryRow;
import io.marllb.bench.theory.TheorySuite;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Named suites that measure the project itself. */
@Command(
        name = "bench",
        description = "Named suites that hold the project to its promises.",
        subcommands = {BenchCommand.Theory.class, BenchCommand.Speed.class, RemoteBench.class},
        footer = {"", "Example: marllb bench theory --quick"})
final class BenchCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "bench needs one of " + String.join(", ", spec.subcommands().keySet()));
    }

    @Command(
            name = "theory",
            description = {
                "Runs the simulator against everything that queueing theory knows exactly, and prints what it got, what is true, and the error.",
                "A claim holds within its tolerance and within 3 standard errors."
            },
            exitCodeList = {"0:every claim holds", "1:a claim does not hold", "2:bad input", "130:interrupted"},
            footer = {"", "Example: marllb bench theory --quick"})
    static final class Theory implements Callable<Integer> {

        private final Terminal terminal;

        @Spec
        private CommandSpec spec;

        @Option(names = "--quick", description = "One cheap case of each kind instead of all.")
        private boolean quick;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "1",
                description = "Root of all random streams. Default: ${DEFAULT-VALUE}.")
        private long seed;

        @Mixin
        private Threads threads;

        Theory(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws InterruptedException {
            TheorySuite suite = quick ? TheorySuite.quick(seed) : TheorySuite.full(seed);
            List<TheoryRow> rows;
            try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "theory", System::nanoTime)) {
                rows = suite.run(threads.number(), (done, total, name) -> progress.accept((double) done / total));
            }
            TextTable table = new TextTable(
                    "case", "metric", ">got", ">want", ">error %", ">std errors", ">flows", "holds", "truth from");
            for (TheoryRow row : rows) {
                table.row(
                        row.name(),
                        row.metric(),
                        number("%.5g", row.got()),
                        number("%.5g", row.want()),
                        number("%+.2f", row.errorPercent()),
                        number("%.1f", row.standardErrors()),
                        String.format(Locale.ROOT, "%,d", row.flows()),
                        row.pass() ? "yes" : "NO",
                        row.source());
            }
            PrintWriter out = spec.commandLine().getOut();
            table.print(out, terminal.columns());
            long failed = rows.stream().filter(r -> !r.pass()).count();
            out.println();
            out.println(rows.size() - failed + " of " + rows.size() + " claims hold; times in mean service times");
            return failed == 0 ? 0 : 1;
        }
    }

    @Command(
            name = "speed",
            description = "Events per CPU second of the simulator on one thread; takes about a minute.",
            footer = {"", "Example: marllb bench speed --rounds 3"})
    static final class Speed implements Callable<Integer> {

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
                names = "--flows",
                paramLabel = "N",
                defaultValue = "1000000",
                description = "Flows per case and round. Default: ${DEFAULT-VALUE}.")
        private long flows;

        @Option(
                names = "--peers",
                description = "Measure a Python heap loop and CloudSim Plus too; needs a checkout, python3 and mvn.")
        private boolean peers;

        @Option(
                names = "--json",
                paramLabel = "FILE",
                description = "Write the rows, the machine and the JDK as JSON too.")
        private Path json;

        Speed(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            new Positive(spec).check("--rounds", rounds).check("--flows", flows);
            OutputFile file = json == null ? null : OutputFile.check(json, "--json");
            PrintWriter err = spec.commandLine().getErr();
            List<SpeedSuite.Row> rows = SpeedSuite.run(rounds, flows, peers, line -> {
                err.println("marllb: " + line);
                err.flush();
            });
            TextTable table = new TextTable("case", ">median", "unit", ">ratio", "to", "promised", ">rounds");
            for (SpeedSuite.Row row : rows) {
                table.row(
                        row.name(),
                        number("%.3g", row.median()),
                        row.unit(),
                        SpeedSuite.baseline(row, rows)
                                .map(other -> number("%.3g", row.ratioTo(other)))
                                .orElse(""),
                        row.baseline(),
                        row.bar(),
                        row.rates().stream().map(r -> number("%.3g", r)).collect(Collectors.joining(" ")));
            }
            table.print(spec.commandLine().getOut(), terminal.columns());
            if (file != null) {
                String command =
                        "marllb bench speed --rounds " + rounds + " --flows " + flows + (peers ? " --peers" : "");
                file.writeText(SpeedSuite.json(rows, command));
            }
            return 0;
        }
    }

    private static String number(String format, double x) {
        return String.format(Locale.ROOT, format, x);
    }
}
