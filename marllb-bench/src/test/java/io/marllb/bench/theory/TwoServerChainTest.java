package io.marllb.bench.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TwoServerChainTest {

    @Test
    void equalServersUnderJsqGiveTheReferenceExample() {
        StationaryLaw law = TwoServerChain.of(1, 1, 0.9).solve(DispatchRule.jsq());

        assertThat(law.meanResponse()).isCloseTo(5.474913, within(5e-7));
        assertThat(law.residual()).isLessThan(1e-14);
        assertThat(law.probability(3, 5)).isCloseTo(law.probability(5, 3), within(1e-13));
    }

    @Test
    void unequalServersGiveTheReferenceExamples() {
        TwoServerChain chain = TwoServerChain.of(1, 4, 0.8);

        assertThat(chain.solve(DispatchRule.sed(1, 4)).meanResponse()).isCloseTo(1.222833, within(5e-7));
        assertThat(chain.solve(DispatchRule.wlc(1, 4)).meanResponse()).isCloseTo(1.191460, within(1e-6));
        assertThat(chain.solve(DispatchRule.jsq()).meanResponse()).isCloseTo(1.473795, within(5e-7));
    }

    // sparse LU (scipy.sparse.linalg.spsolve, SciPy 1.17.1) of the generator on a 61 x 61 box
    @Test
    void biasAndExponentMatchAnIndependentSparseSolver() {
        StationaryLaw law = TwoServerChain.of(1, 4, 0.8).solve(DispatchRule.biased(0.5, 0.8, 1, 4));

        assertThat(law.meanResponse()).isCloseTo(1.1562129318766248, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0.5, 0.5", "1, 4, 0.8, 0.2", "2, 3, 0.7, 0.5"})
    void randomSplittingGivesTwoIndependentSingleServers(double s1, double s2, double utilisation, double share) {
        TwoServerChain chain = TwoServerChain.of(s1, s2, utilisation);
        double r1 = chain.arrivalRate() * share / s1;
        double r2 = chain.arrivalRate() * (1 - share) / s2;

        StationaryLaw law = chain.solve(DispatchRule.split(share));

        assertThat(law.meanNumber()).isCloseTo(r1 / (1 - r1) + r2 / (1 - r2), within(1e-9));
        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 6; j++) {
                assertThat(law.probability(i, j))
                        .isCloseTo((1 - r1) * Math.pow(r1, i) * (1 - r2) * Math.pow(r2, j), within(1e-11));
            }
        }
    }

    @Test
    void timeIsScaledBySpeed() {
        double slow = TwoServerChain.of(1, 4, 0.7).solve(DispatchRule.sed(1, 4)).meanResponse();
        double fast =
                TwoServerChain.of(10, 40, 0.7).solve(DispatchRule.sed(1, 4)).meanResponse();

        assertThat(fast).isCloseTo(slow / 10, within(1e-10));
    }

    @Test
    void probabilitiesSumToOneAndVanishBeyondTheTruncation() {
        StationaryLaw law = TwoServerChain.of(1, 4, 0.8).solve(DispatchRule.wlc(1, 4));
        double sum = 0;
        for (int n = 0; n <= law.truncation(); n++) {
            sum += law.levelProbability(n);
        }

        assertThat(sum).isCloseTo(1, within(1e-12));
        assertThat(law.probability(law.truncation(), 1)).isZero();
        assertThat(law.probability(Integer.MAX_VALUE - 1, Integer.MAX_VALUE - 1))
                .isZero();
    }

    @Test
    void almostIdleServersTakeTheMeanJob() {
        assertThat(TwoServerChain.of(1, 1, 1e-14).solve(DispatchRule.jsq()).meanResponse())
                .isCloseTo(1, within(1e-12));
    }

    @Test
    void ruleThatOverloadsAServerIsRefused() {
        TwoServerChain chain = TwoServerChain.of(1, 4, 0.8);

        assertThatThrownBy(() -> chain.solve(DispatchRule.split(0.5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the rule overloads a server");
    }

    @Test
    void ruleThatAnswersNotANumberIsRefusedWithTheState() {
        TwoServerChain chain = TwoServerChain.of(1, 4, 0.8);

        assertThatThrownBy(() -> chain.solve((i, j) -> i == 2 && j == 1 ? Double.NaN : 0.2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the rule's share at (2, 1) must be in [0, 1], but was NaN");
    }

    @Test
    void impossibleServersAndUtilisationsAreRefused() {
        assertThatThrownBy(() -> TwoServerChain.of(0, 1, 0.5)).hasMessageContaining("speeds must be finite and > 0");
        assertThatThrownBy(() -> TwoServerChain.of(1, Double.NaN, 0.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TwoServerChain.of(1, 1, 1)).hasMessageContaining("utilisation must be in (0, 1)");
        assertThatThrownBy(() -> DispatchRule.biased(-1, 1, 1, 1)).hasMessageContaining("bias must be finite and >= 0");
        assertThatThrownBy(() -> DispatchRule.sed(1, 0)).hasMessageContaining("weights must be finite and > 0");
    }
}
