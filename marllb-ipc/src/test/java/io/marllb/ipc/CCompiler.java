package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Compiles C beside the sources of the data plane, and runs it. Tests are skipped where there is no compiler. */
final class CCompiler {

    static final Path CORE = Path.of("../marllb-dataplane/src/main/c/core").toAbsolutePath();
    static final Path TESTS = Path.of("../marllb-dataplane/src/test/c").toAbsolutePath();
    static final List<String> SANITIZED =
            List.of("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all");

    private CCompiler() {}

    static Path compile(Path folder, List<String> flags, Path... sources) throws IOException, InterruptedException {
        boolean there = Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "gcc")));
        assumeTrue(there, "needs gcc (Debian: apt-get install gcc libc6-dev)");
        Path program = Files.createTempFile(folder, "program", "");
        List<String> command = new ArrayList<>(List.of(
                "gcc",
                "-std=c11",
                "-D_GNU_SOURCE",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-I" + CORE,
                "-o",
                program.toString()));
        command.addAll(flags);
        for (Path source : sources) {
            command.add(source.toString());
        }
        assertThat(run(command)).as("what gcc said").isEmpty();
        return program;
    }

    /** What it printed; it must end with 0. */
    static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s said: %s", command.get(0), said).isZero();
        return said;
    }
}
