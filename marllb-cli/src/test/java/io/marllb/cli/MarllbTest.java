package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MarllbTest {

    static Stream<List<String>> everyCommand() {
        List<List<String>> found = new ArrayList<>();
        collect(Marllb.commandLine(Terminal.NONE), List.of(), found);
        return found.stream();
    }

    private static void collect(CommandLine command, List<String> path, List<List<String>> found) {
        found.add(path);
        command.getSubcommands().forEach((name, sub) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            collect(sub, longer, found);
        });
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void helpHasAnExampleAndGoesToStandardOutput(List<String> path) {
        List<String> args = new ArrayList<>(path);
        args.add("--help");

        Cli run = Cli.run(args.toArray(String[]::new));

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Example: marllb " + String.join(" ", path))
                .contains("Exit codes:");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void anUnknownOptionIsBadInput(List<String> path) {
        List<String> args = new ArrayList<>(path);
        args.add("--hlep");

        Cli run = Cli.run(args.toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).singleElement().asString().contains("'--hlep'", "did you mean '--help'?");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void anUnknownCommandNamesTheNearest() {
        Cli run = Cli.run("polices");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("marllb: unknown command 'polices'; did you mean 'policies'? (see 'marllb --help')\n");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void noCommandIsBadInput() {
        Cli run = Cli.run();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("marllb: which command? (see 'marllb --help')\n");
    }

    @Test
    void theTraceIsShownOnlyWhereItIsAskedFor() {
        assertThat(Cli.run("policies", "sedd").err().lines()).hasSize(1);
        assertThat(Cli.run("policies", "sedd", "--debug").err())
                .startsWith("marllb: policy 'sedd'")
                .contains("\tat io.marllb.policies.PolicyRegistry");
    }

    @Test
    void versionSaysWhichJavaRuns() {
        Cli run = Cli.run("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("marllb ").contains("Java " + Runtime.version());
    }

    @Test
    void resultsThatCannotBeWrittenAreAFailure() {
        Writer full = new Writer() {
            @Override
            public void write(char[] buffer, int offset, int length) throws IOException {
                throw new IOException("No space left on device");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        StringWriter err = new StringWriter();

        int exitCode =
                Marllb.run(new String[] {"policies"}, Terminal.NONE, new PrintWriter(full), new PrintWriter(err));

        assertThat(exitCode).isEqualTo(1);
        assertThat(err.toString()).contains("not all results could be written");
    }
}
