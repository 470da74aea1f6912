package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Signal;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Weight policies against numbers worked out by hand; those of hlb and aquarius come from six lines of Python with the formulas of their classes. */
class WeightPoliciesTest {

    private static final long SECOND = 1_000_000_000L;

    private static FakeHost weighing(String weights, int balancers, double... staticWeights) {
        return new FakeHost("weighted-random+" + weights, balancers, staticWeights);
    }

    private static void report(FakeHost host, int server, int inFlight, double utilisation) {
        Signal signal = FakeHost.signal(Signal.Kind.REPORT, server, inFlight);
        signal.utilisation = utilisation;
        signal.sentAt = host.now;
        host.reports[server] = signal;
    }

    /** One second of a server: rate flows a second, each lasting so long on the mean. */
    private static void serve(FakeHost host, int server, long flows, double meanSeconds, double busySeconds) {
        host.started[server] += flows;
        host.completed[server] += flows;
        host.inFlightNanos[server] += flows * meanSeconds * 1e9;
        host.busyNanos[server] += (long) (busySeconds * 1e9);
    }

    @Test
    void capacityAndEqualAreStatic() {
        FakeHost capacity = weighing("capacity", 1, 1, 2, 4);
        assertThat(capacity.weight).containsExactly(1, 2, 4);
        assertThat(capacity.decide()).containsExactly(1, 2, 4);
        assertThat(capacity.policy.weights().isStatic()).isTrue();

        assertThat(weighing("equal", 1, 1, 2, 4).decide()).containsExactly(1, 1, 1);
    }

    @Test
    void awcmpDividesCapacityByReportedBusyWorkers() {
        FakeHost host = weighing("awcmp", 1, 2, 1, 1);
        report(host, 0, 3, 0.5); // 2/4
        report(host, 1, 0, 0.5); // 1/1
        // the third never reported: 1/1
        assertThat(host.decide()).containsExactly(0.5, 1, 1);

        report(host, 1, 9, 0.5); // 0.1
        report(host, 2, 4, 0.5); // 0.2
        host.now = 249_999_999L;
        assertThat(host.decide()).containsExactly(0.5, 1, 1); // not yet
        host.now = 250_000_000L;
        assertThat(host.decide()).containsExactly(1, 0.2, 0.4);
    }

    @Test
    void awcmpProbeFormMovesTowardTheDistanceFromTheFullest() {
        FakeHost host = weighing("awcmp:form=probe:alpha=0.5", 1, 2, 1);
        report(host, 0, 3, 0.5);
        report(host, 1, 1, 0.5);
        assertThat(host.decide()).containsExactly(1, 2); // (0 + 1)/2 + 1/2 and (2 + 1)/2 + 1/2
    }

    @Test
    void awrrPullsWeightsTowardTheMeanUtilisation() {
        FakeHost host = weighing("awrr", 1, 1, 3);
        report(host, 0, 0, 0.8);
        report(host, 1, 0, 0.4);
        // mean 0.6: 1 (1 - 0.5/3) = 5/6, 3 (1 + 0.5/3) = 3.5, scaled from 13/3 to 4
        double[] weights = host.decide();
        assertThat(weights[0]).isCloseTo(5.0 / 6 * 12 / 13, within(1e-12));
        assertThat(weights[1]).isCloseTo(3.5 * 12 / 13, within(1e-12));
    }

    @Test
    void awrrGrpcFormIsThroughputOverUtilisation() {
        FakeHost host = weighing("awrr:form=grpc", 1, 1, 1, 1);
        for (int second = 0; second <= 12; second++) {
            host.now = second * SECOND;
            for (int j = 0; j < 2; j++) {
                report(host, j, 0, j == 0 ? 0.5 : 0.8);
                host.started[j] += 100;
                host.completed[j] += j == 0 ? 100 : 90; // the second fails one in ten
            }
            double[] weights = host.decide();
            if (second < 10) {
                assertThat(weights).containsExactly(1, 1, 1); // blackout
            }
        }
        // 100/0.5 = 200; 90/(0.8 + 10/90) = 98.78; the third never reported: their mean
        assertThat(host.weight[0]).isCloseTo(200, within(1e-9));
        assertThat(host.weight[1]).isCloseTo(90 / (0.8 + 1 / 9.0), within(1e-9));
        assertThat(host.weight[2]).isCloseTo((200 + 90 / (0.8 + 1 / 9.0)) / 2, within(1e-9));

        host.now += 181 * SECOND; // the reports are older than three minutes
        assertThat(host.decide()).containsExactly(1, 1, 1);
    }

    @Test
    void aquariusSmoothsTheSoftmaxOfDurations() {
        FakeHost host = weighing("aquarius", 1, 1, 1);
        assertThat(host.decide()).containsExactly(0.5, 0.5); // no sample yet

        host.duration[0] = 0.1;
        host.duration[1] = 0.3;
        assertThat(host.decide()[0]).isCloseTo(0.524916998656239, within(1e-15));
        assertThat(host.decide()[0]).isCloseTo(0.5373754979843584, within(1e-15));
    }

    @Test
    void aquariusNeverTakesAServerOutOfService() {
        FakeHost host = weighing("aquarius:alpha=1", 1, 1, 1);
        host.duration[0] = 0.1;
        host.duration[1] = 5_000;

        assertThat(host.decide()[1]).isPositive();
    }

    @Test
    void hlbFiltersRelativeDurations() {
        FakeHost host = weighing("hlb", 1, 1, 1);
        host.duration[0] = 1;
        host.duration[1] = 3;
        assertThat(host.decide()[1]).isCloseTo(0.3684675770552053, within(1e-14));
        host.duration[0] = 2;
        host.duration[1] = 2;
        assertThat(host.decide()[1]).isCloseTo(0.6068679122519484, within(1e-14));
        host.duration[0] = Double.NaN; // only grows less certain
        assertThat(host.decide()[1]).isCloseTo(0.6594861391530568, within(1e-14));
        assertThat(host.weight[0]).isEqualTo(1);
    }

    @Test
    void rateIsCompletionsPerBusySecondUnderLoad() {
        FakeHost host = weighing("rate:prior=0.001", 1, 1, 1);
        host.decide();
        host.now = SECOND / 4;
        serve(host, 0, 40, 0.01, 0.2); // 200 a busy second
        serve(host, 1, 10, 0.01, 0.1); // 100 a busy second
        double[] weights = host.decide();
        assertThat(weights[0]).isCloseTo(200, within(0.1));
        assertThat(weights[1]).isCloseTo(100, within(0.1));
    }

    @Test
    void rateShrinksTowardThePoolAndForgets() {
        FakeHost host = weighing("rate:prior=10:memory=1s", 1, 1, 1);
        host.decide();
        host.now = SECOND;
        serve(host, 0, 30, 0.1, 1); // A = 3, 30 a busy second
        serve(host, 1, 10, 0.3, 1); // A = 3, 10 a busy second
        // sums D A = 90, 30 and B A = 3, 3; pooled 20; A per completion 120/40 = 3, k = 30
        double[] weights = host.decide();
        assertThat(weights[0]).isCloseTo((90 + 30) / (3 + 1.5), within(1e-9));
        assertThat(weights[1]).isCloseTo((30 + 30) / (3 + 1.5), within(1e-9));

        host.now = 60 * SECOND; // all forgotten but the direction; the new interval decides
        serve(host, 0, 1_000, 0.1, 100);
        serve(host, 1, 3_000, 0.1, 100);
        weights = host.decide();
        assertThat(weights[1] / weights[0]).isGreaterThan(2.8);
    }

    @Test
    void knapsackSplitsByTheSquareRootRule() {
        // mu 9 and 4, total 8: spare 5, roots 5: 9 - 3 = 6 and 4 - 2 = 2
        FakeHost host = weighing("knapsack", 2, 1, 1);
        host.decide();
        host.now = SECOND;
        serve(host, 0, 2, 1 / 5.0, 0.5); // two balancers: x = 4, l = 1/5, mu = 9
        serve(host, 1, 2, Double.POSITIVE_INFINITY, 0.5);
        host.inFlightNanos[1] = 2 * 1e9 * 1e9; // x = 4, l nearly infinite: mu = 4
        double[] weights = host.decide();
        assertThat(weights[0]).isCloseTo(6, within(1e-6));
        assertThat(weights[1]).isCloseTo(2, within(1e-6));
    }

    @Test
    void knapsackCountsNothingFromBeforeItsFirstLook() {
        FakeHost host = weighing("knapsack", 2, 1, 1);
        serve(host, 0, 1_000, 0.1, 0.2);
        serve(host, 1, 10, 0.1, 0.2);
        host.now = SECOND / 4;
        host.decide();
        host.now += SECOND;
        serve(host, 0, 2, 1 / 5.0, 0.5); // as in the test above
        serve(host, 1, 2, 1e9, 0.5);

        double[] weights = host.decide();

        assertThat(weights[0]).isCloseTo(6, within(1e-6));
        assertThat(weights[1]).isCloseTo(2, within(1e-6));
    }

    @Test
    void knapsackLeavesOutWhoIsTooSlowButKeepsMeasuring() {
        // mu 100 and 1, total 10: spare 91, roots 11: 1 - 91/11 < 0
        FakeHost host = weighing("knapsack:trickle=0.1", 1, 1, 1);
        host.decide();
        host.now = SECOND;
        serve(host, 0, 10, 1 / 90.0, 0.5);
        host.started[1] = 0;
        host.completed[1] = 1; // an old flow: x = 1, l huge
        host.inFlightNanos[1] = 1e18;
        double[] weights = host.decide();
        assertThat(weights[0]).isCloseTo(10, within(1e-6));
        assertThat(weights[1]).isCloseTo(0.1 * 10 / 2, within(1e-6));
    }

    @Test
    void knapsackForgetsNothingOfAServerThatIsOut() {
        FakeHost host = weighing("knapsack:memory=1s", 1, 1, 1);
        host.decide();
        host.now = SECOND;
        serve(host, 0, 10, 0.1, 0.5);
        serve(host, 1, 10, 0.1, 0.5);
        host.decide();
        host.up(true, false);
        host.now = 10 * SECOND;
        serve(host, 0, 90, 0.1, 0.5);
        host.decide();
        host.up(true, true);

        double[] weights = host.decide();
        assertThat(weights[1]).isCloseTo(weights[0], within(1e-3 * weights[0]));
    }

    @Test
    void knapsackGoesByCapacityWhenAllIsOverloaded() {
        FakeHost host = weighing("knapsack", 1, 1, 1);
        host.decide();
        host.now = SECOND;
        for (int j = 0; j < 2; j++) {
            host.started[j] = 50;
            host.completed[j] = 10 + 10L * j;
            host.inFlightNanos[j] = 1e18;
        }
        double[] weights = host.decide();
        assertThat(weights[1] / weights[0]).isCloseTo(2, within(1e-6));
    }

    @Test
    void everyWeightPolicySurvivesAClockThatStartsAnywhere() {
        for (PolicyInfo info : PolicyRegistry.weights()) {
            for (long start : new long[] {-7_000_000_000_000_000_000L, 0, 7_000_000_000_000_000_000L}) {
                FakeHost host = weighing(info.name(), 2, 1, 2);
                for (int tick = 0; tick < 5; tick++) {
                    host.now = start + tick * SECOND;
                    for (int j = 0; j < 2; j++) {
                        serve(host, j, 10, 0.01, 0.1);
                        report(host, j, 1, 0.5);
                    }
                    assertThat(Arrays.stream(host.decide()).min().orElseThrow())
                            .as(info.name())
                            .isPositive();
                }
            }
        }
    }
}
