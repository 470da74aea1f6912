package io.marllb.agents.train;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard: a file of records, each a protobuf message {@code Event}. Written here by hand, since the five fields in use do not
 * justify TensorFlow.
 *
 * <pre>
 * record:  length (8 bytes, little-endian) | masked CRC-32C of it (4) | message | masked CRC-32C of the message (4)
 * Event:   1 wall_time double | 2 step int64 | 3 file_version string | 5 summary Summary
 * Summary: 1 value Value, repeated          Value: 1 tag string | 2 simple_value float
 * </pre>
 *
 * Source: {@code tensorflow/core/lib/io/record_writer.h}, {@code tensorflow/core/util/event.proto}, {@code
 * tensorflow/core/framework/summary.proto}.
 */
public final class EventFile implements TrainingLog {

    private static final String VERSION = "brain.Event:2";
    private static final int MASK_DELTA = 0xa282ead8; // crc32c.h of TensorFlow
    private static final int MASK_ROTATION = 15;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int VALUE = 1;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final double MILLIS = 1e3;

    private final OutputStream out;
    private final LongSupplier epochMillis;

    private EventFile(OutputStream out, LongSupplier epochMillis) {
        this.out = out;
        this.epochMillis = epochMillis;
    }

    /**
     * A new file {@code events.out.tfevents.SECONDS.marllb}; TensorBoard shows all such files of a folder as one run.
     *
     * @param folder where to
     * @param epochMillis wall clock, shown by TensorBoard and used for nothing else
     * @return the log
     * @throws IOException if it cannot be created
     */
    public static EventFile create(Path folder, LongSupplier epochMillis) throws IOException {
        long seconds = epochMillis.getAsLong() / (long) MILLIS;
        Path file = folder.resolve("events.out.tfevents." + seconds + ".marllb");
        while (Files.exists(file)) {
            seconds++; // two runs within a second
            file = folder.resolve("events.out.tfevents." + seconds + ".marllb");
        }
        EventFile log = new EventFile(
                new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)), epochMillis);
        Message first = log.event(0);
        first.text(FILE_VERSION, VERSION);
        log.record(first);
        return log;
    }

    @Override
    public void row(long steps, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((tag, x) -> {
            Message value = new Message();
            value.text(TAG, tag);
            value.fixed32(SIMPLE_VALUE, x.floatValue());
            summary.bytes(VALUE, value.toByteArray());
        });
        Message event = event(steps);
        event.bytes(SUMMARY, summary.toByteArray());
        record(event);
    }

    private Message event(long steps) {
        Message event = new Message();
        event.fixed64(WALL_TIME, epochMillis.getAsLong() / MILLIS);
        event.varint(STEP, steps);
        return event;
    }

    private void record(Message message) throws IOException {
        byte[] body = message.toByteArray();
        byte[] length = little(Long.BYTES).putLong(body.length).array();
        out.write(length);
        out.write(little(Integer.BYTES).putInt(maskedChecksum(length)).array());
        out.write(body);
        out.write(little(Integer.BYTES).putInt(maskedChecksum(body)).array());
        out.flush(); // somebody may be watching
    }

    private static int maskedChecksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), MASK_ROTATION) + MASK_DELTA;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** Fields of a protobuf message, one behind another. */
    private static final class Message extends ByteArrayOutputStream {

        private void key(int field, int wireType) {
            raw((long) field << 3 | wireType);
        }

        private void raw(long value) {
            long left = value;
            while ((left & ~0x7fL) != 0) {
                write((int) (left & 0x7f | 0x80));
                left >>>= 7;
            }
            write((int) left);
        }

        private void varint(int field, long value) {
            key(field, VARINT);
            raw(value);
        }

        private void fixed64(int field, double value) {
            key(field, FIXED64);
            writeBytes(little(Long.BYTES).putDouble(value).array());
        }

        private void fixed32(int field, float value) {
            key(field, FIXED32);
            writeBytes(little(Integer.BYTES).putFloat(value).array());
        }

        private void bytes(int field, byte[] value) {
            key(field, BYTES);
            raw(value.length);
            writeBytes(value);
        }

        private void text(int field, String value) {
            bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }
    }
}
