package io.marllb.ipc;

import java.nio.ByteBuffer;

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
     * Checksum of a record: FNV-1a by words of 64 bits, the checksum's own word taken as 0.
     *
     * @param record the record from its offset 0 on
     * @param from offset of the first word
     * @param checksum offset of the checksum
     * @param end offset after the last word
     */
    static long checksum(ByteBuffer record, int from, int checksum, int end) {
        long hash = CHECKSUM_START;
        for (int i = from; i < checksum; i += Long.BYTES) {
            hash = (hash ^ record.getLong(i)) * CHECKSUM_PRIME;
        }
        hash *= CHECKSUM_PRIME;
        for (int i = checksum + Long.BYTES; i < end; i += Long.BYTES) {
            hash = (hash ^ record.getLong(i)) * CHECKSUM_PRIME;
        }
        return hash;
    }
}
