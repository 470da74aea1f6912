package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestbedTest {

    @Test
    void offloadsThatAreOnAreSeen() {
        assertThat(Testbed.offloads("""
                        Features for eth0:
                        rx-checksumming: on
                        tx-checksumming: on
                        \ttx-checksum-ip-generic: on
                        scatter-gather: on
                        tcp-segmentation-offload: off
                        generic-segmentation-offload: on
                        generic-receive-offload: off
                        large-receive-offload: off [fixed]
                        """)).containsExactly("tx-checksumming", "generic-segmentation-offload");
    }
}
