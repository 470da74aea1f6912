package io.marllb.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** How suites print numbers, and what goes on. */
final class BenchText {

    private BenchText() {}

    static String number(String format, double x) {
        return String.format(Locale.ROOT, format, x);
    }

    /** One after another, such as the rounds of a measurement. */
    static String numbers(String format, List<Double> numbers) {
        return numbers.stream().map(x -> number(format, x)).collect(Collectors.joining(" "));
    }

    /** Lines on stderr. */
    static Consumer<String> lines(CommandSpec spec) {
        PrintWriter err = spec.commandLine().getErr();
        return line -> {
            err.println("marllb: " + line);
            err.flush();
        };
    }
}
