package io.marllb.policies.experience;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads experience as it grows, from the oldest file there is. A damaged record ends its file: what follows it there is skipped and counted as one loss.
 * One thread.
 */
public final class ExperienceReader implements AutoCloseable {

    private final Path folder;
    private final ByteBuffer header = ByteBuffer.allocate(ExperienceShape.HEADER);
    private FileChannel channel;
    private ExperienceShape shape; // of the file that is open
    private ByteBuffer record;
    private long number;
    private long position;
    private long losses;

    /**
     * A reader that has read nothing.
     *
     * @param folder of the writer; need not be there yet
     */
    public ExperienceReader(Path folder) {
        this.folder = folder;
    }

    /**
     * The shape of what {@link #next} gives next.
     *
     * @return the shape of the file that is read; null as long as there is none
     * @throws IOException if the folder or a file cannot be read
     * @throws IllegalArgumentException if a file is something else
     */
    public ExperienceShape shape() throws IOException {
        open();
        return shape;
    }

    /**
     * Takes the next record.
     *
     * @param into filled if there is one; of {@link #shape}
     * @return false if there is none yet, or the next one is of another shape
     * @throws IOException if it cannot be read
     */
    public boolean next(Experience into) throws IOException {
        while (open()) {
            if (into.inputs.length != shape.inputs() || into.action.length != shape.actionSize()) {
                return false;
            }
            record.clear();
            while (record.hasRemaining()) {
                if (channel.read(record, position + record.position()) < 0) {
                    break;
                }
            }
            if (!record.hasRemaining()) {
                record.flip();
                if (into.decode(record)) {
                    position += shape.recordBytes();
                    return true;
                }
                losses++;
                if (!advance()) {
                    return false;
                }
            } else if (!advance()) { // half a record: of a writer that is at work, or was killed
                return false;
            }
        }
        return false;
    }

    /** Opens the oldest file if none is open. */
    private boolean open() throws IOException {
        return channel != null || advance();
    }

    /** Goes on to the next newer file; false if there is none. */
    private boolean advance() throws IOException {
        for (Path file : ExperienceWriter.files(folder)) {
            if (ExperienceWriter.number(file) > number && open(file)) {
                return true;
            }
        }
        return false;
    }

    private boolean open(Path file) throws IOException {
        FileChannel next;
        try {
            next = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            return false; // deleted meanwhile, since it was old
        }
        header.clear();
        while (header.hasRemaining() && next.read(header, header.position()) >= 0) {
            // until it is whole
        }
        if (header.hasRemaining()) {
            next.close();
            return false; // just begun
        }
        try {
            shape = ExperienceShape.of(header.flip(), file.toString());
        } catch (IllegalArgumentException e) {
            next.close();
            throw e;
        }
        close();
        channel = next;
        record = ByteBuffer.allocate(shape.recordBytes()).order(ByteOrder.LITTLE_ENDIAN);
        number = ExperienceWriter.number(file);
        position = ExperienceShape.HEADER;
        return true;
    }

    /**
     * Files whose rest was skipped since a record was damaged.
     *
     * @return their number
     */
    public long losses() {
        return losses;
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
