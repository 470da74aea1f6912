package io.marllb.bench.learning;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** PyTorch in a process of its own, one thread, that works when it is told to, so that its rounds lie between ours. */
final class TorchPeer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCRIPT = "torch_peer.py";
    private static final String WANTED =
            "PyTorch is not there (Debian: apt-get install --no-install-recommends python3-torch"
                    + " libopenblas0-pthread; another Python: --python)";
    private static final long END_SECONDS = 10;
    private static final int LAST_LINES = 5;

    private final String coreType;
    private final Process process;
    private final Path errors; // what it wrote to its standard error
    private final BufferedReader answers;
    private final BufferedWriter commands;
    private final JsonNode greeting;

    private TorchPeer(String coreType, Process process, Path errors) throws IOException {
        this.coreType = coreType;
        this.process = process;
        this.errors = errors;
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = process.outputWriter(StandardCharsets.UTF_8);
        String first = answers.readLine();
        if (first == null) {
            String why = lastWords();
            close();
            throw new MissingException(WANTED + why);
        }
        greeting = JSON.readTree(first);
    }

    /** PyTorch, or something that it needs to be a fair peer, is not installed. */
    static final class MissingException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        MissingException(String message) {
            super(message);
        }
    }

    /**
     * Starts it.
     *
     * @param python the interpreter
     * @param coreType the kernels that its OpenBLAS is to use; left alone, old versions take recent processors for ancient ones
     * @throws MissingException if there is no PyTorch, or it has no fast matrix library
     */
    static TorchPeer start(Path python, String coreType) {
        try {
            ProcessBuilder builder = new ProcessBuilder(python.toString(), "-c", script());
            Path errors = Files.createTempFile("torch-peer", ".err");
            builder.redirectError(errors.toFile());
            builder.environment().put("OMP_NUM_THREADS", "1");
            builder.environment().put("OPENBLAS_NUM_THREADS", "1");
            builder.environment().put("OPENBLAS_CORETYPE", coreType);
            Process process;
            try {
                process = builder.start();
            } catch (IOException e) {
                Files.deleteIfExists(errors);
                throw new MissingException(WANTED + ": " + e.getMessage());
            }
            TorchPeer peer = new TorchPeer(coreType, process, errors);
            if (!peer.fairBlas()) {
                peer.close();
                throw new MissingException("PyTorch runs on the slow reference BLAS, which is no fair peer"
                        + " (Debian: apt-get install libopenblas0-pthread)");
            }
            return peer;
        } catch (IOException e) {
            throw new UncheckedIOException("PyTorch's process could not be talked to", e);
        }
    }

    private static String script() throws IOException {
        try (InputStream in = TorchPeer.class.getResourceAsStream(SCRIPT)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private boolean fairBlas() {
        for (JsonNode library : greeting.get("blas")) {
            if (library.asText().contains("openblas") || library.asText().contains("mkl")) {
                return true;
            }
        }
        return false;
    }

    /** OpenBLAS kernels that this processor can run, by its flags; others would crash. */
    static List<String> coreTypes() {
        List<String> types = new ArrayList<>();
        String flags = flags();
        if (flags.contains(" avx512bw ")) {
            types.add("SkylakeX");
        }
        if (flags.contains(" avx2 ")) {
            types.add("Haswell");
            types.add("Zen");
        }
        return types.isEmpty() ? List.of("") : types;
    }

    private static String flags() {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return "";
        }
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(l -> l.startsWith("flags")).findFirst().orElse("") + " ";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The end of what it wrote to its standard error, which is where Python says what went wrong. */
    private String lastWords() {
        try {
            process.waitFor(END_SECONDS, TimeUnit.SECONDS);
            List<String> lines = Files.readAllLines(errors, StandardCharsets.ISO_8859_1);
            return lines.isEmpty()
                    ? ""
                    : "; its last words: "
                            + String.join(" | ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        } catch (IOException e) {
            return "; what it said cannot be read: " + e.getMessage();
        }
    }

    /** Its version, and what it multiplies with. */
    String description() {
        return "PyTorch " + greeting.get("torch").asText() + ", OpenBLAS kernels " + coreType;
    }

    /** Decisions in one repetition of that case. */
    int decisions() {
        return greeting.get("decisions").asInt();
    }

    /** CPU time of each repetition in nanoseconds. */
    long[] measure(String work, int repetitions) {
        try {
            commands.write(work + " " + repetitions);
            commands.newLine();
            commands.flush();
            String answer = answers.readLine();
            if (answer == null) {
                throw new IllegalStateException("PyTorch's process ended in '" + work + "'" + lastWords());
            }
            JsonNode list = JSON.readTree(answer).get("nanos");
            long[] nanos = new long[list.size()];
            for (int i = 0; i < nanos.length; i++) {
                nanos[i] = list.get(i).asLong();
            }
            return nanos;
        } catch (IOException e) {
            throw new UncheckedIOException("PyTorch's process ended in '" + work + "'" + lastWords(), e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            Files.deleteIfExists(errors);
        } catch (IOException e) {
            errors.toFile().deleteOnExit();
        }
    }

    private void end() {
        try {
            commands.close();
            answers.close();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
