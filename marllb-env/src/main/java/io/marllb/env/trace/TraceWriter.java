package io.marllb.env.trace;

import io.marllb.core.check.FileTrouble;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a trace, row by row in the order of time. The file appears whole or not at all: rows go to a temporary file beside it, which
 * {@link #commit} syncs and renames; {@link #close} without it removes it. A name that ends in {@code .gz} is compressed. Not thread-safe.
 */
public final class TraceWriter implements AutoCloseable {

    private static final int BUFFER = 1 << 16;
    private static final int MAX_PARTS = 1000; // files of this name that are being written, or were left by a crash
    private static final double LONGEST_WORK = 0x1.0p62;

    private final Path file;
    private final Path part;
    private final FileChannel channel;
    private final OutputStream plain;
    private final GZIPOutputStream gzip; // null if not compressed
    private final OutputStream out;
    private final RowFormat rows;
    private final List<String> classNames;
    private final StringBuilder line = new StringBuilder(128);
    private long last;
    private long count;
    private final Thread removal; // of the part, when the process is stopped in the midst, as by Ctrl-C
    private boolean closed;

    private TraceWriter(Path file, Path part, FileChannel channel, RowFormat rows, List<String> classNames)
            throws IOException {
        this.file = file;
        this.part = part;
        this.channel = channel;
        this.rows = rows;
        this.classNames = classNames;
        plain = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
        gzip = file.toString().endsWith(".gz") ? new GZIPOutputStream(plain, BUFFER) : null;
        out = gzip == null ? plain : new BufferedOutputStream(gzip, BUFFER);
        removal = new Thread(() -> part.toFile().delete(), "marllb-trace-part");
        Runtime.getRuntime().addShutdownHook(removal);
    }

    /**
     * Starts a file.
     *
     * @param file where to write; replaced if it is there
     * @param format what to write
     * @param options options of the format as {@code key=value}
     * @param content the classes and whether rows carry their work
     * @param comments lines for the top of the file, written after a {@code #}
     * @return a writer; call {@link #commit} after the last row, and close it
     * @throws IllegalArgumentException if the format needs what the content does not have, or for an unknown option
     * @throws UncheckedIOException if the file can't be written
     */
    public static TraceWriter create(
            Path file, TraceFormat format, List<String> options, TraceContent content, List<String> comments) {
        return create(file, rows(format, options, content), content, comments);
    }

    static RowFormat rows(TraceFormat format, List<String> options, TraceContent content) {
        TraceOptions parsed = TraceOptions.of("format " + format.id(), options, format.writeOptions());
        return RowFormat.of(format, parsed, content);
    }

    static TraceWriter create(Path file, RowFormat rows, TraceContent content, List<String> comments) {
        try {
            Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                throw new FileSystemException(file.toString(), null, "it is there and no regular file");
            }
            Path part = newPart(target);
            FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
            TraceWriter writer = new TraceWriter(target, part, channel, rows, content.classNames());
            try {
                rows.top(writer.line, comments);
                writer.flushLine();
            } catch (RuntimeException e) {
                writer.close();
                throw e;
            }
            return writer;
        } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be written: " + FileTrouble.reason(e), e);
        }
    }

    private static Path newPart(Path target) throws IOException {
        FileAlreadyExistsException taken = null;
        for (int i = 0; i < MAX_PARTS; i++) {
            Path part = target.resolveSibling("." + target.getFileName() + "." + i + ".part");
            try {
                return Files.createFile(part);
            } catch (FileAlreadyExistsException e) {
                taken = e; // another writer's
            }
        }
        throw new IOException(
                "there are " + MAX_PARTS + " unfinished files ." + target.getFileName() + ".*.part; remove them",
                taken);
    }

    /**
     * Writes a row without a URL.
     *
     * @param at nanoseconds from time 0, not before the previous row
     * @param flowClass index of its class; ignored where the content has no classes
     * @param cpuNanos its CPU work, finite, {@code >= 0}; ignored where the content is not sized
     * @param ioNanos its I/O delay, {@code >= 0}; ignored where the content is not sized
     */
    public void write(long at, int flowClass, double cpuNanos, long ioNanos) {
        write(at, flowClass, cpuNanos, ioNanos, null);
    }

    void write(long at, int flowClass, double cpuNanos, long ioNanos, String url) {
        requireOpen();
        if (at < last) {
            throw new IllegalArgumentException("at must not go back, but was " + at + " after " + last);
        }
        if (!(cpuNanos >= 0 && cpuNanos <= LONGEST_WORK) || ioNanos < 0) {
            throw new IllegalArgumentException(
                    "cpuNanos and ioNanos must be >= 0 and below 146 years, but were " + cpuNanos + " and " + ioNanos);
        }
        last = at;
        count++;
        String name = classNames.isEmpty() ? "" : classNames.get(flowClass);
        rows.row(line, at, name, cpuNanos, ioNanos, url);
        flushLine();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the writer of " + file + " is closed");
        }
    }

    private void flushLine() {
        try {
            out.write(line.toString().getBytes(rows.charset()));
            line.setLength(0);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be written: " + FileTrouble.reason(e), e);
        }
    }

    /**
     * Ends the file and puts it in its place.
     *
     * @return number of rows
     * @throws IllegalStateException if there is no row, since no reader takes such a file
     */
    public long commit() {
        requireOpen();
        if (count == 0) {
            throw new IllegalStateException("no flow was written to " + file + "; a trace needs at least one");
        }
        rows.bottom(line);
        flushLine();
        try {
            out.flush();
            if (gzip != null) {
                gzip.finish();
                plain.flush();
            }
            channel.force(true);
            channel.close();
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            closed = true;
            keepPart();
            syncFolder();
        } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be written: " + FileTrouble.reason(e), e);
        }
        return count;
    }

    /** From here on the name of the part may be another writer's. */
    private void keepPart() {
        try {
            Runtime.getRuntime().removeShutdownHook(removal);
        } catch (IllegalStateException e) {
            // the process is ending: it runs, or has run
        }
    }

    /** Makes the new name survive a crash; only POSIX systems open folders. */
    private void syncFolder() throws IOException {
        if (File.separatorChar == '/') {
            try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }

    /** Removes what was written, unless it was committed. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        keepPart();
        try {
            channel.close();
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw new UncheckedIOException(part + " can't be removed: " + e, e);
        }
    }
}
