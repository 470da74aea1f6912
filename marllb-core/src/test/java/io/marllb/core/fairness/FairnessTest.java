package io.marllb.core.fairness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FairnessTest {

    /** By hand, for loads 1, 2, 3, 4, 5: mean 3, variance 2, Σx = 15, Σx² = 55, Π x/5 = 120/3125, Σ|xi - xj| = 40. */
    @ParameterizedTest
    @CsvSource({
        "jain, 0.8181818181818182", // 225 / (5 * 55)
        "product, 0.0384", // 120 / 3125
        "variance, -2",
        "vbf, -2",
        "std, -1.4142135623730951",
        "cv, -0.47140452079103173", // sqrt(2) / 3
        "max, -5",
        "makespan, -5",
        "min, 0.2",
        "range, -4",
        "gini, -0.26666666666666666", // 40 / (2 * 25 * 3)
        "variance-exp, 0",
        "variance-log, -0.6931471805599453", // -ln 2
        "max-exp, 0",
        "max-log, -1.6094379124341003" // -ln 5
    })
    void agreesWithNumbersByHand(String name, double expected) {
        assertThat(Fairness.named(name).of(new double[] {3, 1, 5, 2, 4})).isCloseTo(expected, within(1e-15));
    }

    @Test
    void exponentialFormsAreOfTheOriginalProgramsScale() {
        double[] seconds = {0.001, 0.003}; // variance 1e-6

        assertThat(Fairness.VARIANCE_EXP.of(seconds)).isCloseTo(Math.exp(-0.01), within(1e-15));
        assertThat(Fairness.MAX_EXP.of(seconds)).isCloseTo(Math.exp(-30), within(1e-27));
    }

    @ParameterizedTest
    @EnumSource(Fairness.class)
    void noLoadAndNoServerAreAsGoodAsCanBe(Fairness fairness) {
        assertThat(fairness.of(new double[0])).isEqualTo(fairness.best());
        assertThat(fairness.of(new double[4])).isEqualTo(fairness.best());
    }

    @ParameterizedTest
    @EnumSource(Fairness.class)
    void refusesLoadsThatAreNone(Fairness fairness) {
        for (double bad : new double[] {Double.NaN, -1e-9, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> fairness.of(new double[] {1, bad}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("loads[1] must be finite and >= 0, but was " + bad);
        }
    }

    @Test
    void oneBusyServerOfFourIsTheWorst() {
        double[] loads = {0, 0, 7, 0};

        assertThat(Fairness.JAIN.of(loads)).isEqualTo(0.25);
        assertThat(Fairness.PRODUCT.of(loads)).isZero();
        assertThat(Fairness.MIN.of(loads)).isZero();
        assertThat(Fairness.CV.of(loads)).isCloseTo(-Math.sqrt(3), within(1e-15));
        assertThat(Fairness.GINI.of(loads)).isEqualTo(-0.75);
    }

    @Test
    void loadsNearTheEndsOfTheRangeNeitherOverflowNorVanish() {
        for (double scale : new double[] {1e300, 1e-300}) {
            double[] loads = {scale, 3 * scale};

            assertThat(Fairness.JAIN.of(loads)).isCloseTo(0.8, within(1e-15));
            assertThat(Fairness.PRODUCT.of(loads)).isCloseTo(1 / 3.0, within(1e-15));
        }
    }

    @Test
    void onlyTheFirstLoadsCount() {
        assertThat(Fairness.JAIN.of(new double[] {2, 2, 100, Double.NaN}, 2)).isEqualTo(1);
    }

    @Test
    void unknownNameIsAnErrorWithTheNearest() {
        assertThatThrownBy(() -> Fairness.named("jane"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown fairness 'jane'; did you mean 'jain'?");
        assertThatThrownBy(() -> Fairness.named("zzzzzzzzz"))
                .hasMessageStartingWith("unknown fairness 'zzzzzzzzz'; valid are jain, product, variance, ");
    }

    @Test
    void everyNameIsOneMeasureOnly() {
        List<String> names = Fairness.names();

        assertThat(new HashSet<>(names)).hasSameSizeAs(names);
        assertThat(names).contains("jain", "variance", "std", "cv", "max", "min", "product", "range", "gini", "vbf");
        for (Fairness f : Fairness.values()) {
            assertThat(Fairness.named(f.id())).isSameAs(f);
        }
    }
}
