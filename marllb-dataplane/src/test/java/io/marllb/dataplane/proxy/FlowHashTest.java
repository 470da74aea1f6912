package io.marllb.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FlowHashTest {

    private static final InetSocketAddress VIP = new InetSocketAddress("10.0.0.1", 80);

    @Test
    void isTheSameForTheSameEndsAndSeedOnly() {
        InetSocketAddress client = new InetSocketAddress("192.0.2.7", 40_000);
        long hash = new FlowHash(1).of(client, VIP);

        assertThat(new FlowHash(1).of(new InetSocketAddress("192.0.2.7", 40_000), VIP))
                .isEqualTo(hash);
        assertThat(new FlowHash(2).of(client, VIP)).isNotEqualTo(hash);
        assertThat(new FlowHash(1).of(new InetSocketAddress("192.0.2.7", 40_001), VIP))
                .isNotEqualTo(hash);
        assertThat(new FlowHash(1).of(new InetSocketAddress("192.0.2.8", 40_000), VIP))
                .isNotEqualTo(hash);
        assertThat(new FlowHash(1).of(client, new InetSocketAddress("10.0.0.1", 81)))
                .isNotEqualTo(hash);
        assertThat(new FlowHash(1).of(new InetSocketAddress("2001:db8::1", 40_000), VIP))
                .isNotEqualTo(new FlowHash(1).of(new InetSocketAddress("2001:db8:0:1::1", 40_000), VIP));
    }

    @Test
    void spreadsNeighbouringPortsOverAllBits() {
        FlowHash hash = new FlowHash(1);
        int[] ones = new int[Long.SIZE];
        int flows = 10_000;
        for (int i = 0; i < flows; i++) {
            long h = hash.of(new InetSocketAddress("192.0.2.7", 20_000 + i), VIP);
            for (int bit = 0; bit < Long.SIZE; bit++) {
                ones[bit] += (int) (h >>> bit & 1);
            }
        }

        // 5.6 standard deviations, 64 bits: 1e-6 together
        assertThat(Arrays.stream(ones)).allMatch(n -> Math.abs(n - flows / 2) < 280);
    }
}
