package io.marllb.cli;

import io.marllb.bench.learning.LearningSpeedSuite;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.bench.theory.TheoryRow;
import io.marllb.bench.theory.TheorySuite;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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
        subcommands = {
            BenchCommand.Theory.class,
            BenchCommand.Speed.class,
            BenchCommand.LearningSpeed.class,
            LearnersBench.class,
            TestbedBench.class,
            RequestsBench.class,
            PacketsBench.class,
            RemoteBench.class,
            ShmBench.class,
            ProxyBench.class
        },
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
                        BenchText.number("%.5g", row.got()),
                        BenchText.number("%.5g", row.want()),
                        BenchText.number("%+.2f", row.errorPercent()),
                        BenchText.number("%.1f", row.standardErrors()),
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

        @Mixin
        private JsonFile json;

        Speed(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            new Positive(spec).check("--rounds", rounds).check("--flows", flows);
            json.check();
            List<SpeedSuite.Row> rows = SpeedSuite.run(rounds, flows, peers, BenchText.lines(spec));
            TextTable table = new TextTable("case", ">median", "unit", ">ratio", "to", "promised", ">rounds");
            for (SpeedSuite.Row row : rows) {
                table.row(
                        row.name(),
                        BenchText.number("%.3g", row.median()),
                        row.unit(),
                        SpeedSuite.baseline(row, rows)
                                .map(other -> BenchText.number("%.3g", row.ratioTo(other)))
                                .orElse(""),
                        row.baseline(),
                        row.bar(),
                        BenchText.numbers("%.3g", row.rates()));
            }
            table.print(spec.commandLine().getOut(), terminal.columns());
            json.write(() -> {
                String command =
                        "marllb bench speed --rounds " + rounds + " --flows " + flows + (peers ? " --peers" : "");
                return SpeedSuite.json(rows, command);
            });
            return 0;
        }
    }

    @Command(
            name = "learning-speed",
            description = {
                "CPU time of the thread in updates and decisions, ours and PyTorch's, one thread each, in the same rounds.",
                "PyTorch is optional (Debian: python3-torch and libopenblas0-pthread); takes about a minute."
            },
            exitCodeList = {
                "0:measured, and every promise holds",
                "1:a promise does not hold",
                "2:bad input",
                "3:skipped the comparison, since PyTorch is not installed; our own times are measured"
            },
            footer = {"", "Example: marllb bench learning-speed --rounds 3"})
    static final class LearningSpeed implements Callable<Integer> {

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
                names = "--python",
                paramLabel = "PROGRAM",
                defaultValue = "/usr/bin/python3",
                description = "The Python that has PyTorch. Default: ${DEFAULT-VALUE}.")
        private Path python;

        @Mixin
        private JsonFile json;

        LearningSpeed(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            new Positive(spec).check("--rounds", rounds);
            json.check();
            LearningSpeedSuite.Report report = LearningSpeedSuite.run(rounds, python, BenchText.lines(spec));
            PrintWriter out = spec.commandLine().getOut();
            print(report, out);
            json.write(() -> LearningSpeedSuite.json(report, "marllb bench learning-speed --rounds " + rounds));
            report.peer().ifPresent(peer -> out.println("PyTorch: " + peer));
            report.missing().ifPresent(what -> out.println("skipped the comparison: " + what));
            if (!report.holds()) {
                return 1;
            }
            return report.missing().isPresent() ? SKIPPED : 0;
        }

        private void print(LearningSpeedSuite.Report report, PrintWriter out) {
            TextTable table = new TextTable(
                    "CPU time", ">us", ">min", ">PyTorch us", ">min", ">times as fast", ">by min", "promised");
            for (LearningSpeedSuite.Row row : report.rows()) {
                boolean peer = !row.peers().isEmpty();
                table.row(
                        row.name(),
                        BenchText.number("%.4g", LearningSpeedSuite.Row.median(row.ours())),
                        BenchText.number("%.4g", LearningSpeedSuite.Row.min(row.ours())),
                        peer ? BenchText.number("%.4g", LearningSpeedSuite.Row.median(row.peers())) : "-",
                        peer ? BenchText.number("%.4g", LearningSpeedSuite.Row.min(row.peers())) : "-",
                        peer ? BenchText.number("%.2f", row.ratio()) : "-",
                        peer ? BenchText.number("%.2f", row.ratioOfMins()) : "-",
                        BenchText.number(">= %.2f", row.bar()));
            }
            table.print(out, terminal.columns());
            out.println();
            TextTable single = new TextTable("wall time of one", ">p50 us", "promised", ">p99 us", "promised");
            for (LearningSpeedSuite.Latency l : report.latencies()) {
                single.row(
                        "decision, H " + l.hidden(),
                        BenchText.number("%.2f", l.p50()),
                        BenchText.number("<= %.0f", l.bar50()),
                        BenchText.number("%.2f", l.p99()),
                        BenchText.number("< %.0f", l.bar99()));
            }
            single.print(out, terminal.columns());
            out.println();
        }
    }
}
