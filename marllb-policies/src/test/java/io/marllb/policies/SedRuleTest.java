package io.marllb.policies;

import static io.marllb.policies.FakeHost.CHI_SQUARE_1E6;
import static io.marllb.policies.FakeHost.chiSquare;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SedRuleTest {

    private static final int DRAWS = 60_000;

    @Test
    void picksTheShortestExpectedDelay() {
        // (3+1)/4 = 1, (1+1)/1 = 2, (2+1)/2 = 1.5
        assertThat(FakeHost.of("sed", 4, 1, 2).counts(3, 1, 2).choose()).isZero();
        // wlc: 3/4, 1/1, 1/2
        assertThat(FakeHost.of("wlc", 4, 1, 2).counts(3, 1, 1).choose()).isEqualTo(2);
        // exponent 0.5: (3+1)/2, (1+1)/1, (1+1)/sqrt 2 = 1.41
        assertThat(FakeHost.of("sed:exponent=0.5", 4, 1, 2).counts(3, 1, 1).choose())
                .isEqualTo(2);
        // bias 1/2 of two balancers: 3.5/4 = 0.875, 1.5/1, 1.5/2 = 0.75
        assertThat(new FakeHost("sed:bias=1/m", 2, 4, 1, 2).counts(3, 1, 1).choose())
                .isEqualTo(2);
        // exponent 0 is lsq
        assertThat(FakeHost.of("sed:exponent=0", 4, 1, 2).counts(3, 1, 2).choose())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sed", "sed:bias=1/m", "gossip", "two-choices:choices=3+capacity", "nq"})
    void takesTheBiasThatTheWeightPolicySets(String text) {
        FakeHost host = new FakeHost(text, 2, 4, 1, 3).counts(4, 1, 3);
        assertThat(host.choose()).isZero(); // own bias 1: 5/4, 2, 4/3; own bias 1/2: 4.5/4, 1.5, 3.5/3
        assertThat(host.bias(0).histogram(300)).doesNotContain(0); // 1, 1, 1

        assertThat(host.counts(4, 1, 1).bias(9).choose()).isZero(); // 13/4, 10, 10/3
        assertThat(host.bias(Double.NaN).choose()).isEqualTo(2); // own bias 1: 5/4, 2, 2/3
    }

    @Test
    void followsTheCountsAsTheyChange() {
        FakeHost host = FakeHost.of("sed", 1, 1, 3);
        int[] chosen = new int[3];
        for (int i = 0; i < 10; i++) {
            chosen[host.open()]++;
        }
        assertThat(chosen).isEqualTo(new int[] {2, 2, 6}); // water-filling

        for (int i = 0; i < 6; i++) {
            host.end(2, 1);
        }
        assertThat(host.choose()).isEqualTo(2);
    }

    @Test
    void drawsFairlyAmongEqualDelays() {
        // 1/1, (1+1)/2, (5+1)/2, (3+1)/4: three tie
        long[] counts = FakeHost.of("sed", 1, 2, 2, 4).counts(0, 1, 5, 3).histogram(DRAWS);

        assertThat(chiSquare(counts, 1 / 3.0, 1 / 3.0, 0, 1 / 3.0)).isLessThan(CHI_SQUARE_1E6[2]);
    }

    @Test
    void tiesExactlyUnderAFractionalBias() {
        // bias 1/3: (0 + 1/3)/1 = (1 + 1/3)/4 = (2 + 1/3)/7, which doubles do not say
        long[] counts = new FakeHost("sed:bias=1/m", 3, 1, 4, 7).counts(0, 1, 2).histogram(DRAWS);

        assertThat(chiSquare(counts, 1 / 3.0, 1 / 3.0, 1 / 3.0)).isLessThan(CHI_SQUARE_1E6[2]);
    }

    @Test
    void drawsFairlyAmongIdleServersWithoutBias() {
        long[] counts = FakeHost.of("wlc", 1, 4, 2).counts(0, 0, 1).histogram(DRAWS);

        assertThat(chiSquare(counts, 0.5, 0.5, 0)).isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void keepsTheHashedCandidateUnlessBeatenWithVppTies() {
        // servers 0, 1, 3 tie; a candidate among them stays, server 2 as candidate is beaten and the strongest of the
        // tied wins
        FakeHost host = FakeHost.of("sed:ties=vpp", 1, 2, 2, 4).counts(0, 1, 5, 3);

        assertThat(chiSquare(host.histogram(DRAWS), 0.25, 0.25, 0, 0.5)).isLessThan(CHI_SQUARE_1E6[2]);
    }

    @Test
    void takesTheFirstOfEqualWeightsInTheVppList() {
        // the list is 1, 3 (weight 2), 0, 2 (weight 1); 1 and 3 are beaten by nothing but tie with each other
        FakeHost host = FakeHost.of("lsq:ties=vpp", 1, 2, 1, 2).counts(7, 3, 7, 3);

        assertThat(chiSquare(host.histogram(DRAWS), 0, 0.75, 0, 0.25)).isLessThan(CHI_SQUARE_1E6[1]);
    }

    @Test
    void choosesByTheFlowAloneWithVppTies() {
        FakeHost host = FakeHost.of("sed:ties=vpp", 1, 1, 1, 1);
        host.hash = 0x4000_0000_0000_0000L; // a quarter of the hash range
        assertThat(host.rule.choose(host, host, () -> {
                    throw new AssertionError("no word is needed");
                }))
                .isEqualTo(1);
    }

    @Test
    void stillChoosesWhenEveryKeyOverflows() {
        FakeHost host = FakeHost.of("sed:exponent=4", 1, 1).weights(1e-300, 1e-300);

        assertThat(host.choose()).isBetween(0, 1);
    }

    @Test
    void prefersAnyIdleServerUnderNq() {
        // sed would take the strong one: (2+1)/8 < 1
        assertThat(FakeHost.of("sed", 8, 1).counts(2, 0).choose()).isZero();
        assertThat(FakeHost.of("nq", 8, 1).counts(2, 0).choose()).isEqualTo(1);
        assertThat(FakeHost.of("nq", 8, 1).counts(2, 1).choose()).isZero();
    }
}
