package io.marllb.cli;

import io.marllb.bench.testbed.Testbed;
import io.marllb.bench.testbed.TestbedSpec;
import io.marllb.env.scenario.Scenarios;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A cluster in network namespaces. */
@Command(
        name = "testbed",
        description = {
            "A cluster on this machine: a client, balancers and nginx servers behind links of different speed, in network namespaces.",
            "'marllb bench testbed' measures policies on one. Without root, get a shell in a user namespace first:",
            "  " + Testbed.USER_NAMESPACE
        },
        subcommands = {TestbedCommand.Up.class, TestbedCommand.Run.class, TestbedCommand.Down.class},
        footer = {"", "Example: marllb testbed up --scenario testbed"})
final class TestbedCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "testbed needs one of " + String.join(", ", spec.subcommands().keySet()));
    }

    @Command(
            name = "up",
            description =
                    "Makes the namespaces and starts the servers; they stay until 'marllb testbed down'. Needs root, or a user namespace.",
            footer = {"", "Example: marllb testbed up --scenario testbed"})
    static final class Up implements Callable<Integer> {

        private final Terminal terminal;

        @Spec
        private CommandSpec spec;

        @Option(
                names = "--scenario",
                paramLabel = "S",
                defaultValue = "testbed",
                description =
                        "A scenario that ships, or a YAML file; its servers have one core each. Default: ${DEFAULT-VALUE}.")
        private String scenario;

        Up(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            TestbedSpec cluster = TestbedSpec.of(Scenarios.load(scenario), TestbedSpec.BYTES_PER_SECOND);
            Path folder = Files.createTempDirectory("marllb-testbed");
            Testbed testbed = Testbed.up(cluster, folder);
            testbed.leave();
            PrintWriter out = spec.commandLine().getOut();
            TextTable table = new TextTable("node", "address", "what");
            table.row(
                    "client",
                    Testbed.CLIENT_ADDRESS,
                    "reaches " + Testbed.VIP + ":" + Testbed.PORT + " through the balancers");
            for (int i = 0; i < testbed.spec().balancers(); i++) {
                table.row("lb" + i, testbed.balancerAddress(i), "nothing runs here yet");
            }
            for (int j = 0; j < testbed.spec().speeds().size(); j++) {
                double rate = testbed.spec().speeds().get(j) * testbed.spec().bytesPerSecond() / 1e6;
                table.row(
                        "s" + j,
                        testbed.serverAddress(j),
                        String.format(Locale.ROOT, "nginx, link of %.2f MB/s", rate));
            }
            table.print(out, terminal.columns());
            out.println("logs: " + folder + "; run a program at a node: marllb testbed run NODE COMMAND...");
            return 0;
        }
    }

    @Command(
            name = "run",
            description = "Runs a program at a node of the testbed that is up, and ends with its exit code.",
            footer = {"", "Example: marllb testbed run client wrk -c 32 -d 5 http://10.77.100.1/blob"})
    static final class Run implements Callable<Integer> {

        /** Options behind NODE are the program's. */
        @Spec
        void parseNoFurther(CommandSpec own) {
            own.parser().stopAtPositional(true);
        }

        @Parameters(index = "0", paramLabel = "NODE", description = "client, lb0, ..., s0, ...")
        private String node;

        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "COMMAND",
                description = "The program and its arguments.")
        private List<String> command;

        @Override
        public Integer call() throws IOException, InterruptedException {
            Process program =
                    new ProcessBuilder(Testbed.at(node, command)).inheritIO().start();
            try (Interruption interruption = new Interruption(program::destroy)) {
                int exitCode = program.waitFor();
                return interruption.happened() ? Marllb.INTERRUPTED : exitCode;
            }
        }
    }

    @Command(
            name = "down",
            description = "Ends everything in the testbed and removes it, also one that was left by a crash.",
            footer = {"", "Example: marllb testbed down"})
    static final class Down implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            List<String> removed = Testbed.down();
            spec.commandLine()
                    .getOut()
                    .println(removed.isEmpty() ? "no testbed is up" : "removed " + removed.size() + " namespaces");
            return 0;
        }
    }
}
