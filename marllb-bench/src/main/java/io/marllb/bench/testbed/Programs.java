package io.marllb.bench.testbed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Other programs: run to their end, or started and ended later. */
final class Programs {

    private static final long SECONDS = 20; // each is a matter of milliseconds

    private Programs() {}

    /** Runs a program and returns what it printed; throws if it fails. */
    static String run(String... command) {
        return run(List.of(command));
    }

    static String run(List<String> command) {
        Result r = tryRun(command);
        if (r.exitCode != 0) {
            throw new TestbedException(
                    "'" + String.join(" ", command) + "' failed (exit code " + r.exitCode + "): " + r.output.strip());
        }
        return r.output;
    }

    /** What a program came to. */
    record Result(int exitCode, String output) {}

    static Result tryRun(List<String> command) {
        try {
            Process p = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!p.waitFor(SECONDS, TimeUnit.SECONDS)) {
                p.destroyForcibly();
                throw new TestbedException("'" + String.join(" ", command) + "' did not end within " + SECONDS + " s");
            }
            return new Result(p.exitValue(), output);
        } catch (IOException e) {
            throw new TestbedException("'" + command.get(0) + "' can't be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestbedException("interrupted while '" + command.get(0) + "' ran", e);
        }
    }

    /** Starts a program that goes on; all that it prints goes to a file. */
    static Process start(Path log, List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()))
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
        } catch (IOException e) {
            throw new TestbedException("'" + command.get(0) + "' can't be started: " + e.getMessage(), e);
        }
    }

    /** Asks a program to end, and makes it if it does not. */
    static void stop(Process p) {
        p.destroy();
        try {
            if (!p.waitFor(SECONDS, TimeUnit.SECONDS)) {
                p.destroyForcibly();
            }
        } catch (InterruptedException e) {
            p.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends a program without asking, and waits until it is gone. */
    static void kill(Process p) {
        p.destroyForcibly();
        try {
            if (!p.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new TestbedException("process " + p.pid() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestbedException("interrupted", e);
        }
    }

    /** Whether a program is on the path, or in the folders of the administrator. */
    static boolean installed(String name) {
        List<String> folders =
                new ArrayList<>(List.of(System.getenv().getOrDefault("PATH", "").split(":")));
        folders.addAll(List.of("/usr/sbin", "/sbin"));
        return folders.stream().anyMatch(f -> !f.isEmpty() && Files.isExecutable(Path.of(f, name)));
    }
}
