package io.marllb.cli;

import io.marllb.bench.report.Provenance;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code marllb} command: which policy is best for this traffic. */
@Command(
        name = "marllb",
        description = "Spreads network flows over servers, and finds out which policy does it best.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpAutoWidth = false,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:the job failed", "2:bad input", "130:interrupted"},
        subcommands = {
            ReplayCommand.class,
            TrainCommand.class,
            ActorCommand.class,
            EvaluateCommand.class,
            PoliciesCommand.class,
            ScenarioCommand.class,
            TraceCommand.class,
            ProxyCommand.class,
            ControllerCommand.class,
            LearnerCommand.class,
            BenchCommand.class,
            ShellCommand.class,
            DoctorCommand.class
        },
        footer = {"", "Example: marllb replay          (the quickstart: every default policy on the same traffic)"})
public final class Marllb implements Runnable {

    /** Exit code after Ctrl-C. */
    static final int INTERRUPTED = 130;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show where an error came from (as MARLLB_DEBUG=1 does).")
    private boolean debug;

    private Marllb() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        // Tablesaw brings SLF4J without a provider, which it would say on stderr.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.setProperty(Provenance.REVISION_PROPERTY, Version.revision());
        System.exit(run(args, Terminal.ofProcess(), out, err));
    }

    /**
     * Runs one command.
     *
     * @param args the command line
     * @param terminal what is known of the terminal
     * @param out where results go
     * @param err where progress and errors go
     * @return the exit code
     */
    static int run(String[] args, Terminal terminal, PrintWriter out, PrintWriter err) {
        CommandLine commandLine = commandLine(terminal).setOut(out).setErr(err);
        int exitCode;
        try {
            exitCode = commandLine.execute(args);
        } catch (OutOfMemoryError e) {
            err.println("marllb: not enough memory (" + e.getMessage() + "); give Java more: MARLLB_OPTS=-Xmx8g");
            exitCode = CommandLine.ExitCode.SOFTWARE;
        } catch (LinkageError | InternalError e) {
            err.println("marllb: this Java lacks something: " + e + "; 'marllb doctor' tells what to install");
            exitCode = CommandLine.ExitCode.SOFTWARE;
        }
        err.flush();
        if (out.checkError()) {
            err.println("marllb: not all results could be written to standard output");
            err.flush();
            return CommandLine.ExitCode.SOFTWARE;
        }
        return exitCode;
    }

    static CommandLine commandLine(Terminal terminal) {
        Marllb top = new Marllb();
        Failures failures = new Failures(() -> top.debug);
        return new CommandLine(top, new CommandFactory(terminal))
                .setUsageHelpWidth(Math.max(60, Math.min(terminal.columns(), 120)))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), false);
    }
}
