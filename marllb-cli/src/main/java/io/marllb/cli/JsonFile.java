package io.marllb.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option {@code --json} of benchmarks: what was measured, and on which machine, as a file. */
final class JsonFile {

    /** Makes the text. */
    @FunctionalInterface
    interface Text {
        String make() throws IOException;
    }

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results and the machine as JSON too.")
    private Path path;

    private OutputFile file; // null if none is wanted

    /** Checks that it can be written, before anything is measured. */
    void check() throws IOException {
        file = path == null ? null : OutputFile.check(path, "--json");
    }

    /** Writes it, if it is wanted. */
    void write(Text text) throws IOException {
        if (file != null) {
            file.writeText(text.make());
        }
    }
}
