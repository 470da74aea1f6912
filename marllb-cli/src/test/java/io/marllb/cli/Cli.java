package io.marllb.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs the command in this process, as main would, and keeps what it wrote. */
record Cli(int exitCode, String out, String err) {

    static Cli run(String... args) {
        return run(Terminal.NONE, args);
    }

    static Cli run(Terminal terminal, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Marllb.run(args, terminal, new PrintWriter(out), new PrintWriter(err));
        return new Cli(exitCode, out.toString(), err.toString());
    }
}
