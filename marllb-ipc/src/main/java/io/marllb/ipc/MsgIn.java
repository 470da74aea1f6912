package io.marllb.ipc;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The content of one {@code msg_in}: what a controller wants. A holder to be used again and again: writers copy it into the segment, readers fill it.
 * Not thread-safe.
 *
 * <pre>
 *   sequence | time_nanos | answers | rule, choices | bias_scale | bias_offset | exponent | vpp_ties, servers | checksum
 *   | weight [256] | state [256] | generation [256] | cells [256]
 * </pre>
 */
public final class MsgIn {

    private static final Schema.Shape RECORD = Layout.SCHEMA.shape("msg_in");
    static final int SEQUENCE = RECORD.offset("sequence");
    private static final int TIME = RECORD.offset("time_nanos");
    private static final int ANSWERS = RECORD.offset("answers");
    private static final int RULE = RECORD.offset("rule");
    private static final int CHOICES = RECORD.offset("choices");
    private static final int BIAS_SCALE = RECORD.offset("bias_scale");
    private static final int BIAS_OFFSET = RECORD.offset("bias_offset");
    private static final int EXPONENT = RECORD.offset("exponent");
    private static final int VPP_TIES = RECORD.offset("vpp_ties");
    private static final int SERVERS = RECORD.offset("servers");
    private static final int CHECKSUM = RECORD.offset("checksum");
    private static final int WEIGHT = RECORD.offset("weight");
    private static final int STATE = RECORD.offset("state");
    private static final int GENERATION = RECORD.offset("generation");
    private static final int CELLS = RECORD.offset("cells");
    static final int STRIDE = RECORD.size();

    private static final Schema.Shape CELL = Layout.SCHEMA.shape("cell");
    private static final int CELL_STRIDE = CELL.size();
    private static final int CELL_THRESHOLD = CELL.offset("threshold");
    private static final int CELL_ALIAS = CELL.offset("alias");

    private static final long TWO_32 = 1L << 32;

    /** Of this record, 1, 2, ...; set by the writer and by readers. */
    public long sequence;
    /** When it was written, nanoseconds of CLOCK_MONOTONIC ({@code System.nanoTime()} on Linux). */
    public long timeNanos;
    /** Sequence of the msg_out that it answers; 0 = none. */
    public long answers;
    /** How new flows are placed. */
    public Rule rule = Rule.SED;
    /** Servers looked at by {@link Rule#TWO_CHOICES}, in [1, servers]; others ignore it. */
    public int choices = 1;
    /** The key of a server with q open flows and weight w is (q x biasScale + biasOffset) / w^exponent; finite, {@code >= 0}. */
    public double biasScale = 1;
    /** See {@link #biasScale}; finite, {@code >= 0}. */
    public double biasOffset = 1;
    /** See {@link #biasScale}; finite, {@code >= 0}. */
    public double exponent = 1;
    /** Ties as in MARLLB's VPP node. */
    public boolean vppTies;

    /** Slots that this holder has: the segment's. */
    public final int servers;
    /** Policy's weight x ramp, by slot; finite, {@code >= 0}; 0 = no new flows. */
    public final double[] weight;
    /** The state wanted, by slot. */
    public final ServerState[] state;
    /** Of the slot when this was decided; the data plane ignores the entry if the slot has another by now. */
    public final int[] generation;
    /** Of the alias table, by cell, in [0, 2^32]: the cell's own index if the low half of the word is below. */
    public final long[] threshold;
    /** Of the alias table, by cell: the other index, in [0, servers). */
    public final int[] alias;

    /**
     * An empty record: all slots absent, weights 0, SED.
     *
     * @param servers slots, as in the segment's {@link SegmentSpec}
     */
    public MsgIn(int servers) {
        this.servers = servers;
        weight = new double[servers];
        state = new ServerState[servers];
        generation = new int[servers];
        threshold = new long[servers];
        alias = new int[servers];
        Arrays.fill(state, ServerState.ABSENT);
    }

    /** Writes all but the sequence, and the checksum. */
    void encode(ByteBuffer record) {
        record.putLong(TIME, timeNanos);
        record.putLong(ANSWERS, answers);
        record.putInt(RULE, rule.ordinal());
        record.putInt(CHOICES, choices);
        record.putDouble(BIAS_SCALE, biasScale);
        record.putDouble(BIAS_OFFSET, biasOffset);
        record.putDouble(EXPONENT, exponent);
        record.putInt(VPP_TIES, vppTies ? 1 : 0);
        record.putInt(SERVERS, servers);
        for (int j = 0; j < servers; j++) {
            record.putDouble(WEIGHT + j * Double.BYTES, weight[j]);
            record.putInt(STATE + j * Integer.BYTES, state[j].ordinal());
            record.putInt(GENERATION + j * Integer.BYTES, generation[j]);
            record.putLong(CELLS + j * CELL_STRIDE + CELL_THRESHOLD, threshold[j]);
            record.putInt(CELLS + j * CELL_STRIDE + CELL_ALIAS, alias[j]);
        }
        record.putLong(CHECKSUM, Layout.checksum(record, TIME, CHECKSUM, STRIDE));
    }

    /** Whether a copied record may be decoded: FRESH, or why not. */
    static Reading check(ByteBuffer record, int servers) {
        if (record.getLong(CHECKSUM) != Layout.checksum(record, TIME, CHECKSUM, STRIDE)) {
            return Reading.CHECKSUM;
        }
        return ranges(record, servers);
    }

    /** The same without the checksum. */
    static Reading ranges(ByteBuffer record, int servers) {
        if (record.getInt(SERVERS) != servers) {
            return Reading.SERVERS;
        }
        int rule = record.getInt(RULE);
        if (!Rule.valid(rule)) {
            return Reading.RULE;
        }
        int choices = record.getInt(CHOICES);
        if (rule == Rule.TWO_CHOICES.ordinal() && !(choices >= 1 && choices <= servers)) {
            return Reading.CHOICES;
        }
        if (!notNegative(record.getDouble(BIAS_SCALE))
                || !notNegative(record.getDouble(BIAS_OFFSET))
                || !notNegative(record.getDouble(EXPONENT))) {
            return Reading.KEY;
        }
        if (Integer.compareUnsigned(record.getInt(VPP_TIES), 1) > 0) {
            return Reading.TIES;
        }
        double sum = 0;
        for (int j = 0; j < servers; j++) {
            double weight = record.getDouble(WEIGHT + j * Double.BYTES);
            sum += weight;
            if (!notNegative(weight) || !notNegative(sum)) {
                return Reading.WEIGHT;
            }
            if (!ServerState.valid(record.getInt(STATE + j * Integer.BYTES))) {
                return Reading.STATE;
            }
            int cell = CELLS + j * CELL_STRIDE;
            long threshold = record.getLong(cell + CELL_THRESHOLD);
            int alias = record.getInt(cell + CELL_ALIAS);
            if (threshold < 0 || threshold > TWO_32 || alias < 0 || alias >= servers) {
                return Reading.CELL;
            }
        }
        return Reading.FRESH;
    }

    private static boolean notNegative(double x) {
        return x >= 0 && x < Double.POSITIVE_INFINITY;
    }

    /** Takes over a checked record, its sequence too. */
    void decode(ByteBuffer record) {
        sequence = record.getLong(SEQUENCE);
        timeNanos = record.getLong(TIME);
        answers = record.getLong(ANSWERS);
        rule = Rule.of(record.getInt(RULE));
        choices = record.getInt(CHOICES);
        biasScale = record.getDouble(BIAS_SCALE);
        biasOffset = record.getDouble(BIAS_OFFSET);
        exponent = record.getDouble(EXPONENT);
        vppTies = record.getInt(VPP_TIES) != 0;
        for (int j = 0; j < servers; j++) {
            weight[j] = record.getDouble(WEIGHT + j * Double.BYTES);
            state[j] = ServerState.of(record.getInt(STATE + j * Integer.BYTES));
            generation[j] = record.getInt(GENERATION + j * Integer.BYTES);
            threshold[j] = record.getLong(CELLS + j * CELL_STRIDE + CELL_THRESHOLD);
            alias[j] = record.getInt(CELLS + j * CELL_STRIDE + CELL_ALIAS);
        }
    }
}
