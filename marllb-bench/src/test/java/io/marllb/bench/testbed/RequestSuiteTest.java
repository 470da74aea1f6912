package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.bench.load.Wrk;
import io.marllb.bench.testbed.RequestSuite.Carrier;
import io.marllb.bench.testbed.RequestSuite.Cost;
import io.marllb.bench.testbed.RequestSuite.LongRun;
import io.marllb.bench.testbed.RequestSuite.Plan;
import io.marllb.bench.testbed.RequestSuite.Report;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestSuiteTest {

    private static final int KILLS = 5;

    @Test
    void holdsIfNothingFailedAndOursCostsNoMore() {
        assertThat(report(20, 0, KILLS, 0).holds()).isTrue();
    }

    @Test
    void doesNotHoldIfOursCostsMore() {
        assertThat(report(31, 0, KILLS, 0).holds()).isFalse();
    }

    @Test
    void doesNotHoldIfARequestFailed() {
        assertThat(report(20, 1, KILLS, 0).holds()).isFalse();
        assertThat(report(20, 0, KILLS, 1).holds()).isFalse();
    }

    @Test
    void doesNotHoldIfAControllerOutlivedTheRun() {
        assertThat(report(20, 0, KILLS - 1, 0).holds()).isFalse();
    }

    /** HAProxy needs 30 us a request. */
    private static Report report(double micros, long failed, int killed, long failedInLongRun) {
        Cost ours = new Cost(List.of(micros), List.of(1_000.0), List.of(failed));
        Cost haproxy = new Cost(List.of(30.0), List.of(1_000.0), List.of(0L));
        Map<Carrier, Cost> costs = Map.of(Carrier.DSR, ours, Carrier.NAT, ours, Carrier.HAPROXY, haproxy);
        LongRun run = new LongRun(killed, new Wrk(60_000, 1_000, failedInLongRun));
        return new Report(new Plan(1, 1, 60, KILLS), costs, costs, Map.of(Carrier.DSR, run, Carrier.NAT, run));
    }
}
