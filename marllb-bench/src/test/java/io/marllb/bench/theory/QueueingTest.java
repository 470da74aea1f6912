package io.marllb.bench.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.apache.commons.math3.distribution.PoissonDistribution;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The published examples, and each form against a second way to compute it: linear algebra, another series, or SciPy 1.17.1. */
class QueueingTest {

    @Test
    void singleServerIsTheTextbookFormula() {
        assertThat(Queueing.mm1MeanResponse(0.9)).isCloseTo(10, within(1e-12));
        assertThat(Queueing.mm1ResponseQuantile(0.99, 0.95)).isCloseTo(92.10340371976183, within(1e-9));
        assertThat(Queueing.mm1ResponseQuantile(0.5, 0.8)).isCloseTo(Math.log(2) / 0.2, within(1e-12));
        assertThat(Queueing.mmcMeanResponse(1, 0.9)).isCloseTo(10, within(1e-12));
    }

    @Test
    void tenServersGiveTheReferenceExample() {
        assertThat(Queueing.mmcMeanResponse(10, 0.9)).isCloseTo(1.668732, within(5e-7));
    }

    @Test
    void thirtyTwoServersWithRoomForMoreBlockAsInTheReferenceExample() {
        assertThat(Queueing.mmck(32, 160, 32).blocking()).isCloseTo(0.007365, within(5e-7));
    }

    @Test
    void highlyVariableServiceGivesTheReferenceExamples() {
        assertThat(Queueing.mg1MeanResponse(0.8, 4)).isCloseTo(11, within(1e-12));
        assertThat(Queueing.psMeanResponse(0.8)).isCloseTo(5, within(1e-12));
        assertThat(Queueing.psConditionalResponse(0.8, 3)).isCloseTo(15, within(1e-12));
    }

    @Test
    void powerOfTwoGivesTheReferenceExample() {
        assertThat(Queueing.supermarketMeanResponse(0.9, 2)).isCloseTo(2.614057, within(5e-7));
        assertThat(Queueing.supermarketMeanResponse(0.9, 3)).isCloseTo(2.027855968995279, within(1e-12));
        assertThat(Queueing.supermarketMeanResponse(0.9, 1)).isCloseTo(10, within(1e-12));
        assertThat(Queueing.supermarketTail(0.9, 2, 3)).isCloseTo(Math.pow(0.9, 7), within(1e-15));
    }

    /** The reference's simulation of 64 servers gave about 2.66; the correction vanishes with n. */
    @Test
    void powerOfTwoAmongFewServersIsALittleSlower() {
        assertThat(Queueing.supermarketMeanResponse(0.9, 2, 64)).isCloseTo(2.66, within(0.005));
        assertThat(Queueing.supermarketMeanResponse(0.9, 2, 100_000_000))
                .isCloseTo(Queueing.supermarketMeanResponse(0.9, 2), within(1e-6));
        assertThatThrownBy(() -> Queueing.supermarketMeanResponse(0.9, 3, 2))
                .hasMessage("choices must be in [2, 2], but was 3");
    }

    // stats.poisson.pmf(c, a) / stats.poisson.cdf(c, a), SciPy 1.17.1
    @ParameterizedTest
    @CsvSource({
        "1, 0.5, 0.33333333333333326",
        "10, 9, 0.16796322629158683",
        "32, 32, 0.12863315541452044",
        "1000, 980, 0.013831210129095545",
        "5000, 4990, 0.009974419855009473"
    })
    void lossFormulaIsTheTruncatedPoissonLaw(int servers, double offered, double golden) {
        PoissonDistribution poisson = new PoissonDistribution(offered);

        assertThat(Queueing.erlangB(servers, offered)).isCloseTo(golden, within(1e-10 * golden));
        assertThat(Queueing.erlangB(servers, offered))
                .isCloseTo(
                        poisson.probability(servers) / poisson.cumulativeProbability(servers), within(1e-8 * golden));
        assertThat(Queueing.mmck(servers, servers, offered).blocking()).isCloseTo(golden, within(1e-10 * golden));
    }

    @Test
    void lossFormulaNeitherOverflowsNorBecomesNotANumberAtTheExtremes() {
        assertThat(Queueing.erlangB(5000, 1)).isEqualTo(0);
        assertThat(Queueing.erlangB(4096, 1e9)).isCloseTo(1 - 4096e-9, within(1e-8));
        assertThat(Queueing.mmcMeanResponse(4096, 0.5)).isEqualTo(1);
        assertThat(Queueing.mmck(4096, 100_000, 4096).blocking()).isBetween(0.0, 1e-4);
        assertThat(Queueing.mmck(4096, 8192, 8192).blocking()).isCloseTo(0.5, within(1e-3));
    }

    @ParameterizedTest
    @CsvSource({"1, 7, 0.6", "3, 3, 4", "4, 20, 3.9", "8, 40, 8", "8, 60, 11"})
    void finiteRoomAgreesWithTheSolvedGenerator(int servers, int capacity, double offered) {
        double[] departure = new double[capacity + 1];
        for (int k = 1; k <= capacity; k++) {
            departure[k] = Math.min(k, servers);
        }
        double[] p = solveBirthDeath(offered, departure);
        double number = 0;
        for (int k = 0; k <= capacity; k++) {
            number += k * p[k];
        }

        Queueing.Equilibrium got = Queueing.mmck(servers, capacity, offered);

        assertThat(got.blocking()).isCloseTo(p[capacity], within(1e-10));
        assertThat(got.meanNumber()).isCloseTo(number, within(1e-9));
        assertThat(got.meanResponse()).isCloseTo(number / (offered * (1 - p[capacity])), within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"1, 0.9", "2, 0.5", "10, 0.9", "32, 0.95", "1000, 0.99"})
    void unlimitedRoomOfTheStateDependentQueueIsTheDelayFormula(int servers, double utilisation) {
        double[] rates = new double[servers];
        Arrays.setAll(rates, k -> k + 1);

        double got = Queueing.stateDependent(servers * utilisation, rates, Queueing.UNLIMITED)
                .meanResponse();

        assertThat(got).isCloseTo(Queueing.mmcMeanResponse(servers, utilisation), within(1e-10 * got));
    }

    @Test
    void multithreadingGainIsAStateDependentRate() {
        double[] withGain = {2, 4, 4.4, 4.8};
        double[] p = solveBirthDeath(4, new double[] {0, 2, 4, 4.4, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8});

        assertThat(Queueing.stateDependent(4, withGain, 12).blocking()).isCloseTo(p[12], within(1e-12));
    }

    // 1 + C / (c (1 - rho)) with C from stats.poisson, SciPy 1.17.1
    @ParameterizedTest
    @CsvSource({"2, 0.9, 5.2631578947368425", "32, 0.95, 1.4348188213540873", "1000, 0.99, 1.0659080421880853"})
    void meanResponseOfManyServersMatchesGoldenNumbers(int servers, double utilisation, double golden) {
        assertThat(Queueing.mmcMeanResponse(servers, utilisation)).isCloseTo(golden, within(1e-10));
    }

    // brentq on the numerically integrated convolution of wait and service, SciPy 1.17.1; the third row has theta = 1
    @ParameterizedTest
    @CsvSource({
        "0.5, 2, 0.9, 3.7691593820140716",
        "0.99, 2, 0.9, 23.34442999947895",
        "0.99, 10, 0.9, 6.249876698854015",
        "0.99, 10, 0.95, 10.208515979533786",
        "0.999, 32, 0.95, 7.672246149601095"
    })
    void responseQuantileOfManyServersMatchesGoldenNumbers(double p, int servers, double utilisation, double golden) {
        double quantile = Queueing.mmcResponseQuantile(p, servers, utilisation);

        assertThat(quantile).isCloseTo(golden, within(1e-9 * golden));
        assertThat(Queueing.mmcResponseExceeds(servers, utilisation, quantile)).isCloseTo(1 - p, within(1e-12));
    }

    @Test
    void oneServerQuantileIsTheExponentialOne() {
        for (double p : new double[] {0, 0.1, 0.5, 0.99, 0.9999}) {
            assertThat(Queueing.mmcResponseQuantile(p, 1, 0.7))
                    .isCloseTo(Queueing.mm1ResponseQuantile(p, 0.7), within(1e-10));
        }
    }

    @Test
    void waitTailIntegratesToTheMeanWait() {
        double integral = 0;
        double step = 1e-3;
        for (int i = 0; i < 60_000; i++) {
            integral += step * Queueing.mmcWaitExceeds(10, 0.9, (i + 0.5) * step);
        }

        assertThat(integral).isCloseTo(Queueing.mmcMeanWait(10, 0.9), within(1e-6));
    }

    // brentq on the fixed point, SciPy 1.17.1
    @ParameterizedTest
    @CsvSource({"1, 0.8, 5", "2, 0.8, 3.8439797669899156", "8, 0.9, 5.78071290643142"})
    void roundRobinShareIsAQueueWithErlangGaps(int stages, double utilisation, double golden) {
        assertThat(Queueing.erlangArrivalsMeanResponse(stages, utilisation)).isCloseTo(golden, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
    void utilisationOutsideTheOpenUnitIntervalIsRefused(double utilisation) {
        assertThatThrownBy(() -> Queueing.mm1MeanResponse(utilisation))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("utilisation must be in (0, 1), but was " + utilisation);
        assertThatThrownBy(() -> Queueing.mg1MeanResponse(utilisation, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Queueing.supermarketMeanResponse(utilisation, 2))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void overloadWithUnlimitedRoomIsRefusedWithTheRateThatMustBeUndercut() {
        assertThatThrownBy(() -> Queueing.stateDependent(2, new double[] {1, 2}, Queueing.UNLIMITED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be < the last departure rate 2.0");
        assertThatThrownBy(() -> Queueing.mmck(32, 31, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("capacity must be >= servers (32), but was 31");
    }

    /** Stationary law of a birth-death chain by solving its generator: an LU decomposition, not a recursion. */
    private static double[] solveBirthDeath(double arrival, double[] departure) {
        int n = departure.length;
        RealMatrix transposed = new Array2DRowRealMatrix(n, n);
        for (int k = 0; k < n; k++) {
            if (k + 1 < n) {
                transposed.addToEntry(k + 1, k, arrival);
                transposed.addToEntry(k, k, -arrival);
            }
            if (k > 0) {
                transposed.addToEntry(k - 1, k, departure[k]);
                transposed.addToEntry(k, k, -departure[k]);
            }
        }
        for (int k = 0; k < n; k++) {
            transposed.setEntry(0, k, 1);
        }
        double[] one = new double[n];
        one[0] = 1;
        return new LUDecomposition(transposed)
                .getSolver()
                .solve(new ArrayRealVector(one))
                .toArray();
    }
}
