package io.marllb.ipc;

import java.nio.ByteBuffer;

/** One command to the data plane. A holder to be used again and again. Not thread-safe. */
public final class Command {

    private static final Schema.Shape RECORD = Layout.SCHEMA.shape("command");
    static final int SEQUENCE = RECORD.offset("sequence");
    private static final int KIND = RECORD.offset("kind");
    private static final int SERVER = RECORD.offset("server");
    private static final int GENERATION = RECORD.offset("generation");
    private static final int PORT = RECORD.offset("port");
    private static final int FAMILY = RECORD.offset("family");
    private static final int HAS_MAC = RECORD.offset("has_mac");
    private static final int ADDRESS = RECORD.offset("address");
    private static final int MAC = RECORD.offset("mac");
    private static final int STATIC_WEIGHT = RECORD.offset("static_weight");
    static final int STRIDE = RECORD.size();

    /** Of this command, 1, 2, ...; set by the writer and by readers; the data plane answers with it. */
    public long sequence;
    /** What is asked. */
    public CommandKind kind = CommandKind.NONE;
    /** Slot. */
    public int server;
    /** Of the slot; after {@link CommandKind#ADD}. */
    public int generation;
    /** In [0, 65535]. */
    public int port;
    /** 4 or 6. */
    public int family;
    /** Whether {@link #mac} is known. */
    public boolean hasMac;
    /** Network order, IPv4 in the first four. */
    public final byte[] address = new byte[16];
    /** Hardware address. */
    public final byte[] mac = new byte[6];
    /** As configured. */
    public double staticWeight;

    void encode(ByteBuffer entry) {
        entry.putInt(KIND, kind.ordinal());
        entry.putInt(SERVER, server);
        entry.putInt(GENERATION, generation);
        entry.putShort(PORT, (short) port);
        entry.put(FAMILY, (byte) family);
        entry.put(HAS_MAC, (byte) (hasMac ? 1 : 0));
        entry.put(ADDRESS, address);
        entry.put(MAC, mac);
        entry.putDouble(STATIC_WEIGHT, staticWeight);
    }

    static Reading check(ByteBuffer entry, int servers) {
        return CommandKind.valid(entry.getInt(KIND)) ? Reading.FRESH : Reading.KIND;
    }

    void decode(ByteBuffer entry) {
        sequence = entry.getLong(SEQUENCE);
        kind = CommandKind.of(entry.getInt(KIND));
        server = entry.getInt(SERVER);
        generation = entry.getInt(GENERATION);
        port = Short.toUnsignedInt(entry.getShort(PORT));
        family = Byte.toUnsignedInt(entry.get(FAMILY));
        hasMac = entry.get(HAS_MAC) != 0;
        entry.get(ADDRESS, address);
        entry.get(MAC, mac);
        staticWeight = entry.getDouble(STATIC_WEIGHT);
    }
}
