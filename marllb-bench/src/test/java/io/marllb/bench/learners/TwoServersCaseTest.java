package io.marllb.bench.learners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.problems.TwoServers;
import io.marllb.bench.learners.LearnerCase.Outcome;
import io.marllb.bench.theory.DispatchRule;
import io.marllb.bench.theory.TwoServerChain;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TwoServersCaseTest {

    private static final LearnerCase CASE = TwoServersCase.all().findFirst().orElseThrow();

    private static Outcome at(double factor) {
        return new Outcome(1, factor * TwoServers.OPTIMUM, "", Optional.of(true));
    }

    @Test
    void referencesAreThoseOfTheChain() {
        TwoServerChain chain = TwoServerChain.of(TwoServers.SLOW, TwoServers.FAST, TwoServers.UTILISATION);

        assertThat(chain.optimal().meanResponse()).isCloseTo(TwoServers.OPTIMUM, within(5e-6));
        assertThat(chain.solve(DispatchRule.sed(1, 4)).meanResponse()).isCloseTo(TwoServers.SED, within(5e-7));
    }

    @Test
    void aRuleThatOverloadsAServerCostsEverything() {
        assertThat(TwoServersCase.cost((slow, fast) -> true)).isInfinite();
    }

    // sparse LU (scipy.sparse.linalg.spsolve, SciPy 1.17.1) of the generator on a 2 x 401 box
    @Test
    void theCostOfARuleIsItsMeanTime() {
        assertThat(TwoServersCase.cost((slow, fast) -> slow == 0 && fast >= 3)).isCloseTo(1.3134681727, within(1e-9));
    }

    @Test
    void theMeanOfAllSeedsMustBeNearTheOptimum() {
        assertThat(CASE.together(List.of(at(1.01), at(1.028)))).isTrue();
        assertThat(CASE.together(List.of(at(1.01), at(1.032)))).isFalse();
        assertThat(CASE.together(List.of(at(1), at(Double.POSITIVE_INFINITY)))).isFalse();
    }

    /**
     * One seed, the first, to keep continuous integration short. It says that the optimum can be learnt, not that it always is: with seeds 3 and 4 it
     * was not, and so the case as a whole is missed (docs/algorithms/qmix.md).
     */
    @Test
    @Tag("slow")
    void theLearntRuleIsNearTheOptimum() {
        Outcome o = CASE.run(1);

        assertThat(o.holds()).contains(true);
        assertThat(o.value()).isLessThan(TwoServers.MEAN_FACTOR * TwoServers.OPTIMUM);
    }
}
