package io.marllb.cli;

import io.marllb.bench.speed.SpeedSuite;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Named suites that measure the project itself. */
@Command(
        name = "bench",
        description = "Named suites that hold the project to its promises.",
        subcommands = {BenchCommand.Speed.class},
        footer = {"", "Example: marllb bench speed"})
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

        Speed(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            new Positive(spec).check("--rounds", rounds).check("--flows", flows);
            PrintWriter err = spec.commandLine().getErr();
            List<SpeedSuite.Row> rows = SpeedSuite.run(rounds, flows, peers, line -> {
                err.println("marllb: " + line);
                err.flush();
            });
            TextTable table = new TextTable("case", ">median", "unit", ">rounds", "promised");
            for (SpeedSuite.Row row : rows) {
                table.row(
                        row.name(),
                        number(row.median()),
                        row.unit(),
                        row.rates().stream().map(Speed::number).collect(Collectors.joining(" ")),
                        row.bar());
            }
            table.print(spec.commandLine().getOut(), terminal.columns());
            return 0;
        }

        private static String number(double rate) {
            return String.format(Locale.ROOT, "%.3g", rate);
        }
    }
}
