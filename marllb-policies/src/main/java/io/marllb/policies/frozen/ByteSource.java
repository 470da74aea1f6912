package io.marllb.policies.frozen;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Bytes of known number that can be read anywhere: a file, or memory. Multi-byte numbers are little-endian. */
interface ByteSource extends Closeable {

    long size();

    /** Fills the buffer from there on. The caller has checked that the bytes exist; a file that shrinks meanwhile is malformed. */
    void read(long position, ByteBuffer into) throws IOException;

    @Override
    default void close() throws IOException {}

    default ByteBuffer bytes(long position, int count) throws IOException {
        if (position < 0 || count < 0 || position > size() - count) {
            throw new MalformedException(
                    "it is truncated: " + count + " bytes at " + position + " are beyond its end at " + size());
        }
        ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        read(position, buffer);
        return buffer.flip();
    }

    /** A part of it, such as an entry of an archive. */
    default ByteSource slice(long from, long length) {
        ByteSource whole = this;
        return new ByteSource() {
            @Override
            public long size() {
                return length;
            }

            @Override
            public void read(long position, ByteBuffer into) throws IOException {
                whole.read(from + position, into);
            }
        };
    }

    static ByteSource of(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        long size = channel.size();
        return new ByteSource() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public void read(long position, ByteBuffer into) throws IOException {
                long at = position;
                while (into.hasRemaining()) {
                    int count = channel.read(into, at);
                    if (count < 0) {
                        throw new MalformedException("it shrank while it was read");
                    }
                    at += count;
                }
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    static ByteSource of(InputStream in, int limit) throws IOException {
        byte[] bytes = in.readNBytes(limit + 1);
        if (bytes.length > limit) {
            throw new MalformedException("it has more than " + limit + " bytes", "give the file itself");
        }
        return of(bytes);
    }

    static ByteSource of(byte[] bytes) {
        return new ByteSource() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long position, ByteBuffer into) {
                into.put(bytes, (int) position, into.remaining());
            }
        };
    }
}
