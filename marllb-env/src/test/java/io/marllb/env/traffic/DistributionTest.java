package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistributionTest {

    @Test
    void knowsMeanAndVariationOfEveryLaw() {
        assertMoments(new Distribution.Deterministic(5), 5, 0);
        assertMoments(new Distribution.Exponential(5), 5, 1);
        assertMoments(new Distribution.Erlang(5, 4), 5, 0.25);
        assertMoments(new Distribution.Hyperexponential(5, 3), 5, 9);
        assertMoments(new Distribution.Lognormal(5, 1.5), 5, 2.25);
        assertMoments(new Distribution.Uniform(0, 10), 5, 1.0 / 3);
        assertMoments(new Distribution.Empirical(Path.of("x"), List.of(1.0, 3.0)), 2, 0.25);
    }

    @Test
    void knowsMomentsOfTheBoundedParetoAlsoWhereTheFormulaDividesByZero() {
        // By hand: alpha 2 on [1, 2]: density (8/3) x^-3, mean (8/3)(1 - 1/2) = 4/3, second moment (8/3) ln 2.
        assertMoments(new Distribution.ParetoBounded(2, 1, 2), 4.0 / 3, 8 * Math.log(2) / 3 / (16.0 / 9) - 1);
        // alpha 1 on [1, e]: density x^-2 / (1 - 1/e), mean 1 / (1 - 1/e), second moment e.
        double mean = 1 / (1 - 1 / Math.E);
        assertMoments(new Distribution.ParetoBounded(1, 1, Math.E), mean, Math.E / (mean * mean) - 1);
        // A neighbour of the singular index has nearly the same moments, and units only scale the mean.
        assertMoments(
                new Distribution.ParetoBounded(1 + 1e-9, 1e6, Math.E * 1e6), mean * 1e6, Math.E / (mean * mean) - 1);
    }

    @Test
    void acceptsASteepParetoWhosePowersWouldOverflow() {
        assertThat(new Distribution.ParetoBounded(200, 1e6, 1e9).mean()).isCloseTo(1e6 * 200 / 199, within(1.0));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesMeansThatAreNone(double bad) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Deterministic(bad));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Exponential(bad));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Erlang(bad, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Hyperexponential(bad, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Lognormal(bad, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.ParetoBounded(bad, 1, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.ParetoBounded(1.5, bad, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.ParetoBounded(1.5, 1, bad));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Uniform(0, bad));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesMeasuredValuesThatAreNoTimes(double bad) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Distribution.Empirical(Path.of("sizes.txt"), List.of(1.0, bad)))
                .withMessageContaining("sizes.txt")
                .withMessageContaining("values[1]");
    }

    @Test
    void refusesVariationThatDoesNotExist() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Distribution.Hyperexponential(1, 0.5))
                .withMessageContaining("cv must be finite and >= 1, but was 0.5; for less variation use erlang");
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Hyperexponential(1, Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Lognormal(1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Lognormal(1, 1e200));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Erlang(1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.ParetoBounded(1, 3, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Uniform(3, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distribution.Empirical(Path.of("x"), List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Distribution.Empirical(Path.of("x"), List.of(0.0, 0.0)))
                .withMessageContaining("mean");
    }

    @Test
    void reportsEveryViolationAtOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Distribution.Lognormal(-1, Double.NaN))
                .withMessageContaining("mean must be finite and > 0, but was -1.0")
                .withMessageContaining("cv must be finite and > 0, but was NaN");
    }

    @Test
    void refusesClassesThatCannotBeNamedInAFile() {
        Distribution law = new Distribution.Exponential(1);
        for (String name : List.of("", " ", "a,b", "a\"b", "a\nb", " a")) {
            assertThatIllegalArgumentException().isThrownBy(() -> new FlowClass(name, 1, law, Optional.empty()));
        }
        for (double share : new double[] {0, -0.1, 1.1, Double.NaN}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new FlowClass("a", share, law, Optional.empty()));
        }
    }

    private static void assertMoments(Distribution law, double mean, double squaredCv) {
        assertThat(law.mean()).isCloseTo(mean, within(1e-8 * mean));
        assertThat(law.squaredCv()).isCloseTo(squaredCv, within(1e-7));
    }
}
