package io.marllb.policies.experience;

import java.util.zip.CRC32C;

/** The checksum of headers and records. */
final class Crc {

    private Crc() {}

    static int of(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
