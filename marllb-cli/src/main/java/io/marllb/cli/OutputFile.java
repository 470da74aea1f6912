package io.marllb.cli;

import io.marllb.core.check.FileTrouble;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that a command will write: checked before the work starts, and there whole or not at all. What exists is replaced only when the new
 * content is complete. Devices and pipes are written directly.
 */
final class OutputFile {

    /** Writes the content. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Writes the content to a file. */
    @FunctionalInterface
    interface ContentByPath {
        void writeTo(Path path) throws IOException;
    }

    private static final int MOST_LEFTOVERS = 1000; // of this process number, by crashes

    private final Path target;
    private final boolean special;

    private OutputFile(Path target, boolean special) {
        this.target = target;
        this.special = special;
    }

    /**
     * Checks that the file can be written.
     *
     * @param path where
     * @param option the option that named it, for the message
     * @throws IllegalArgumentException if it cannot
     */
    static OutputFile check(Path path, String option) throws IOException {
        Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new IllegalArgumentException(option + " must name a file, but " + path + " is a folder");
        }
        boolean special = Files.exists(target) && !Files.isRegularFile(target);
        Path folder = target.getParent();
        if (!special && (folder == null || !Files.isDirectory(folder))) {
            throw new IllegalArgumentException(option + " " + path + ": there is no folder " + folder);
        }
        if (!Files.isWritable(special ? target : folder)) {
            throw new IllegalArgumentException(option + " " + path + ": no permission to write there");
        }
        return new OutputFile(target, special);
    }

    /** Whether writing one replaces the other. */
    boolean replaces(OutputFile other) {
        return !special && target.normalize().equals(other.target.normalize());
    }

    /** Writes a text whole, as UTF-8. */
    void writeText(String text) throws IOException {
        write(out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Writes the file whole.
     *
     * @param content what to write
     * @throws IOException if it cannot be written; then the old content is still there
     */
    void write(Content content) throws IOException {
        create(path -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
                content.writeTo(out);
            }
        });
    }

    /**
     * Lets somebody else write the file whole, by its path.
     *
     * @param content told where to write, which is not where the file ends up
     * @throws IOException if it cannot be written; then the old content is still there
     */
    void create(ContentByPath content) throws IOException {
        try {
            if (special) {
                content.writeTo(target);
            } else {
                createWhole(content);
            }
        } catch (IOException e) {
            throw new IOException(target + " can't be written: " + FileTrouble.reason(e), e);
        }
    }

    private void createWhole(ContentByPath content) throws IOException {
        Path temporary = newTemporary();
        temporary.toFile().deleteOnExit(); // Ctrl-C
        try {
            content.writeTo(temporary);
            try (FileChannel written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** With the permissions of any new file: those of a temporary one are its owner's alone. */
    private Path newTemporary() throws IOException {
        long process = ProcessHandle.current().pid();
        for (int i = 0; ; i++) {
            Path temporary = target.resolveSibling("." + target.getFileName() + "." + process + "-" + i + ".tmp");
            try {
                return Files.createFile(temporary);
            } catch (FileAlreadyExistsException e) {
                if (i == MOST_LEFTOVERS) {
                    throw e;
                }
            }
        }
    }
}
