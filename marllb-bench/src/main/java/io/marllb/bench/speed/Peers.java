package io.marllb.bench.speed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs the peers of {@code marllb-bench/src/peers} as processes of their own; they report their own CPU time. Needs a checkout. */
final class Peers {

    private static final String SERVERS = "8";
    private static final String PYTHON_FLOWS = "200000";
    private static final String CLOUDSIM_FLOWS =
            "10000"; // its time per event grows with the number of flows; this is in its favour
    private static final ObjectMapper JSON = new ObjectMapper();

    private Peers() {}

    /** The folder of the peers, below the checkout that the program runs in. */
    private static Path folder() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            Path peers = p.resolve("marllb-bench/src/peers");
            if (Files.isDirectory(peers)) {
                return peers;
            }
        }
        throw new IllegalStateException("the peers are in marllb-bench/src/peers of a checkout; run from inside one");
    }

    static double pythonHeapLoop(int round) {
        return rate(List.of("python3", "python/heap_loop.py", SERVERS, PYTHON_FLOWS, "0.9", "" + round));
    }

    static double cloudSimPlus(int round) {
        Path project = folder().resolve("cloudsimplus");
        if (!Files.isDirectory(project.resolve("target/classes"))) {
            output(List.of(
                    "mvn",
                    "-q",
                    "-B",
                    "-f",
                    "cloudsimplus",
                    "compile",
                    "dependency:copy-dependencies",
                    "-DoutputDirectory=target/lib"));
        }
        return rate(List.of(
                "java",
                "-cp",
                "cloudsimplus/target/classes:cloudsimplus/target/lib/*",
                "RandomSplit",
                SERVERS,
                CLOUDSIM_FLOWS,
                "0.9",
                "" + round));
    }

    private static double rate(List<String> command) {
        try {
            JsonNode result = JSON.readTree(output(command));
            return result.get("events").asDouble() / result.get("cpu_s").asDouble() / 1e6;
        } catch (IOException e) {
            throw new UncheckedIOException("a peer printed no JSON: " + String.join(" ", command), e);
        }
    }

    private static String output(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder().toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IllegalStateException("exit code " + exit + " of " + String.join(" ", command));
            }
            return out;
        } catch (IOException e) {
            throw new UncheckedIOException("could not run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + command.get(0), e);
        }
    }
}
