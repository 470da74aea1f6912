package io.marllb.policies.experience;

import io.marllb.core.check.Checks;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What all records of a file have in common.
 *
 * <pre>
 *   "MLBEXPR1" | version | servers | balancers | inputs | action size | interval nanos | crc32c        little-endian, {@value #HEADER} bytes
 *   then records: time nanos | follows | reward | inputs [f32] | action [f32] | crc32c
 * </pre>
 *
 * @param servers n, {@code >= 1}
 * @param balancers m, {@code >= 1}
 * @param inputs length of an observation as the network takes it, {@code >= 1}
 * @param actionSize entries of an action, {@code >= 1}
 * @param intervalNanos control interval, {@code > 0}
 */
public record ExperienceShape(int servers, int balancers, int inputs, int actionSize, long intervalNanos) {

    static final int HEADER = 48;
    static final String SUFFIX = ".experience";
    private static final long MAGIC = 0x3152505845424c4dL; // "MLBEXPR1" in memory
    private static final int VERSION = 1;
    private static final int CHECKED = 36; // bytes of the header under the checksum
    private static final int MOST = 1 << 20;

    /** Checks every component. */
    public ExperienceShape {
        new Checks("experience")
                .inRange("servers", servers, 1, MOST)
                .inRange("balancers", balancers, 1, Integer.MAX_VALUE)
                .inRange("inputs", inputs, 1, MOST)
                .inRange("actionSize", actionSize, 1, MOST)
                .atLeast("intervalNanos", intervalNanos, 1)
                .throwIfAny();
    }

    /** Bytes of a record. */
    int recordBytes() {
        return Long.BYTES + Integer.BYTES + Float.BYTES * (1 + inputs + actionSize) + Integer.BYTES;
    }

    ByteBuffer header() {
        ByteBuffer b = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(MAGIC)
                .putInt(VERSION)
                .putInt(servers)
                .putInt(balancers)
                .putInt(inputs)
                .putInt(actionSize)
                .putLong(intervalNanos);
        b.putInt(Crc.of(b, CHECKED));
        return b.position(HEADER).flip();
    }

    /** The shape that a file's header tells. */
    static ExperienceShape of(ByteBuffer header, String source) {
        header.order(ByteOrder.LITTLE_ENDIAN);
        if (header.remaining() < HEADER
                || header.getLong(0) != MAGIC
                || header.getInt(CHECKED) != Crc.of(header, CHECKED)) {
            throw new IllegalArgumentException(source + " is no experience of a controller, or is damaged");
        }
        if (header.getInt(8) != VERSION) {
            throw new IllegalArgumentException(
                    source + " is experience of version " + header.getInt(8) + ", but this program reads " + VERSION);
        }
        return new ExperienceShape(
                header.getInt(12), header.getInt(16), header.getInt(20), header.getInt(24), header.getLong(28));
    }
}
