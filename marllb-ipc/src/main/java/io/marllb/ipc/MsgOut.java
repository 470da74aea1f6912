package io.marllb.ipc;

import io.marllb.core.Reduction;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The content of one {@code msg_out}: what a data plane saw. A holder to be used again and again: writers copy it into the segment, readers fill it.
 * Not thread-safe.
 *
 * <pre>
 *   sequence | time_nanos | msg_in_applied | rx, tx | drops [16] | answered | flows | flow_slots
 *   | events_lost | fallbacks | repicked | msg_in_refused | stage, servers | checksum | server_out [servers]
 * </pre>
 */
public final class MsgOut {

    private static final Schema.Shape HEAD = Layout.SCHEMA.shape("msg_out");
    static final int SEQUENCE = HEAD.offset("sequence");
    private static final int TIME = HEAD.offset("time_nanos");
    private static final int APPLIED = HEAD.offset("msg_in_applied");
    private static final int RX_PACKETS = HEAD.offset("rx_packets");
    private static final int RX_BYTES = HEAD.offset("rx_bytes");
    private static final int TX_PACKETS = HEAD.offset("tx_packets");
    private static final int TX_BYTES = HEAD.offset("tx_bytes");
    private static final int DROPS = HEAD.offset("drops");
    private static final int ANSWERED = HEAD.offset("answered");
    private static final int FLOWS = HEAD.offset("flows");
    private static final int FLOW_SLOTS = HEAD.offset("flow_slots");
    private static final int EVENTS_LOST = HEAD.offset("events_lost");
    private static final int FALLBACKS = HEAD.offset("fallbacks");
    private static final int REPICKED = HEAD.offset("repicked");
    private static final int REFUSED = HEAD.offset("msg_in_refused");
    private static final int STAGE = HEAD.offset("stage");
    private static final int SERVERS = HEAD.offset("servers");
    private static final int CHECKSUM = HEAD.offset("checksum");
    private static final int SERVER = HEAD.offset("server");
    static final int STRIDE = HEAD.size();

    private static final Schema.Shape ENTRY = Layout.SCHEMA.shape("server_out");
    private static final int ENTRY_STRIDE = ENTRY.size();
    private static final int STATE = ENTRY.offset("state");
    private static final int GENERATION = ENTRY.offset("generation");
    private static final int IN_FLIGHT = ENTRY.offset("in_flight");
    private static final int STARTED = ENTRY.offset("started");
    private static final int COMPLETED = ENTRY.offset("completed");
    private static final int REJECTED = ENTRY.offset("rejected");
    private static final int ABORTED = ENTRY.offset("aborted");
    private static final int BUSY = ENTRY.offset("busy_nanos");
    private static final int IN_FLIGHT_NANOS = ENTRY.offset("in_flight_nanos");
    private static final int PACKETS = ENTRY.offset("packets");
    private static final int BYTES = ENTRY.offset("bytes");
    private static final int SERVER_DROPS = ENTRY.offset("drops");
    private static final int FCT = ENTRY.offset("fct");
    private static final int DURATION = ENTRY.offset("duration");
    private static final int STATIC_WEIGHT = ENTRY.offset("static_weight");

    /** Statistics of a reservoir, in the order of {@link Reduction}. */
    public static final int REDUCTIONS = ENTRY.field("fct").count();

    /** Last stage of the fall-back ladder: 0 normal, 1 last good weights, 2 the data plane's own rule. */
    public static final int LAST_STAGE = 2;

    /** Of this record, 1, 2, ...; set by the writer and by readers. */
    public long sequence;
    /** When it was written, nanoseconds of CLOCK_MONOTONIC ({@code System.nanoTime()} on Linux). */
    public long timeNanos;
    /** Sequence of the msg_in in force; 0 = none. */
    public long msgInApplied;
    /** Packets received. */
    public long rxPackets;
    /** Bytes received. */
    public long rxBytes;
    /** Packets sent. */
    public long txPackets;
    /** Bytes sent. */
    public long txBytes;
    /** Packets dropped, by ordinal of {@link Drop}; the rest is room. */
    public final long[] drops = new long[Layout.DROPS];
    /** Packets that the data plane answered itself. */
    public long answered;
    /** Open flows. */
    public long flows;
    /** Room for flows. */
    public long flowSlots;
    /** Events for which there was no room. */
    public long eventsLost;
    /** Flows placed by consistent hashing since the table was full. */
    public long fallbacks;
    /** Flows moved away from dead servers. */
    public long repicked;
    /** msg_in records that were refused. */
    public long msgInRefused;
    /** Of the fall-back ladder, in [0, {@link #LAST_STAGE}]. */
    public int stage;

    /** Slots that this holder has: the segment's. */
    public final int servers;
    /** By slot. */
    public final ServerState[] state;
    /** By slot; a slot that is used again has another. */
    public final int[] generation;
    /** Open flows, by slot. */
    public final int[] inFlight;
    /** Flows opened, by slot. */
    public final long[] started;
    /** Flows that ended well, by slot. */
    public final long[] completed;
    /** Flows refused by the server, by slot. */
    public final long[] rejected;
    /** Flows reset or lost, by slot. */
    public final long[] aborted;
    /** Time with at least one open flow, by slot. */
    public final long[] busyNanos;
    /** Integral of the open flows over time, by slot. */
    public final long[] inFlightNanos;
    /** Packets forwarded, by slot. */
    public final long[] packets;
    /** Bytes forwarded, by slot. */
    public final long[] bytes;
    /** Packets meant for the slot and dropped. */
    public final long[] serverDrops;
    /** Flow completion time, seconds: {@code [slot][reduction]}, order of {@link Reduction}; NaN = none. */
    public final double[][] fct;
    /** Flow duration, seconds: {@code [slot][reduction]}, order of {@link Reduction}; NaN = none. */
    public final double[][] duration;
    /** As configured, by slot. */
    public final double[] staticWeight;

    /**
     * An empty record: all slots absent, no statistic.
     *
     * @param servers slots, as in the segment's {@link SegmentSpec}
     */
    public MsgOut(int servers) {
        this.servers = servers;
        state = new ServerState[servers];
        generation = new int[servers];
        inFlight = new int[servers];
        started = new long[servers];
        completed = new long[servers];
        rejected = new long[servers];
        aborted = new long[servers];
        busyNanos = new long[servers];
        inFlightNanos = new long[servers];
        packets = new long[servers];
        bytes = new long[servers];
        serverDrops = new long[servers];
        fct = new double[servers][REDUCTIONS];
        duration = new double[servers][REDUCTIONS];
        staticWeight = new double[servers];
        Arrays.fill(state, ServerState.ABSENT);
        for (int j = 0; j < servers; j++) {
            Arrays.fill(fct[j], Double.NaN);
            Arrays.fill(duration[j], Double.NaN);
        }
    }

    /** Bytes of a record with so many slots. */
    static int length(int servers) {
        return SERVER + servers * ENTRY_STRIDE;
    }

    /** Writes all but the sequence, and the checksum. */
    void encode(ByteBuffer record) {
        record.putLong(TIME, timeNanos);
        record.putLong(APPLIED, msgInApplied);
        record.putLong(RX_PACKETS, rxPackets);
        record.putLong(RX_BYTES, rxBytes);
        record.putLong(TX_PACKETS, txPackets);
        record.putLong(TX_BYTES, txBytes);
        for (int i = 0; i < drops.length; i++) {
            record.putLong(DROPS + i * Long.BYTES, drops[i]);
        }
        record.putLong(ANSWERED, answered);
        record.putLong(FLOWS, flows);
        record.putLong(FLOW_SLOTS, flowSlots);
        record.putLong(EVENTS_LOST, eventsLost);
        record.putLong(FALLBACKS, fallbacks);
        record.putLong(REPICKED, repicked);
        record.putLong(REFUSED, msgInRefused);
        record.putInt(STAGE, stage);
        record.putInt(SERVERS, servers);
        for (int j = 0, at = SERVER; j < servers; j++, at += ENTRY_STRIDE) {
            record.putInt(at + STATE, state[j].ordinal());
            record.putInt(at + GENERATION, generation[j]);
            record.putInt(at + IN_FLIGHT, inFlight[j]);
            record.putLong(at + STARTED, started[j]);
            record.putLong(at + COMPLETED, completed[j]);
            record.putLong(at + REJECTED, rejected[j]);
            record.putLong(at + ABORTED, aborted[j]);
            record.putLong(at + BUSY, busyNanos[j]);
            record.putLong(at + IN_FLIGHT_NANOS, inFlightNanos[j]);
            record.putLong(at + PACKETS, packets[j]);
            record.putLong(at + BYTES, bytes[j]);
            record.putLong(at + SERVER_DROPS, serverDrops[j]);
            for (int k = 0; k < REDUCTIONS; k++) {
                record.putDouble(at + FCT + k * Double.BYTES, fct[j][k]);
                record.putDouble(at + DURATION + k * Double.BYTES, duration[j][k]);
            }
            record.putDouble(at + STATIC_WEIGHT, staticWeight[j]);
        }
        record.putLong(CHECKSUM, Layout.checksum(record, TIME, CHECKSUM, length(servers)));
    }

    /** Whether a copied record may be decoded: FRESH, or why not. */
    static Reading check(ByteBuffer record, int servers) {
        if (record.getLong(CHECKSUM) != Layout.checksum(record, TIME, CHECKSUM, length(servers))) {
            return Reading.CHECKSUM;
        }
        return ranges(record, servers);
    }

    /** The same without the checksum. */
    static Reading ranges(ByteBuffer record, int servers) {
        if (record.getInt(SERVERS) != servers) {
            return Reading.SERVERS;
        }
        if (Integer.compareUnsigned(record.getInt(STAGE), LAST_STAGE) > 0) {
            return Reading.STAGE;
        }
        for (int j = 0, at = SERVER; j < servers; j++, at += ENTRY_STRIDE) {
            if (!ServerState.valid(record.getInt(at + STATE))) {
                return Reading.STATE;
            }
            for (int k = 0; k < REDUCTIONS; k++) {
                if (!statistic(record.getDouble(at + FCT + k * Double.BYTES))
                        || !statistic(record.getDouble(at + DURATION + k * Double.BYTES))) {
                    return Reading.STATISTIC;
                }
            }
            double weight = record.getDouble(at + STATIC_WEIGHT);
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                return Reading.WEIGHT;
            }
        }
        return Reading.FRESH;
    }

    private static boolean statistic(double x) {
        return x >= 0 && x < Double.POSITIVE_INFINITY || Double.isNaN(x);
    }

    /** Takes over a checked record, its sequence too. */
    void decode(ByteBuffer record) {
        sequence = record.getLong(SEQUENCE);
        timeNanos = record.getLong(TIME);
        msgInApplied = record.getLong(APPLIED);
        rxPackets = record.getLong(RX_PACKETS);
        rxBytes = record.getLong(RX_BYTES);
        txPackets = record.getLong(TX_PACKETS);
        txBytes = record.getLong(TX_BYTES);
        for (int i = 0; i < drops.length; i++) {
            drops[i] = record.getLong(DROPS + i * Long.BYTES);
        }
        answered = record.getLong(ANSWERED);
        flows = record.getLong(FLOWS);
        flowSlots = record.getLong(FLOW_SLOTS);
        eventsLost = record.getLong(EVENTS_LOST);
        fallbacks = record.getLong(FALLBACKS);
        repicked = record.getLong(REPICKED);
        msgInRefused = record.getLong(REFUSED);
        stage = record.getInt(STAGE);
        for (int j = 0, at = SERVER; j < servers; j++, at += ENTRY_STRIDE) {
            state[j] = ServerState.of(record.getInt(at + STATE));
            generation[j] = record.getInt(at + GENERATION);
            inFlight[j] = record.getInt(at + IN_FLIGHT);
            started[j] = record.getLong(at + STARTED);
            completed[j] = record.getLong(at + COMPLETED);
            rejected[j] = record.getLong(at + REJECTED);
            aborted[j] = record.getLong(at + ABORTED);
            busyNanos[j] = record.getLong(at + BUSY);
            inFlightNanos[j] = record.getLong(at + IN_FLIGHT_NANOS);
            packets[j] = record.getLong(at + PACKETS);
            bytes[j] = record.getLong(at + BYTES);
            serverDrops[j] = record.getLong(at + SERVER_DROPS);
            for (int k = 0; k < REDUCTIONS; k++) {
                fct[j][k] = record.getDouble(at + FCT + k * Double.BYTES);
                duration[j][k] = record.getDouble(at + DURATION + k * Double.BYTES);
            }
            staticWeight[j] = record.getDouble(at + STATIC_WEIGHT);
        }
    }
}
