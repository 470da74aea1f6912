package io.marllb.agents.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the fields of one protocol-buffers message: variable-length integers, strings, bytes and messages within. */
final class Proto {

    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;
    private static final int PAYLOAD_BITS = 7;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Proto number(int field, long value) {
        varint((long) field << 3 | VARINT);
        varint(value);
        return this;
    }

    Proto text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Proto message(int field, Proto value) {
        return bytes(field, value.toBytes());
    }

    Proto bytes(int field, byte[] value) {
        varint((long) field << 3 | LENGTH_DELIMITED);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    private void varint(long value) {
        long left = value;
        while ((left & -(1L << PAYLOAD_BITS)) != 0) {
            out.write((int) (left & 0x7f | 0x80));
            left >>>= PAYLOAD_BITS;
        }
        out.write((int) left);
    }
}
