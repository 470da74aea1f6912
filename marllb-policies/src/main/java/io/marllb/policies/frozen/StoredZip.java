package io.marllb.policies.frozen;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The plainest zip archive that every tool opens: entries stored as they are, without times, one behind another. Reading takes nothing else: no
 * compression (so nothing can blow up), no unknown name (so nothing can leave the archive), no gap, no comment, no second entry of a name.
 *
 * <pre>
 * local header   0 "PK\3\4"  4 version  6 flags  8 method  10 time  14 CRC-32  18 size  22 size  26 name length  28 extra length  30 name, extra
 * directory      0 "PK\1\2"  4 made by  6 version  8 flags  10 method  12 time  16 CRC-32  20 size  24 size  28 name  30 extra  32 comment lengths
 *               34 disk  36 attributes  42 offset  46 name, extra, comment
 * end            0 "PK\5\6"  4 disks  8 entries  10 entries  12 directory size  16 directory offset  20 comment length
 * </pre>
 */
final class StoredZip {

    private static final int LOCAL = 0x04034b50;
    private static final int DIRECTORY = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int LOCAL_BYTES = 30;
    private static final int DIRECTORY_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int VERSION = 10; // 1.0: stored entries
    private static final int FIRST_DAY = 0x0021; // 1 January 1980 in MS-DOS form, the earliest that there is
    private static final int UTF8_FLAG = 0x0800;
    private static final int MOST_ENTRIES = 64; // to bound the directory; an agent has three
    private static final long UNSIGNED = 0xffffffffL;
    private static final int CHUNK = 1 << 16;

    /** Something that can write itself, with the same bytes each time. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private StoredZip() {}

    /** Writes an archive; each content is written twice, the first time to know its length and checksum. */
    static void write(Map<String, Content> entries, OutputStream out) throws IOException {
        List<byte[]> directory = new ArrayList<>();
        long offset = 0;
        for (Map.Entry<String, Content> entry : entries.entrySet()) {
            byte[] name = entry.getKey().getBytes(StandardCharsets.US_ASCII);
            Count count = new Count();
            entry.getValue().writeTo(count);
            long next = offset + LOCAL_BYTES + name.length + count.size;
            if (next > UNSIGNED) {
                throw new IOException(
                        "an agent file can have at most 4 GiB, but " + entry.getKey() + " would end at byte " + next);
            }
            ByteBuffer local = buffer(LOCAL_BYTES + name.length).putInt(LOCAL);
            fixed(local, count)
                    .putShort((short) name.length)
                    .putShort((short) 0)
                    .put(name);
            out.write(bytes(local));
            entry.getValue().writeTo(out);
            ByteBuffer d =
                    buffer(DIRECTORY_BYTES + name.length).putInt(DIRECTORY).putShort((short) VERSION);
            fixed(d, count).putShort((short) name.length);
            d.putShort((short) 0)
                    .putShort((short) 0)
                    .putShort((short) 0)
                    .putShort((short) 0)
                    .putInt(0);
            directory.add(bytes(d.putInt((int) offset).put(name)));
            offset = next;
        }
        int size = 0;
        for (byte[] d : directory) {
            out.write(d);
            size += d.length;
        }
        if (offset + size > UNSIGNED) {
            throw new IOException("an agent file can have at most 4 GiB");
        }
        short entryCount = (short) directory.size();
        out.write(bytes(buffer(END_BYTES)
                .putInt(END)
                .putInt(0)
                .putShort(entryCount)
                .putShort(entryCount)
                .putInt(size)
                .putInt((int) offset)
                .putShort((short) 0)));
    }

    private static ByteBuffer fixed(ByteBuffer header, Count count) {
        return header.putShort((short) VERSION)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) FIRST_DAY)
                .putInt((int) count.crc.getValue())
                .putInt((int) count.size)
                .putInt((int) count.size);
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer full) {
        byte[] bytes = new byte[full.capacity()];
        full.flip().get(bytes);
        return bytes;
    }

    private static final class Count extends OutputStream {
        private final CRC32 crc = new CRC32();
        private long size;

        @Override
        public void write(int b) {
            crc.update(b);
            size++;
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            crc.update(bytes, from, count);
            size += count;
        }
    }

    /** Where an entry's bytes are, and what its checksum should be. */
    static final class Entry {
        private final String name;
        private final ByteSource bytes;
        private final long crc;

        private Entry(String name, ByteSource bytes, long crc) {
            this.name = name;
            this.bytes = bytes;
            this.crc = crc;
        }

        ByteSource bytes() {
            return bytes;
        }

        /** Reads all of it once. */
        void checkSum() throws IOException {
            CRC32 actual = new CRC32();
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            for (long at = 0; at < bytes.size(); at += chunk.limit()) {
                chunk.clear().limit((int) Math.min(CHUNK, bytes.size() - at));
                bytes.read(at, chunk);
                actual.update(chunk.flip());
            }
            if (actual.getValue() != crc) {
                throw new MalformedException(
                        String.format("'%s' has checksum %08x, but %08x was expected", name, actual.getValue(), crc));
            }
        }
    }

    /** The entries of an archive, by name, all of them among the known ones. */
    static Map<String, Entry> read(ByteSource source, Collection<String> known) throws IOException {
        long size = source.size();
        if (size < 4 || source.bytes(0, 4).getInt() != LOCAL) {
            throw new MalformedException("it is not a zip archive, as every agent file is", "name a .marllb file");
        }
        ByteBuffer end = size < END_BYTES ? null : source.bytes(size - END_BYTES, END_BYTES);
        if (end == null || end.getInt() != END) {
            throw new MalformedException("it is truncated: the archive's directory is not at its end");
        }
        int disks = end.getInt();
        int here = end.getShort() & 0xffff;
        int entries = end.getShort() & 0xffff;
        long directorySize = end.getInt() & UNSIGNED;
        long directory = end.getInt() & UNSIGNED;
        if (disks != 0
                || here != entries
                || entries > MOST_ENTRIES
                || end.getShort() != 0
                || directory + directorySize != size - END_BYTES) {
            throw new MalformedException("the archive's directory (" + directorySize + " bytes at " + directory + ", "
                    + entries + " entries) does not fit a file of " + size + " bytes");
        }
        Map<String, Entry> found = new LinkedHashMap<>();
        long at = directory;
        long data = 0;
        for (int i = 0; i < entries; i++) {
            ByteBuffer d = source.bytes(at, DIRECTORY_BYTES);
            if (d.getInt(0) != DIRECTORY) {
                throw new MalformedException("entry " + i + " of the archive's directory does not start as one");
            }
            int nameLength = d.getShort(28) & 0xffff;
            String name = StandardCharsets.UTF_8
                    .decode(source.bytes(at + DIRECTORY_BYTES, nameLength))
                    .toString();
            checkName(name, known);
            data = entry(source, d, name, nameLength, data, directory, found);
            at += DIRECTORY_BYTES + nameLength + (d.getShort(30) & 0xffff) + (d.getShort(32) & 0xffff);
        }
        if (at != directory + directorySize || data != directory) {
            throw new MalformedException(
                    "the archive has " + (directory - data) + " bytes between its entries and its directory");
        }
        return found;
    }

    private static void checkName(String name, Collection<String> known) throws MalformedException {
        if (!known.contains(name)) {
            StringBuilder shown = new StringBuilder(); // a hostile name must not write to the terminal either
            name.codePoints().limit(80).forEach(c -> shown.appendCodePoint(c < ' ' || c > '~' ? '?' : c));
            throw new MalformedException(
                    "the archive has an entry '" + shown + "', but only " + String.join(", ", known)
                            + " belong into one",
                    "do not use it unless you know who made it");
        }
    }

    private static long entry(
            ByteSource source,
            ByteBuffer d,
            String name,
            int nameLength,
            long expected,
            long directory,
            Map<String, Entry> found)
            throws IOException {
        int method = d.getShort(10);
        int flags = d.getShort(8) & ~UTF8_FLAG;
        long crc = d.getInt(16) & UNSIGNED;
        long stored = d.getInt(20) & UNSIGNED;
        long length = d.getInt(24) & UNSIGNED;
        long offset = d.getInt(42) & UNSIGNED;
        if (method != 0 || flags != 0) {
            throw new MalformedException(
                    "entry '" + name + "' is compressed or encrypted (method " + method + ", flags " + flags
                            + "), but entries are stored as they are",
                    "pack it again with zip -0");
        }
        if (stored != length || offset != expected) {
            throw new MalformedException("entry '" + name + "' of " + length + " bytes (" + stored + " stored) is at "
                    + offset + ", but the one before ends at " + expected);
        }
        ByteBuffer local = source.bytes(offset, LOCAL_BYTES);
        long start = offset + LOCAL_BYTES + nameLength + (local.getShort(28) & 0xffff);
        if (local.getInt(0) != LOCAL
                || local.getShort(8) != 0
                || (local.getShort(26) & 0xffff) != nameLength
                || (local.getInt(14) & UNSIGNED) != crc
                || (local.getInt(18) & UNSIGNED) != length
                || (local.getInt(22) & UNSIGNED) != length
                || start > directory - length) {
            throw new MalformedException("entry '" + name + "' is not what the archive's directory says");
        }
        if (found.put(name, new Entry(name, source.slice(start, length), crc)) != null) {
            throw new MalformedException("entry '" + name + "' is there twice");
        }
        return start + length;
    }
}
