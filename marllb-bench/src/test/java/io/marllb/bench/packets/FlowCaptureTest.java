package io.marllb.bench.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlowCaptureTest {

    private static final int FILE_HEADER = 24;
    private static final int PACKET_HEADER = 16;
    private static final int FRAME = 60;

    @TempDir
    private Path folder;

    /** A program that checks them would drop packets of another sum, and look fast. */
    @Test
    void everyPacketIsOfAFlowOfItsOwnWithTheRightChecksums() throws IOException {
        Path file = folder.resolve("flows.pcap");
        FlowCapture.writePcap(file);
        byte[] all = Files.readAllBytes(file);

        assertThat(all).hasSize(FILE_HEADER + FlowCapture.FLOWS * (PACKET_HEADER + FRAME));
        Set<Long> flows = new HashSet<>();
        for (int i = 0; i < FlowCapture.FLOWS; i++) {
            int at = FILE_HEADER + i * (PACKET_HEADER + FRAME) + PACKET_HEADER;
            ByteBuffer frame = ByteBuffer.wrap(all, at, FRAME).slice().order(ByteOrder.BIG_ENDIAN);
            assertThat(sum(frame, 14, 34)).as("IPv4 header of packet %d", i).isEqualTo(0xffff);
            int pseudoHeader = sum(frame, 26, 34) + 6 + (FRAME - 34);
            assertThat(fold(pseudoHeader + sum(frame, 34, FRAME)))
                    .as("TCP of packet %d", i)
                    .isEqualTo(0xffff);
            flows.add((long) frame.getInt(26) << 16 | frame.getShort(34) & 0xffff);
        }
        assertThat(flows).hasSize(FlowCapture.FLOWS);
    }

    @Test
    void thereIsARouteForEachFlow() throws IOException {
        Path file = folder.resolve("routes.cfg");

        FlowCapture.writeRoutes(file);

        assertThat(Files.readAllLines(file))
                .hasSize(FlowCapture.FLOWS)
                .doesNotHaveDuplicates()
                .allMatch(l -> l.matches("R198\\.18\\.0\\.1 10\\.0\\.\\d+\\.\\d+ 80 \\d+ 0x06 0"));
    }

    private static int sum(ByteBuffer b, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i += 2) {
            sum += b.getShort(i) & 0xffff;
        }
        return fold(sum);
    }

    private static int fold(int sum) {
        int folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return folded;
    }
}
