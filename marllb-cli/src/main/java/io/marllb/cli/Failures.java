package io.marllb.cli;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.replay.RunFailedException;
import io.marllb.core.check.Nearest;
import io.marllb.env.trace.TraceFormatException;
import io.marllb.ipc.SegmentException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever went wrong into one message on stderr and an exit code; the trace only where it was asked for. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private final BooleanSupplier debugOption;

    Failures(BooleanSupplier debugOption) {
        this.debugOption = debugOption;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        // What is missing may only be hidden behind what was misspelt.
        List<String> unmatched =
                e instanceof UnmatchedArgumentException u ? u.getUnmatched() : command.getUnmatchedArguments();
        String message = unmatched.isEmpty() ? e.getMessage() : unmatched(command, unmatched.get(0));
        String name = command.getCommandSpec().qualifiedName();
        return report(command, e, message + " (see '" + name + " --help')", ExitCode.USAGE);
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        if (e instanceof FileSystemException file) {
            return report(command, e, describe(file), ExitCode.USAGE);
        }
        if (e instanceof UncheckedIOException && e.getCause() instanceof FileSystemException file) {
            boolean ownWords = !e.getMessage().equals(file.toString());
            return report(command, e, ownWords ? e.getMessage() : describe(file), ExitCode.USAGE);
        }
        if (e instanceof IllegalArgumentException
                || e instanceof TraceFormatException
                || e instanceof SegmentException) {
            return report(command, e, e.getMessage(), ExitCode.USAGE);
        }
        if (e instanceof JobFailedException
                || e instanceof RunFailedException
                || e instanceof ProgramException
                || e instanceof IOException
                || e instanceof UncheckedIOException) {
            return report(command, e, e.getMessage(), ExitCode.SOFTWARE);
        }
        return report(
                command, e, "internal error: " + e + "; --debug shows where; please report it", ExitCode.SOFTWARE);
    }

    private int report(CommandLine command, Exception e, String message, int exitCode) {
        PrintWriter err = command.getErr();
        err.println("marllb: " + message);
        if (debugOption.getAsBoolean() || System.getenv("MARLLB_DEBUG") != null) {
            e.printStackTrace(err);
        }
        err.flush();
        return exitCode;
    }

    private static String describe(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no file " + e.getFile();
        }
        if (e instanceof AccessDeniedException) {
            return "no permission to open " + e.getFile();
        }
        return e.getMessage();
    }

    private static String unmatched(CommandLine command, String given) {
        if (given.startsWith("-") && given.length() > 1) {
            List<String> options = new ArrayList<>();
            for (OptionSpec option : command.getCommandSpec().options()) {
                options.addAll(List.of(option.names()));
            }
            return "unknown option '" + given + "'" + Nearest.hint(given, options);
        }
        if (!command.getSubcommands().isEmpty()) {
            return "unknown command '" + given + "'"
                    + Nearest.hint(given, command.getSubcommands().keySet());
        }
        return "unexpected argument '" + given + "'";
    }
}
