package io.marllb.policies.experience;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Appends experience to numbered files of mode 0600 in a folder; a new file for each writer and whenever one is full; the oldest are deleted. Each record is
 * one write; nothing is forced to disk. One writer of a folder at a time, one thread.
 */
public final class ExperienceWriter implements AutoCloseable {

    private final Path folder;
    private final ExperienceShape shape;
    private final long fileBytes;
    private final int files;
    private final ByteBuffer record;
    private FileChannel channel;
    private long number;

    /**
     * A writer that begins a new file with its first record.
     *
     * @param folder where; made if it is not there
     * @param shape of the records
     * @param fileBytes a file that has grown so large is followed by another
     * @param files how many are kept, {@code >= 1}
     * @throws IOException if the folder cannot be made or read
     */
    public ExperienceWriter(Path folder, ExperienceShape shape, long fileBytes, int files) throws IOException {
        this.folder = folder;
        this.shape = shape;
        this.fileBytes = fileBytes;
        this.files = files;
        record = ByteBuffer.allocate(shape.recordBytes()).order(ByteOrder.LITTLE_ENDIAN);
        Files.createDirectories(folder);
        List<Path> there = files(folder);
        number = there.isEmpty() ? 0 : number(there.get(there.size() - 1));
    }

    /**
     * Appends a record.
     *
     * @param experience of the writer's shape
     * @throws IOException if it could not be written; the next one begins a new file
     */
    public void append(Experience experience) throws IOException {
        experience.encode(record);
        try {
            if (channel == null || channel.position() >= fileBytes) {
                next();
            }
            while (record.hasRemaining()) {
                channel.write(record);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void next() throws IOException {
        close();
        channel = FileChannel.open(
                folder.resolve(String.format(Locale.ROOT, "%012d%s", ++number, ExperienceShape.SUFFIX)),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        ByteBuffer header = shape.header();
        while (header.hasRemaining()) {
            channel.write(header);
        }
        List<Path> there = files(folder);
        for (Path old : there.subList(0, Math.max(0, there.size() - files))) {
            Files.deleteIfExists(old);
        }
    }

    /** The files of a folder, oldest first. */
    static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().matches("\\d{12}" + ExperienceShape.SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    static long number(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 12));
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            FileChannel closing = channel;
            channel = null;
            closing.close();
        }
    }
}
