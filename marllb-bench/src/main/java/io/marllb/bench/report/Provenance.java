package io.marllb.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Where results come from: what a reader needs to get them again.
 *
 * @param command the exact command, quoted for a shell
 * @param scenarioYaml the scenario as it was run, in full
 * @param notes what was done to the scenario before the run, such as a changed speed; one sentence each
 * @param inputs files that were read
 * @param version of this project
 * @param revision of its source, where known
 * @param java runtime, with version
 * @param system operating system, with version and architecture
 * @param processors number of processors
 * @param writtenAt when the report was made
 */
public record Provenance(
        String command,
        String scenarioYaml,
        List<String> notes,
        List<InputFile> inputs,
        String version,
        Optional<String> revision,
        String java,
        String system,
        int processors,
        Instant writtenAt) {

    /** System property that the launcher sets to the source revision, where it knows it. */
    public static final String REVISION_PROPERTY = "marllb.revision";

    /** Copies the lists. */
    public Provenance {
        notes = List.copyOf(notes);
        inputs = List.copyOf(inputs);
    }

    /**
     * A file that was read.
     *
     * @param name as the user wrote it
     * @param bytes its size
     * @param sha256 its SHA-256, in hexadecimal
     */
    public record InputFile(String name, long bytes, String sha256) {

        /**
         * Reads a file for its hash.
         *
         * @param file the file
         * @return its description
         * @throws IOException if it cannot be read
         */
        public static InputFile of(Path file) throws IOException {
            MessageDigest digest;
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IOException("this Java runtime has no SHA-256", e);
            }
            long bytes = 0;
            try (InputStream in = Files.newInputStream(file)) {
                byte[] buffer = new byte[1 << 16];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                    bytes += n;
                }
            }
            return new InputFile(file.toString(), bytes, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /**
     * The provenance of results of this very process.
     *
     * @param command the command and its arguments, unquoted
     * @param scenarioYaml the scenario as it was run
     * @param notes what was done to it before the run
     * @param inputs files that were read
     * @param now the time
     * @return the provenance, with this machine's versions
     */
    public static Provenance here(
            List<String> command, String scenarioYaml, List<String> notes, List<InputFile> inputs, Instant now) {
        String version = Objects.requireNonNullElse(
                Provenance.class.getPackage().getImplementationVersion(), "unpackaged build");
        List<String> quoted = new ArrayList<>();
        command.forEach(word -> quoted.add(quote(word)));
        return new Provenance(
                String.join(" ", quoted),
                scenarioYaml,
                notes,
                inputs,
                version,
                Optional.ofNullable(System.getProperty(REVISION_PROPERTY)).filter(r -> !r.isBlank()),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                now);
    }

    private static String quote(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
