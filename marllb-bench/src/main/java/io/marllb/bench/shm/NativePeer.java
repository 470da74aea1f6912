package io.marllb.bench.shm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The data plane in C, {@code shm_peer.c}, compiled here: one process of it. */
final class NativePeer implements AutoCloseable {

    private static final List<String> COMPILERS = List.of("gcc", "cc", "clang");
    private static final List<String> UNITS = List.of("shm_peer.c", "shm.c", "shm_records.c", "shm_rings.c");
    private static final List<String> HEADERS = List.of("shm.h", "shm_layout.h", "shm_words.h");
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final BufferedReader output;

    private NativePeer(Process process) {
        this.process = process;
        output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** The first C compiler on the PATH. */
    static Optional<String> compiler() {
        for (String name : COMPILERS) {
            for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return Optional.of(name);
                }
            }
        }
        return Optional.empty();
    }

    /** Compiles the program into a folder. */
    static Path compile(String compiler, Path folder) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(compiler, "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", "shm_peer"));
        for (String header : HEADERS) {
            extract(header, folder);
        }
        for (String unit : UNITS) {
            extract(unit, folder);
            command.add(unit);
        }
        Path program = folder.resolve("shm_peer");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(compiler + " cannot compile the data plane of this suite: " + said.strip());
        }
        return program;
    }

    private static void extract(String source, Path folder) throws IOException {
        try (InputStream in = NativePeer.class.getResourceAsStream(source)) {
            if (in == null) {
                throw new IllegalStateException(source + " is missing in the jar of marllb-bench");
            }
            Files.copy(in, folder.resolve(source));
        }
    }

    /** Starts it and waits until its segment is there. */
    static NativePeer start(Path program, String mode, Path segment, int servers, long count)
            throws IOException, InterruptedException {
        requireGoOn();
        NativePeer peer = new NativePeer(new ProcessBuilder(
                        program.toString(), mode, segment.toString(), Integer.toString(servers), Long.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        String line = peer.output.readLine();
        if (!"ready".equals(line)) {
            peer.close();
            throw new IOException("the data plane in C did not start; it said: " + line);
        }
        return peer;
    }

    /** Whether its results can be read without waiting. */
    boolean hasSpoken() throws IOException {
        return output.ready();
    }

    /** For loops that wait for it: they end when it has, and when the thread is interrupted. */
    void requireAlive() throws IOException, InterruptedException {
        requireGoOn();
        if (!process.isAlive()) {
            throw new IOException("the data plane in C ended with code " + process.exitValue());
        }
    }

    private static void requireGoOn() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted");
        }
    }

    /** As {@code kill -9}; waits until nothing of it is left. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Tells it to end, and reads its results, which are short enough to wait in the pipe. */
    Map<String, Double> results() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the data plane in C has not ended within " + PATIENCE_SECONDS + " s");
        }
        List<String> lines = output.lines().toList();
        if (process.exitValue() != 0) {
            throw new IOException("the data plane in C ended with code " + process.exitValue() + "; it said: " + lines);
        }
        Map<String, Double> results = new HashMap<>();
        for (String line : lines) {
            for (String word : line.split(" ", -1)) {
                int equals = word.indexOf('=');
                results.put(word.substring(0, equals), Double.valueOf(word.substring(equals + 1)));
            }
        }
        return results;
    }

    /** Leaves nothing of it running. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join(); // SIGKILL: it cannot take its time
    }
}
