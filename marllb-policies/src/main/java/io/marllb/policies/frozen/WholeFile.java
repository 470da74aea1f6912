package io.marllb.policies.frozen;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file, or leaves what was there: into a temporary file beside it, which is forced to disk and then takes its place at once. One writer of
 * a file at a time.
 */
public final class WholeFile {

    private static final int BUFFER = 1 << 16;

    private WholeFile() {}

    /** What the file shall hold. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes it.
         *
         * @param out buffered; whoever calls closes it
         * @throws IOException if that fails
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Opens the file to write to; replaced in tests. */
    @FunctionalInterface
    interface Opener {
        FileChannel open(Path temporary) throws IOException;
    }

    /**
     * Writes a file.
     *
     * @param path where; its folder exists
     * @param content what it shall hold
     * @throws IOException if that fails, such as on a full disk; the old file is as before
     */
    public static void write(Path path, Content content) throws IOException {
        write(
                path,
                content,
                temporary -> FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE));
    }

    /** The temporary file: always the same, so that killed writers leave at most one behind, which the next one reuses. */
    static Path temporary(Path path) {
        return path.toAbsolutePath().resolveSibling("." + path.getFileName() + ".tmp");
    }

    static void write(Path path, Content content, Opener opener) throws IOException {
        Path temporary = temporary(path);
        try {
            try (FileChannel channel = opener.open(temporary)) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
                content.writeTo(out);
                out.flush();
                channel.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException e) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        try (FileChannel folder = FileChannel.open(temporary.getParent(), StandardOpenOption.READ)) {
            folder.force(true); // the rename itself is on disk only now
        }
    }
}
