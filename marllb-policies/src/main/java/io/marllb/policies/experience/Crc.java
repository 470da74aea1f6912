package io.marllb.policies.experience;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The checksum of headers and records. */
final class Crc {

    private Crc() {}

    /** Of the first bytes; the buffer's own position does not matter. */
    static int of(ByteBuffer bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(0).limit(length));
        return (int) crc.getValue();
    }
}
