package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, which is ended with the test, and the lines that it says. */
final class RunningCommand implements AutoCloseable {

    /** A JVM with ND4J on a busy machine; nothing waits for it when all is well. */
    static final int PATIENCE_SECONDS = 120;

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    RunningCommand(String... args) throws IOException {
        List<String> command = OwnCommand.start("-XX:TieredStopAtLevel=1");
        command.addAll(List.of(args));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Thread t = new Thread(this::listen, "running-command");
        t.setDaemon(true);
        t.start();
    }

    private void listen() {
        try (BufferedReader r = process.inputReader()) {
            r.lines().forEach(lines::add);
        } catch (IOException e) {
            lines.add(e.toString());
        }
    }

    /** The next line with this in it; those before are left behind. */
    String await(String text) throws InterruptedException {
        while (true) {
            String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(line).as("waiting for '%s' after %s", text, seen).isNotNull();
            seen.add(line);
            if (line.contains(text)) {
                return line;
            }
        }
    }

    /** By its name without SIG. Sent by a program: {@link Process#destroy} would close what the process says too. */
    void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    long pid() {
        return process.pid();
    }

    /** Waits for its end. */
    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("ends, after %s", seen)
                .isTrue();
        return process.exitValue();
    }

    /** Whether SIGHUP reaches a process that is started here: one that was ignored when a JVM started stays so, as nohup has it. */
    static boolean hearsHangUps() throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("SigIgn:"))
                .map(l -> l.substring("SigIgn:".length()).strip())
                .findFirst()
                .orElse("0");
        return (Long.parseUnsignedLong(ignored, 16) & 1) == 0; // signal 1 is the lowest bit
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
