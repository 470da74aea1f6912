package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The C programs of this module, built once per run of the tests with CMake. */
final class NativeBuild {

    private static final int SKIPPED = 77; // what a native test returns where this machine lacks something
    private static final Path SOURCE = Path.of("src", "main", "c").toAbsolutePath();
    private static final Path BUILD = Path.of("target", "native").toAbsolutePath();

    private static boolean built;

    /** What a program printed, and how it ended. */
    record Result(int status, String output) {}

    private NativeBuild() {}

    /** Builds what changed; the test is skipped where there is no CMake or no C compiler. */
    static synchronized Path directory() throws IOException, InterruptedException {
        if (!built) {
            assumeTrue(onPath("cmake"), "cmake is not installed, so the C programs were not tested");
            assumeTrue(onPath("cc"), "there is no C compiler (cc), so the C programs were not tested");
            requireSuccess(run(List.of("cmake", "-S", SOURCE.toString(), "-B", BUILD.toString())));
            requireSuccess(run(List.of("cmake", "--build", BUILD.toString())));
            built = true;
        }
        return BUILD;
    }

    /** Runs a program of the build; the test is skipped where the program says so. */
    static Result program(String name, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(directory().resolve(name).toString());
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        Result result = run(command);
        assumeTrue(result.status != SKIPPED, name + ": " + result.output);
        return result;
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    private static void requireSuccess(Result result) {
        assertThat(result.status).as(result.output).isZero();
    }

    private static Result run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(command + " ends").isTrue();
        return new Result(process.exitValue(), output);
    }
}
