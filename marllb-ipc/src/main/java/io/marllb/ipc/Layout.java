package io.marllb.ipc;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The layout of this build as constants that the compiler can fold, and the checksum of records.
 *
 * <pre>
 *   0      header            who owns the segment, and how it is laid out
 *          dataplane_beat    one line, stored by the data plane only
 *          controller_beat   one line, stored by the controller only
 *          msg_out [8]       versioned records, data plane to controller
 *          msg_in [8]        versioned records, controller to data plane
 *          command [256]     ring, controller to data plane
 *          event [4096]      ring, data plane to controller
 * </pre>
 */
final class Layout {

    static final Schema SCHEMA = Schema.load();

    static final int VERSION = (int) SCHEMA.constant("LAYOUT_VERSION");
    static final long MAGIC = SCHEMA.constant("MAGIC");
    static final long HASH = SCHEMA.hash();
    static final int SERVERS = (int) SCHEMA.constant("SERVERS");
    static final int RING = (int) SCHEMA.constant("RING");
    static final int COMMANDS = (int) SCHEMA.constant("COMMANDS");
    static final int EVENTS = (int) SCHEMA.constant("EVENTS");
    static final int DROPS = (int) SCHEMA.constant("DROPS");

    static final int SIZE = SCHEMA.shape("segment").size();
    static final int MSG_OUT = SCHEMA.shape("segment").offset("msg_out");
    static final int MSG_IN = SCHEMA.shape("segment").offset("msg_in");
    static final int COMMAND = SCHEMA.shape("segment").offset("command");
    static final int EVENT = SCHEMA.shape("segment").offset("event");

    static final int ALIGNMENT = SCHEMA.shape("segment").align();
    static final int HEADER_BYTES = SCHEMA.shape("header").size();
    static final int HEADER_MAGIC = header("magic");
    static final int HEADER_VERSION = header("version");
    static final int HEADER_SIZE = header("size");
    static final int HEADER_HASH = header("hash");
    static final int HEADER_SERVERS = header("servers");
    static final int HEADER_CORES = header("cores");
    static final int HEADER_CREATED = header("created_nanos");
    static final int HEADER_DATAPLANE_PID = header("dataplane_pid");
    static final int HEADER_CONTROLLER_PID = header("controller_pid");
    static final int HEADER_DATAPLANE_START = header("dataplane_start");
    static final int HEADER_CONTROLLER_START = header("controller_start");
    static final int HEADER_BALANCERS = header("balancers");
    static final int HEADER_INTERVAL = header("interval_nanos");

    static final int DATAPLANE_BEAT = beat("dataplane_beat", "nanos");
    static final int LATEST_MSG_OUT = beat("dataplane_beat", "latest_msg_out");
    static final int COMMANDS_TAKEN = beat("dataplane_beat", "commands_taken");
    static final int EVENTS_WRITTEN = beat("dataplane_beat", "events_written");

    static final int CONTROLLER_BEAT = beat("controller_beat", "nanos");
    static final int LATEST_MSG_IN = beat("controller_beat", "latest_msg_in");
    static final int COMMANDS_WRITTEN = beat("controller_beat", "commands_written");
    static final int EVENTS_TAKEN = beat("controller_beat", "events_taken");

    private static final long CHECKSUM_START = 0xcbf29ce484222325L;
    private static final long CHECKSUM_PRIME = 0x100000001b3L;

    private Layout() {}

    private static int header(String field) {
        return SCHEMA.shape("segment").offset("header") + SCHEMA.shape("header").offset(field);
    }

    private static int beat(String record, String field) {
        return SCHEMA.shape("segment").offset(record) + SCHEMA.shape(record).offset(field);
    }

    /**
     * What of a record is in use, without its sequence: the head up to the first array over SERVERS, and the used part of each such array.
     *
     * @return offset and bytes of each piece, all multiples of 8
     */
    static int[] pieces(Schema.Shape record, int servers) {
        int[] pieces = new int[2 * record.fields().size()];
        int length = 0;
        int head = record.size();
        for (Schema.Field field : record.fields()) {
            if (field.array() && field.count() == SERVERS) {
                head = Math.min(head, field.offset());
                length += 2;
                pieces[length] = field.offset();
                pieces[length + 1] = (servers * field.stride() + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
            }
        }
        pieces[0] = Long.BYTES;
        pieces[1] = head - Long.BYTES;
        return Arrays.copyOf(pieces, length + 2);
    }

    /**
     * Checksum of a record: FNV-1a by words of 64 bits in four lanes, since one lane would wait for each product. Word i of a piece goes to lane
     * i % 4; at the end the lanes are hashed as four words.
     *
     * @param record the record from its offset 0 on; private, and its checksum field 0
     * @param pieces what counts
     */
    static long checksum(ByteBuffer record, int[] pieces) {
        long a = CHECKSUM_START;
        long b = CHECKSUM_START;
        long c = CHECKSUM_START;
        long d = CHECKSUM_START;
        for (int p = 0; p < pieces.length; p += 2) {
            int at = pieces[p];
            int end = at + pieces[p + 1];
            for (; at + 4 * Long.BYTES <= end; at += 4 * Long.BYTES) {
                a = (a ^ record.getLong(at)) * CHECKSUM_PRIME;
                b = (b ^ record.getLong(at + Long.BYTES)) * CHECKSUM_PRIME;
                c = (c ^ record.getLong(at + 2 * Long.BYTES)) * CHECKSUM_PRIME;
                d = (d ^ record.getLong(at + 3 * Long.BYTES)) * CHECKSUM_PRIME;
            }
            if (at < end) {
                a = (a ^ record.getLong(at)) * CHECKSUM_PRIME;
            }
            if (at + Long.BYTES < end) {
                b = (b ^ record.getLong(at + Long.BYTES)) * CHECKSUM_PRIME;
            }
            if (at + 2 * Long.BYTES < end) {
                c = (c ^ record.getLong(at + 2 * Long.BYTES)) * CHECKSUM_PRIME;
            }
        }
        long hash = (CHECKSUM_START ^ a) * CHECKSUM_PRIME;
        hash = (hash ^ b) * CHECKSUM_PRIME;
        hash = (hash ^ c) * CHECKSUM_PRIME;
        return (hash ^ d) * CHECKSUM_PRIME;
    }

    /** Stores the checksum of a private record. */
    static void seal(ByteBuffer record, int[] pieces, int checksum) {
        record.putLong(checksum, 0);
        record.putLong(checksum, checksum(record, pieces));
    }

    /** Whether a private record has the checksum that it should; clears the field. */
    static boolean sealed(ByteBuffer record, int[] pieces, int checksum) {
        long stored = record.getLong(checksum);
        record.putLong(checksum, 0);
        return stored == checksum(record, pieces);
    }
}
