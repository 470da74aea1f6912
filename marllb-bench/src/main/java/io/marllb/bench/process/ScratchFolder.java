package io.marllb.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for what a suite needs while it runs; gone with this JVM at the latest. */
public final class ScratchFolder {

    private ScratchFolder() {}

    /**
     * Makes one where temporary files go.
     *
     * @param name what it is for
     * @return the folder
     */
    public static Path create(String name) {
        try {
            Path folder = Files.createTempDirectory(name);
            Programs.whenEnding(() -> delete(folder));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("a temporary folder can't be made: " + e.getMessage(), e);
        }
    }

    /**
     * Removes it with all that it holds, if it is still there.
     *
     * @param folder that was made here
     */
    public static synchronized void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path p : deepestFirst) {
                Files.deleteIfExists(p);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " can't be removed: " + e.getMessage(), e);
        }
    }
}
