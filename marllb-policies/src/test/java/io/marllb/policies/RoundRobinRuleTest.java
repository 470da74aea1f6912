package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RoundRobinRuleTest {

    private static String turns(FakeHost host, int count) {
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < count; i++) {
            letters.append((char) ('a' + host.choose()));
        }
        return letters.toString();
    }

    @Test
    void spreadsTheTurnsOfAHeavyServer() {
        assertThat(turns(FakeHost.of("wrr", 5, 1, 1), 14)).isEqualTo("aabacaaaabacaa"); // the example in nginx's commit
    }

    @Test
    void takesEqualServersInTurn() {
        assertThat(turns(FakeHost.of("rr", 3, 1, 2, 1), 9)).isEqualTo("abcdabcda");
    }

    @Test
    void skipsWhoIsNotEligible() {
        FakeHost host = FakeHost.of("rr", 1, 1, 1).up(true, false, true);

        assertThat(turns(host, 4)).isEqualTo("acac");
    }

    @Test
    void equalsTheTextbookLoopForAnyWeights() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 200; trial++) {
            double[] weights = random.doubles(1 + random.nextInt(12), 1, 6)
                    .map(Math::floor)
                    .toArray();
            FakeHost host = FakeHost.of("wrr", weights);
            double[] current = new double[weights.length];
            double sum = Arrays.stream(weights).sum();
            for (int i = 0; i < 100; i++) {
                int best = 0;
                for (int j = 0; j < weights.length; j++) {
                    current[j] += weights[j];
                    best = current[j] > current[best] ? j : best;
                }
                current[best] -= sum;
                assertThat(host.choose()).isEqualTo(best);
            }
        }
    }

    @Test
    void givesEveryServerItsShareAlthoughWeightsChangeAllTheTime() {
        assertThat(worstDebt(FakeHost.of("wrr", 1, 1, 1, 1))).isLessThan(2);
        assertThat(worstDebt(FakeHost.of("least-request", 1, 2, 1, 1))).isLessThan(3);
    }

    private static double worstDebt(FakeHost host) {
        SplittableRandom random = new SplittableRandom(4);
        double[] owed = new double[4];
        for (int change = 0; change < 2_000; change++) {
            double[] w = random.doubles(4, 0.5, 3).toArray();
            host.weights(w);
            double sum = Arrays.stream(w).sum();
            for (int i = 0; i < 3; i++) { // fewer turns than servers between changes
                for (int j = 0; j < 4; j++) {
                    owed[j] += w[j] / sum;
                }
                owed[host.choose()]--;
            }
        }
        return Arrays.stream(owed).map(Math::abs).max().orElseThrow();
    }
}
