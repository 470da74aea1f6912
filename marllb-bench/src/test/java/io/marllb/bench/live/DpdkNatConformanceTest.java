package io.marllb.bench.live;

/** The DPDK program as it translates addresses, so that it sees both directions. */
class DpdkNatConformanceTest extends DpdkConformanceTest {

    @Override
    String mode() {
        return "nat";
    }
}
