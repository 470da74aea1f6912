package io.marllb.policies;

import static io.marllb.policies.FakeHost.CHI_SQUARE_1E6;
import static io.marllb.policies.FakeHost.chiSquare;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Signal;
import org.junit.jupiter.api.Test;

/** Rules whose choices are random: their distributions against exact enumeration. */
class RandomRulesTest {

    private static final int DRAWS = 60_000;

    @Test
    void ecmpIsUniformAndWcmpFollowsTheWeights() {
        assertThat(chiSquare(FakeHost.of("ecmp", 1, 2, 3).histogram(DRAWS), 1 / 3.0, 1 / 3.0, 1 / 3.0))
                .isLessThan(CHI_SQUARE_1E6[2]);
        assertThat(chiSquare(FakeHost.of("wcmp", 1, 2, 5).histogram(DRAWS), 1 / 8.0, 2 / 8.0, 5 / 8.0))
                .isLessThan(CHI_SQUARE_1E6[2]);
        assertThat(chiSquare(FakeHost.of("wcmp", 1, 2, 5).up(true, true, false).histogram(DRAWS), 1 / 3.0, 2 / 3.0, 0))
                .isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void twoChoicesTakesTheLessLoadedOfEveryPairEquallyOften() {
        // of the 6 pairs of 4 servers: 0 wins 3, 1 wins 2, 2 wins 1, 3 none
        long[] counts = FakeHost.of("lsq2", 1, 1, 1, 1).counts(0, 1, 2, 3).histogram(DRAWS);

        assertThat(chiSquare(counts, 3 / 6.0, 2 / 6.0, 1 / 6.0, 0)).isLessThan(CHI_SQUARE_1E6[2]);
    }

    @Test
    void twoChoicesSplitsTiesEvenly() {
        // pairs 01, 02, 03, 12, 13, 23 with counts 1, 1, 2, 2: 0 and 1 win 2.5 each, 2 and 3 half of one each
        long[] counts = FakeHost.of("lsq2", 1, 1, 1, 1).counts(1, 1, 2, 2).histogram(DRAWS);

        assertThat(chiSquare(counts, 2.5 / 6, 2.5 / 6, 0.5 / 6, 0.5 / 6)).isLessThan(CHI_SQUARE_1E6[3]);
    }

    @Test
    void threeChoicesLookAtEveryTripleEquallyOften() {
        // triples of 5 servers by the least loaded member: C(4,2) = 6, C(3,2) = 3, 1 of 10
        long[] counts = FakeHost.of("lsq2:choices=3", 1, 1, 1, 1, 1)
                .counts(0, 1, 2, 3, 4)
                .histogram(DRAWS);

        assertThat(chiSquare(counts, 0.6, 0.3, 0.1, 0, 0)).isLessThan(CHI_SQUARE_1E6[2]);
    }

    @Test
    void sed2ComparesDelaysInsteadOfCounts() {
        // (3+1)/4 = 1, (1+1)/1 = 2, (2+1)/1 = 3
        long[] counts = FakeHost.of("sed2", 4, 1, 1).counts(3, 1, 2).histogram(DRAWS);

        assertThat(chiSquare(counts, 2 / 3.0, 1 / 3.0, 0)).isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void maglevSendsAFlowAlwaysTheSameWayAndSplitsByWeight() {
        FakeHost host = FakeHost.of("maglev+capacity", 1, 2, 3);
        host.hash = 987_654_321L;
        int server = host.rule.choose(host, host, host);

        for (int i = 0; i < 10; i++) {
            assertThat(host.rule.choose(host, host, host)).isEqualTo(server);
        }
        long[] counts = host.histogram(DRAWS);
        for (int j = 0; j < 3; j++) { // 1 % for the table, 5 standard deviations for the draws
            assertThat(counts[j] / (double) DRAWS)
                    .isCloseTo((j + 1) / 6.0, org.assertj.core.api.Assertions.within(0.02));
        }
    }

    @Test
    void maglevMovesFewFlowsWhenAServerLeaves() {
        FakeHost host = FakeHost.of("maglev", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        int flows = 20_000;
        int[] before = new int[flows];
        for (int f = 0; f < flows; f++) {
            host.hash = io.marllb.core.rng.Streams.mix(f);
            before[f] = host.rule.choose(host, host, host);
        }
        host.up(true, true, true, false, true, true, true, true, true, true);
        int moved = 0;
        for (int f = 0; f < flows; f++) {
            host.hash = io.marllb.core.rng.Streams.mix(f);
            int after = host.rule.choose(host, host, host);
            assertThat(after).isNotEqualTo(3);
            moved += before[f] != 3 && after != before[f] ? 1 : 0;
        }
        assertThat(moved / (double) flows).isLessThan(0.05);
    }

    @Test
    void maglevRefusesATableThatIsNotPrimeOrTooSmall() {
        assertThatThrownBy(() -> FakeHost.of("maglev:slots=100", 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("policy 'maglev:slots=100': slots must be a prime");
    }

    @Test
    void leastRequestDrawsWithReplacementWhenWeightsAreEqual() {
        // with replacement: 0 is picked unless both draws are 1
        long[] counts = FakeHost.of("least-request", 1, 1).counts(0, 1).histogram(DRAWS);
        assertThat(chiSquare(counts, 0.75, 0.25)).isLessThan(CHI_SQUARE_1E6[1]);

        long[] full = FakeHost.of("least-request:selection=full-scan", 1, 1, 1)
                .counts(0, 1, 0)
                .histogram(DRAWS);
        assertThat(chiSquare(full, 0.5, 0, 0.5)).isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void leastRequestGoesByWeightOverActivePlusOneWhenWeightsDiffer() {
        long[] idle = FakeHost.of("least-request", 1, 2, 5).histogram(8_000);
        assertThat(idle).isEqualTo(new long[] {1_000, 2_000, 5_000});

        // effective weights 6/(1+1) = 3 and 2/(0+1) = 2
        long[] busy = FakeHost.of("least-request", 6, 2).counts(1, 0).histogram(5_000);
        assertThat((double) busy[0]).isCloseTo(3_000, org.assertj.core.api.Assertions.within(2.0));

        long[] unbiased = FakeHost.of("least-request:bias=0", 6, 2).counts(9, 0).histogram(8_000);
        assertThat((double) unbiased[0]).isCloseTo(6_000, org.assertj.core.api.Assertions.within(2.0));
    }

    @Test
    void jiqTakesIdleServersInTheOrderInWhichTheySaidSo() {
        FakeHost host = FakeHost.of("jiq", 1, 1, 1, 1);
        host.rule.signal(FakeHost.signal(Signal.Kind.IDLE, 2, 0), 0);
        host.rule.signal(FakeHost.signal(Signal.Kind.IDLE, 0, 0), 0);
        host.rule.signal(FakeHost.signal(Signal.Kind.IDLE, 2, 0), 0); // says it twice, is listed once

        assertThat(host.open()).isEqualTo(2);
        assertThat(host.open()).isEqualTo(0);
        assertThat(chiSquare(host.histogram(DRAWS), 0.25, 0.25, 0.25, 0.25)).isLessThan(CHI_SQUARE_1E6[3]);
    }

    @Test
    void jiqForgetsNobodyWhoWasDrainedWhileIdle() {
        FakeHost host = FakeHost.of("jiq", 1, 1, 1);
        host.rule.signal(FakeHost.signal(Signal.Kind.IDLE, 1, 0), 0);

        host.up(true, false, true);
        assertThat(host.choose()).isNotEqualTo(1);
        host.rule.signal(FakeHost.signal(Signal.Kind.IDLE, 2, 0), 0);
        host.up(true, true, true);

        assertThat(host.open()).isEqualTo(2);
        assertThat(host.open()).isEqualTo(1);
    }

    @Test
    void oraclesGoByTheTrueState() {
        FakeHost gsq = FakeHost.of("gsq", 1, 1, 1);
        System.arraycopy(new int[] {4, 2, 3}, 0, gsq.inSystem, 0, 3);
        assertThat(gsq.choose()).isEqualTo(1);

        FakeHost sed = FakeHost.of("oracle-sed", 1, 1, 1);
        System.arraycopy(new int[] {4, 2, 3}, 0, sed.inSystem, 0, 3); // 5/5, 3/1, 4/0
        System.arraycopy(new double[] {5, 1, 0}, 0, sed.capacity, 0, 3);
        assertThat(sed.choose()).isZero();

        FakeHost srt = FakeHost.of("oracle-srt", 1, 1, 1);
        System.arraycopy(new double[] {30, 8, 0}, 0, srt.remaining, 0, 3); // 6, 8, no capacity
        System.arraycopy(new double[] {5, 1, 0}, 0, srt.capacity, 0, 3);
        assertThat(srt.choose()).isZero();

        System.arraycopy(new int[] {2, 2, 3}, 0, gsq.inSystem, 0, 3);
        assertThat(chiSquare(gsq.histogram(DRAWS), 0.5, 0.5, 0)).isLessThan(CHI_SQUARE_1E6[1]);
    }
}
