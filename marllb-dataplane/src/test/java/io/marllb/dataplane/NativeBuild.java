package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The C programs of this module, built once per run of the tests with CMake. */
final class NativeBuild {

    private static final int SKIPPED = 77; // what a native test returns where this machine lacks something
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Path SOURCE = Path.of("src", "main", "c").toAbsolutePath();
    private static final Path TARGET = Path.of("target").toAbsolutePath();

    private static final Map<String, Path> BUILT = new HashMap<>();

    /** What a program printed, and how it ended. */
    record Result(int status, String output) {}

    private NativeBuild() {}

    /** Builds what changed; needs CMake, make and a C compiler, see {@link #require}. */
    static Path directory() throws IOException, InterruptedException {
        return directory("");
    }

    /** The same with these sanitizers, such as {@code address,undefined}, in a folder of its own. */
    static synchronized Path directory(String sanitizers) throws IOException, InterruptedException {
        Path directory = BUILT.get(sanitizers);
        if (directory == null) {
            require(onPath("cmake"), "cmake is not installed, so the C programs were not tested");
            require(onPath("cc"), "there is no C compiler (cc), so the C programs were not tested");
            require(onPath("make"), "make is not installed, so the C programs were not tested");
            directory = TARGET.resolve(sanitizers.isEmpty() ? "native" : "native-" + sanitizers.replace(',', '-'));
            requireSuccess(run(
                    List.of("cmake", "-S", SOURCE + "", "-B", directory + "", "-DMARLLB_SANITIZE=" + sanitizers),
                    PATIENCE));
            String threads = String.valueOf(Runtime.getRuntime().availableProcessors());
            requireSuccess(run(List.of("cmake", "--build", directory + "", "--parallel", threads), PATIENCE));
            BUILT.put(sanitizers, directory);
        }
        return directory;
    }

    /** Runs a program of the build; the test is skipped where the program says so. */
    static Result program(String name, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(directory().resolve(name).toString());
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        Result result = run(command, PATIENCE);
        assumeTrue(result.status != SKIPPED, name + ": " + result.output);
        return result;
    }

    static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    /** Where something is missing the test is skipped and says what; {@code REQUIRE_DPDK=1} makes that a failure. */
    static void require(boolean there, String otherwise) {
        if (!there && "1".equals(System.getenv("REQUIRE_DPDK"))) {
            fail("REQUIRE_DPDK=1, but " + otherwise);
        }
        assumeTrue(there, otherwise);
    }

    /** Runs a command to its end, which must come within the time given. */
    static Result run(List<String> command, Duration patience) throws IOException, InterruptedException {
        Path output = Files.createTempFile("native", ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(patience.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            String said = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
            assertThat(ended)
                    .as("%s ends within %s; it said: %s", command, patience, said)
                    .isTrue();
            return new Result(process.exitValue(), said);
        } finally {
            Files.delete(output);
        }
    }

    private static void requireSuccess(Result result) {
        assertThat(result.status).as(result.output).isZero();
    }
}
