package io.marllb.policies;

import static io.marllb.policies.FakeHost.CHI_SQUARE_1E6;
import static io.marllb.policies.FakeHost.chiSquare;
import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Outcome;
import io.marllb.core.Signal;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** peak-ewma, c3, hcl, prequal, gossip: numbers worked out by hand. */
class LatencyRulesTest {

    private static final long SECOND = 1_000_000_000L;

    private static void complete(FakeHost host, int server, long fct) {
        host.start(server);
        host.end(server, fct);
    }

    private static Signal report(int server, int inFlight, double service) {
        Signal signal = FakeHost.signal(Signal.Kind.REPORT, server, inFlight);
        signal.service = service;
        return signal;
    }

    private static void answer(FakeHost host, int server, int inFlight, double latency) {
        Signal signal = FakeHost.signal(Signal.Kind.PROBE, server, inFlight);
        signal.latency = latency;
        host.rule.signal(signal, host.now);
    }

    @Test
    void peakEwmaJumpsUpAtOnceAndComesDownSlowly() {
        FakeHost host = FakeHost.of("peak-ewma", 1, 1);
        complete(host, 0, 100);
        complete(host, 1, 50);
        assertThat(host.choose()).isEqualTo(1);

        complete(host, 1, 400); // a peak
        assertThat(host.choose()).isZero();

        // after 10 s a sample of 10 leaves 400/e + 10 (1 - 1/e) = 153.5 against 100/e = 36.8: (36.8)(3+1) = 147 < 153 <
        // (36.8)(4+1)
        host.now = 10 * SECOND;
        complete(host, 1, 10);
        host.counts(3, 0);
        assertThat(host.choose()).isZero();
        host.counts(4, 0);
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void peakEwmaTriesTheUnknownOnceAndThenWaits() {
        FakeHost host = FakeHost.of("peak-ewma", 1, 1);
        complete(host, 0, 100);

        assertThat(host.choose()).isEqualTo(1);
        host.counts(50, 1);
        assertThat(host.choose()).isZero();
    }

    @Test
    void peakEwmaComparesTheCountsOfUnknownBusyServers() {
        FakeHost host = FakeHost.of("peak-ewma", 1, 1).counts(5, 1);

        assertThat(host.histogram(1_000)).containsExactly(0, 1_000);
    }

    @Test
    void peakEwmaLearnsNothingFromARefusedFlow() {
        FakeHost host = FakeHost.of("peak-ewma", 1, 1);
        complete(host, 0, 100);
        complete(host, 1, 90);
        host.start(1);
        host.inFlight[1]--;
        host.rule.ended(1, 5_000, Outcome.REJECTED, 0);

        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void c3RanksByItsCubicScore() {
        FakeHost host = new FakeHost("c3:alpha=1", 2, 1, 1);
        host.rule.signal(report(0, 2, 4), 0); // qhat = 1 + 0 + 2 = 3
        host.rule.signal(report(1, 1, 10), 0); // qhat = 2
        complete(host, 0, 30);
        complete(host, 1, 60);
        // 30 - 4 + 27 x 4 = 134; 60 - 10 + 8 x 10 = 130
        assertThat(host.choose()).isEqualTo(1);

        // one own flow of two balancers counts twice: qhat = 4, 60 - 10 + 64 x 10 = 690, against 30 - 6 + 64 x 6 = 408
        host.start(1);
        host.rule.signal(report(0, 3, 6), 0);
        assertThat(host.choose()).isZero();
    }

    @Test
    void c3MixesNewValuesInWithAlpha() {
        FakeHost host = FakeHost.of("c3:alpha=0.5", 1, 1);
        host.rule.signal(report(0, 0, 10), 0);
        host.rule.signal(report(1, 0, 10), 0);
        complete(host, 0, 100);
        complete(host, 0, 200); // R = 150
        complete(host, 1, 149);
        assertThat(host.choose()).isEqualTo(1);

        host.rule.signal(report(1, 2, 10), 0); // qbar = 1: 149 + (8 - 1) 10 = 219
        assertThat(host.choose()).isZero();
    }

    @Test
    void c3GoesByOwnCountsBeforeAnyReport() {
        assertThat(FakeHost.of("c3", 1, 1, 1).counts(2, 1, 3).choose()).isEqualTo(1);
    }

    @Test
    void gossipCountsWhatOthersSaidAtPartOfItsWeight() {
        FakeHost host = new FakeHost("gossip:peers=0.5:bias=0.5", 3, 1, 1).counts(2, 1);
        Signal said = FakeHost.signal(Signal.Kind.PEERS, 1, 3);
        said.balancer = 1;
        host.rule.signal(said, 0); // 2.5 against 1 + 1.5 + 0.5 = 3
        assertThat(host.choose()).isZero();

        said.inFlight = 1; // replaces the 3: 1 + 0.5 + 0.5 = 2
        host.rule.signal(said, 0);
        assertThat(host.choose()).isEqualTo(1);

        said.balancer = 2; // adds up over balancers: 2.5
        host.rule.signal(said, 0);
        assertThat(chiSquare(host.histogram(20_000), 0.5, 0.5)).isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void hclTakesTheFastestOfTheColdAndTheEmptiestOfTheHot() {
        FakeHost host = FakeHost.of("hcl:quantile=0.5:candidates=4:latency=raw", 1, 1, 1, 1);
        long[] times = {40, 30, 20, 10};
        for (int j = 0; j < 4; j++) {
            complete(host, j, times[j]);
        }
        // the median count is 2: 2 and 3 are hot though they are faster
        host.counts(1, 2, 5, 6);
        assertThat(host.choose()).isEqualTo(1);

        FakeHost byCount = FakeHost.of("hcl:quantile=0:candidates=4:latency=raw", 1, 1, 1, 1);
        for (int j = 0; j < 4; j++) {
            complete(byCount, j, times[j]);
        }
        assertThat(byCount.counts(1, 2, 0, 6).choose()).isEqualTo(2);

        FakeHost byLatency = FakeHost.of("hcl:quantile=1:candidates=4:latency=raw", 1, 1, 1, 1);
        for (int j = 0; j < 4; j++) {
            complete(byLatency, j, times[j]);
        }
        assertThat(byLatency.counts(1, 2, 0, 6).choose()).isEqualTo(3);
    }

    @Test
    void hclScalesLatencyToThePresentCount() {
        FakeHost host = FakeHost.of("hcl:quantile=1:candidates=2", 1, 1);
        host.counts(3, 0);
        host.start(0);
        host.end(0, 80); // 80 with 4 in flight: 20 each
        complete(host, 1, 30); // 30 each
        host.counts(0, 0);
        assertThat(host.choose()).isZero(); // 20 < 30, although 80 > 30
        host.counts(1, 0);
        assertThat(host.choose()).isEqualTo(1); // 40 > 30
    }

    @Test
    void hclKeepsTheQuantileOfTheCountsUpToDate() {
        SplittableRandom random = new SplittableRandom(8);
        for (double quantile : new double[] {0.3, 0.5, 0.84}) {
            int n = 9;
            double[] ones = new double[n];
            Arrays.fill(ones, 1);
            FakeHost host = FakeHost.of("hcl:candidates=9:latency=raw:quantile=" + quantile, ones);
            for (int j = 0; j < n; j++) {
                complete(host, j, 100 - j); // the last server is the fastest
            }
            for (int step = 0; step < 500; step++) {
                int j = random.nextInt(n);
                if (random.nextBoolean() && host.inFlight[j] > 0) {
                    host.inFlight[j]--;
                    host.rule.ended(j, 1, Outcome.REJECTED, 0);
                } else {
                    host.start(j);
                }
                int[] sorted = host.inFlight.clone();
                Arrays.sort(sorted);
                int threshold = sorted[(int) Math.ceil(quantile * n) - 1];
                int fastestCold = n - 1;
                while (host.inFlight[fastestCold] > threshold) {
                    fastestCold--;
                }
                assertThat(host.choose()).isEqualTo(fastestCold);
            }
        }
    }

    @Test
    void prequalProbesDistinctServersWithEveryFlow() {
        FakeHost host = FakeHost.of("prequal:probes=1.5", 1, 1, 1, 1, 1);

        host.choose();
        assertThat(host.probes).hasSize(1);
        host.choose();
        assertThat(host.probes).hasSize(3);
        assertThat(host.probes.subList(1, 3)).doesNotHaveDuplicates();
    }

    @Test
    void prequalIsRandomUntilItHasTwoAnswers() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0", 1, 1, 1);
        answer(host, 1, 0, 5);
        assertThat(chiSquare(host.histogram(30_000), 1 / 3.0, 1 / 3.0, 1 / 3.0)).isLessThan(CHI_SQUARE_1E6[2]);

        answer(host, 2, 0, 9);
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void prequalTakesTheFastestOfTheColdAndTheEmptiestOfTheHot() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0:latency=raw:quantile=0.5", 1, 1, 1, 1);
        answer(host, 0, 1, 40);
        answer(host, 1, 2, 30);
        answer(host, 2, 5, 20);
        answer(host, 3, 6, 10);
        assertThat(host.choose()).isEqualTo(1); // the median of 1, 2, 5, 6 is 2

        FakeHost byCount = FakeHost.of("prequal:probes=0:remove=0:quantile=0", 1, 1, 1);
        answer(byCount, 0, 3, 1);
        answer(byCount, 1, 2, 50);
        answer(byCount, 2, 4, 1);
        assertThat(byCount.choose()).isEqualTo(1);

        FakeHost byLatency = FakeHost.of("prequal:probes=0:remove=0:quantile=1:latency=raw", 1, 1, 1);
        answer(byLatency, 0, 3, 7);
        answer(byLatency, 1, 2, 50);
        answer(byLatency, 2, 90, 6);
        assertThat(byLatency.choose()).isEqualTo(2);
    }

    @Test
    void prequalForgetsOldAnswers() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0", 1, 1, 1);
        answer(host, 0, 0, 5);
        host.now = SECOND / 2;
        answer(host, 1, 0, 6);
        answer(host, 2, 0, 7);
        host.now = SECOND + 1;
        assertThat(host.choose()).isEqualTo(1); // 0 is more than a second old
    }

    @Test
    void prequalCountsItsOwnFlowsIntoTheAnswers() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0:quantile=0", 1, 1);
        answer(host, 0, 3, 1);
        answer(host, 1, 4, 1);
        assertThat(host.open()).isZero(); // now 4 and 4
        assertThat(chiSquare(host.histogram(20_000), 0.5, 0.5)).isLessThan(CHI_SQUARE_1E6[1]);
        host.start(0); // 5 and 4
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void prequalRemovesTheOldestAndTheWorstInTurn() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=1:quantile=1:latency=raw", 1, 1, 1, 1, 1);
        answer(host, 0, 0, 1); // the best, but the oldest
        answer(host, 2, 0, 2);
        answer(host, 1, 0, 9); // the worst
        answer(host, 3, 0, 3);
        assertThat(host.open()).isZero(); // then 0 goes for its age
        assertThat(host.open()).isEqualTo(2); // then 1 goes as the worst
        assertThat(host.open()).isEqualTo(2); // then 2 goes for its age, one answer is left
        assertThat(chiSquare(host.histogram(30_000), 0.2, 0.2, 0.2, 0.2, 0.2)).isLessThan(CHI_SQUARE_1E6[4]);
    }

    @Test
    void prequalKeepsTheNewestAnswersOfAFullPool() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0:pool=2:quantile=1:latency=raw", 1, 1, 1, 1);
        answer(host, 0, 0, 1);
        answer(host, 1, 0, 5);
        answer(host, 2, 0, 4);
        assertThat(host.choose()).isEqualTo(2);
        answer(host, 2, 0, 8); // replaces its own older answer, not that of 1
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void prequalUsesAnAnswerAsOftenAsItsFormulaSays() {
        // n = 8, pool 2: (1 - 2/8) 4 - 1 = 2; (1 + 3) / 2 = 2 uses
        double[] ones = new double[8];
        Arrays.fill(ones, 1);
        FakeHost host = FakeHost.of("prequal:probes=4:remove=1:delta=3:pool=2:quantile=1:latency=raw", ones);
        answer(host, 5, 0, 9);
        answer(host, 3, 0, 1);
        assertThat(host.open()).isEqualTo(3); // removes 5 as the oldest
        answer(host, 6, 0, 7);
        assertThat(host.choose()).isEqualTo(3);
        host.start(3); // its second use: gone, and 6 is removed as the worst
        answer(host, 1, 0, 2);
        answer(host, 2, 0, 3);
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void prequalKeepsTheMeanOfAFractionalNumberOfUses() {
        // n = 8, pool 3: (1 - 3/8) 4 = 2.5; (1 + 2.75) / 2.5 = 1.5 uses: 1, 2, 1, 2, ...
        double[] ones = new double[8];
        Arrays.fill(ones, 1);
        FakeHost host = FakeHost.of("prequal:probes=4:remove=0:delta=2.75:pool=3:quantile=1:latency=raw", ones);
        answer(host, 5, 0, 8);
        answer(host, 6, 0, 9);
        int[] uses = new int[6];
        for (int i = 0; i < uses.length; i++) {
            answer(host, 3, 0, 1);
            while (host.choose() == 3) {
                host.start(3);
                uses[i]++;
            }
        }
        assertThat(uses).containsExactly(1, 2, 1, 2, 1, 2);
    }

    @Test
    void prequalTakesItsQuantileFromThe128NewestAnswers() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0:quantile=0.5:latency=raw", 1, 1, 1);
        for (int i = 0; i < 300; i++) {
            answer(host, 2, 1_000 + i % 7, 1);
        }
        for (int i = 0; i < 63; i++) {
            answer(host, 2, 10, 1);
        }
        answer(host, 1, 500, 1);
        answer(host, 0, 10, 5); // 64 tens, one 500, 63 of 1,000 and more: the median is 10
        assertThat(host.choose()).isEqualTo(2); // 2 and 0 are cold, 2 is faster
        answer(host, 2, 1_000, 1); // 64 tens still
        answer(host, 2, 1_000, 1); // an old thousand went each time
        assertThat(host.choose()).isZero();
        for (int i = 0; i < 128; i++) {
            answer(host, 2, 1_000, 1);
        }
        assertThat(host.choose()).isIn(1, 2); // now 1,000 is the median, and all are cold
    }

    @Test
    void prequalDropsTheAnswersOfServersThatLeave() {
        FakeHost host = FakeHost.of("prequal:probes=0:remove=0", 1, 1, 1);
        answer(host, 0, 0, 1);
        answer(host, 1, 0, 5);
        answer(host, 2, 0, 6);
        host.up(false, true, true);
        assertThat(host.choose()).isEqualTo(1);
    }

    @Test
    void prequalScalesAnAnswerToTheFlowsSentSince() {
        FakeHost scaled = FakeHost.of("prequal:probes=0:remove=0:quantile=1", 1, 1);
        FakeHost raw = FakeHost.of("prequal:probes=0:remove=0:quantile=1:latency=raw", 1, 1);
        for (FakeHost host : List.of(scaled, raw)) {
            answer(host, 0, 1, 20); // 20 with 1 in the system
            answer(host, 1, 5, 25);
            host.start(0); // now 2 of it: expect 30
        }

        assertThat(scaled.choose()).isEqualTo(1);
        assertThat(raw.choose()).isZero();
    }
}
