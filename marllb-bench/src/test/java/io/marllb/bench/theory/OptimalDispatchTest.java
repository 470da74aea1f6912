package io.marllb.bench.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OptimalDispatchTest {

    private static final TwoServerChain CHAIN = TwoServerChain.of(1, 4, 0.8);
    private static final OptimalDispatch OPTIMUM = CHAIN.optimal();

    @Test
    void speedsOneAndFourGiveTheReferenceOptimum() {
        assertThat(OPTIMUM.meanResponse()).isCloseTo(1.15614, within(5e-6));
        assertThat(OPTIMUM.law().meanNumber())
                .isCloseTo(OPTIMUM.lowerBound(), within(1e-7))
                .isCloseTo(OPTIMUM.upperBound(), within(1e-7));
    }

    @Test
    void noRuleOfTheFamilyIsBetter() {
        for (double bias : new double[] {0, 0.3, 0.5, 0.7, 1}) {
            for (double exponent : new double[] {0, 0.6, 0.8, 1, 1.2}) {
                double response =
                        CHAIN.solve(DispatchRule.biased(bias, exponent, 1, 4)).meanResponse();
                assertThat(response).isGreaterThan(OPTIMUM.meanResponse());
            }
        }
    }

    /** Winston 1977: join the shortest queue is optimal for identical exponential servers; equal queues are equally good. */
    @Test
    void identicalServersAreBestServedByTheShortestQueue() {
        TwoServerChain chain = TwoServerChain.of(1, 1, 0.7);
        OptimalDispatch optimum = chain.optimal();

        assertThat(optimum.meanResponse())
                .isCloseTo(chain.solve(DispatchRule.jsq()).meanResponse(), within(1e-9));
        for (int i = 0; i < 15; i++) {
            for (int j = 0; j < 15; j++) {
                assertThat(optimum.shareOfFirst(i, j))
                        .isEqualTo(DispatchRule.jsq().shareOfFirst(i, j));
            }
        }
    }

    /** A step of policy improvement finds nothing: no single decision, changed for ever in one state, lowers the exact mean. */
    @Test
    void changingAnyFrequentDecisionIsWorse() {
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 10; j++) {
                int a = i;
                int b = j;
                double flipped = CHAIN.solve((q1, q2) -> {
                            double share = OPTIMUM.shareOfFirst(q1, q2);
                            return q1 == a && q2 == b ? 1 - share : share;
                        })
                        .meanResponse();
                assertThat(flipped).as("(%d, %d)", a, b).isGreaterThan(OPTIMUM.meanResponse());
            }
        }
    }

    @Test
    void advantageIsTheFirstOrderCostOfTheOtherDecision() {
        int i = 0;
        int j = 1;
        double share = OPTIMUM.shareOfFirst(i, j);
        double epsilon = 1e-4;
        StationaryLaw tilted = CHAIN.solve((q1, q2) -> {
            double best = OPTIMUM.shareOfFirst(q1, q2);
            return q1 == i && q2 == j ? best + epsilon * (1 - 2 * share) : best;
        });
        double visits = CHAIN.arrivalRate() * tilted.probability(i, j);

        double slope = (tilted.meanNumber() - OPTIMUM.law().meanNumber()) / (epsilon * visits);

        assertThat(slope).isCloseTo(Math.abs(OPTIMUM.advantage(i, j)), within(1e-4));
    }

    @Test
    void decisionsWithinTheHorizonDoNotDependOnTheTruncation() {
        OptimalDispatch wider = OptimalDispatch.of(CHAIN, 4 * OPTIMUM.horizon());
        for (int n = 0; n <= OPTIMUM.horizon(); n++) {
            for (int i = 0; i <= n; i++) {
                assertThat(OPTIMUM.shareOfFirst(i, n - i))
                        .as("(%d, %d)", i, n - i)
                        .isEqualTo(wider.shareOfFirst(i, n - i));
            }
        }
    }

    @Test
    void tableSendsToTheSlowServerOnlyAboveAThresholdThatGrows() {
        int[][] table = OPTIMUM.actions(20);
        int last = -1;
        for (int[] row : table) {
            int threshold = 0;
            while (threshold < row.length && row[threshold] == 1) {
                threshold++;
            }
            for (int j = threshold; j < row.length; j++) {
                assertThat(row[j]).isZero();
            }
            assertThat(threshold).isGreaterThanOrEqualTo(last);
            last = threshold;
        }
        assertThat(table[0]).startsWith(1, 1, 0, 0);
        assertThat(table[1]).startsWith(1, 1, 1, 1, 1, 0);
    }

    @Test
    void statesBeyondTheHorizonAreAnsweredByTheNearestInside() {
        int far = 10 * OPTIMUM.horizon();

        assertThat(OPTIMUM.shareOfFirst(0, far)).isEqualTo(1);
        assertThat(OPTIMUM.shareOfFirst(far, 0)).isEqualTo(0);
        assertThat(OPTIMUM.shareOfFirst(far, far)).isEqualTo(0);
        assertThatThrownBy(() -> OPTIMUM.advantage(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
