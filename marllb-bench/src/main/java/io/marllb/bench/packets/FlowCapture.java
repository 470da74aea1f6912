package io.marllb.bench.packets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** One packet of each of many TCP flows to one address, 60 bytes each, in random order: as a capture, and as routes for l3fwd. */
final class FlowCapture {

    static final int FLOWS = 4_096; // flows that l3fwd's default table and a first-level cache of ours both hold

    private static final int FRAME = 60;
    private static final int IP_AT = 14;
    private static final int TCP_AT = IP_AT + 20;
    private static final int FIRST_PORT = 1024;
    private static final int PORT_STEP = 7;
    private static final int PORTS = 50_000;
    private static final int HTTP = 80;
    private static final int VIP = 0xc6120001; // 198.18.0.1, of the block for benchmarks (RFC 2544)
    private static final int FIRST_CLIENT = 0x0a000000;

    private FlowCapture() {}

    /** Writes the capture (pcap, microseconds). */
    static void writePcap(Path file) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(24 + FLOWS * (16 + FRAME)).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0).putInt(65_535).putInt(1);
        int[] order = shuffled();
        for (int flow : order) {
            b.putInt(0).putInt(0).putInt(FRAME).putInt(FRAME).put(frame(flow));
        }
        Files.write(file, b.array());
    }

    /** Writes l3fwd's rules for exact matches: every flow to port 0. */
    static void writeRoutes(Path file) throws IOException {
        StringBuilder s = new StringBuilder();
        for (int flow = 0; flow < FLOWS; flow++) {
            s.append("R198.18.0.1 10.0.").append(flow >> 8).append('.').append(flow & 0xff).append(' ').append(HTTP).append(' ');
            s.append(port(flow)).append(" 0x06 0\n");
        }
        Files.writeString(file, s, StandardCharsets.US_ASCII);
    }

    private static int[] shuffled() {
        SplittableRandom random = new SplittableRandom(1);
        int[] order = new int[FLOWS];
        for (int i = 0; i < FLOWS; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static int port(int flow) {
        return FIRST_PORT + flow * PORT_STEP % PORTS;
    }

    private static byte[] frame(int flow) {
        ByteBuffer f = ByteBuffer.allocate(FRAME); // network byte order
        f.put(new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}).putShort((short) 0x0800);
        f.putShort((short) 0x4500).putShort((short) (FRAME - IP_AT)).putShort((short) flow).putShort((short) 0x4000);
        f.put((byte) 64).put((byte) 6).putShort((short) 0).putInt(FIRST_CLIENT + flow).putInt(VIP);
        f.putShort((short) port(flow)).putShort((short) HTTP).putInt(1).putInt(1);
        f.putShort((short) 0x5010).putShort((short) 1000).putShort((short) 0).putShort((short) 0);
        f.putShort(IP_AT + 10, (short) checksum(f, IP_AT, TCP_AT, 0));
        int pseudo = (FIRST_CLIENT >>> 16) + ((FIRST_CLIENT + flow) & 0xffff) + (VIP >>> 16) + (VIP & 0xffff) + 6 + FRAME - TCP_AT;
        f.putShort(TCP_AT + 16, (short) checksum(f, TCP_AT, FRAME, pseudo));
        return f.array();
    }

    /** RFC 1071 over an even number of bytes. */
    private static int checksum(ByteBuffer f, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i += 2) {
            sum += f.getShort(i) & 0xffff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }
}
