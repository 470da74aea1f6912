package io.marllb.bench.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class StatisticsTest {

    /** 4,000 intervals of 95 per cent: misses are binomial with standard deviation 13.8; 5 of them (significance 6e-7) either way. */
    @Test
    void intervalCoversTheTruthAsOftenAsItSays() {
        RandomGenerator random = Streams.of(11).stream("coverage");
        int misses = 0;
        for (int repeat = 0; repeat < 4_000; repeat++) {
            double[] values = new double[5];
            Arrays.setAll(values, i -> 3 + random.nextGaussian());
            if (!MeanEstimate.of(values).interval(0.95).contains(3)) {
                misses++;
            }
        }

        assertThat(misses).isBetween(200 - 69, 200 + 69);
    }

    /** Under the null hypothesis a p-value is uniform: of 4,000, those below .05 are binomial, as above. */
    @Test
    void pairedTestRejectsEqualPoliciesAsOftenAsItsLevel() {
        RandomGenerator random = Streams.of(12).stream("null");
        int rejected = 0;
        for (int repeat = 0; repeat < 4_000; repeat++) {
            double[] a = new double[6];
            double[] b = new double[6];
            for (int i = 0; i < a.length; i++) {
                double common = 10 * random.nextGaussian();
                a[i] = common + random.nextGaussian();
                b[i] = common + random.nextGaussian();
            }
            if (PairedComparison.of(a, b).tTestP() < 0.05) {
                rejected++;
            }
        }

        assertThat(rejected).isBetween(200 - 69, 200 + 69);
    }

    @Test
    void pairingRemovesTheNoiseThatIsCommon() {
        RandomGenerator random = Streams.of(13).stream("common");
        double[] a = new double[10];
        double[] b = new double[10];
        for (int i = 0; i < a.length; i++) {
            double common = 10 * random.nextGaussian();
            a[i] = 100 + common;
            b[i] = 101 + common + 0.1 * random.nextGaussian();
        }

        PairedComparison comparison = PairedComparison.of(a, b);

        assertThat(comparison.pairs()).isEqualTo(10);
        assertThat(comparison.difference().interval(0.9999).contains(-1)).isTrue();
        assertThat(comparison.difference().interval(0.95).halfWidth()).isLessThan(0.2);
        assertThat(MeanEstimate.of(a).interval(0.95).halfWidth()).isGreaterThan(2);
        assertThat(comparison.tTestP()).isLessThan(1e-6);
    }

    @Test
    void comparisonsWithoutNoiseHaveDefinedProbabilities() {
        double[] a = {1, 2, 3};

        PairedComparison same = PairedComparison.of(a, a);
        PairedComparison shifted = PairedComparison.of(a, new double[] {2, 3, 4});
        PairedComparison overNothing = PairedComparison.of(a, new double[3]);

        assertThat(same.tTestP()).isEqualTo(1);
        assertThat(same.wilcoxonP()).isEqualTo(1);
        assertThat(same.ratio().mean()).isEqualTo(1);
        assertThat(shifted.tTestP()).isZero();
        assertThat(PairedComparison.of(a, new double[] {1, 2, 4}).wilcoxonP()).isEqualTo(1);
        assertThat(overNothing.ratio().mean()).isNaN();
        assertThat(overNothing.difference().mean()).isEqualTo(2);
    }

    @Test
    void correlationOfNeighboursTellsTrendFromNoise() {
        double[] alternating = new double[100];
        double[] rising = new double[100];
        for (int i = 0; i < 100; i++) {
            alternating[i] = i % 2;
            rising[i] = i;
        }

        assertThat(MeanEstimate.lagOneCorrelation(alternating)).isCloseTo(-1, within(0.02));
        assertThat(MeanEstimate.lagOneCorrelation(rising)).isGreaterThan(0.9);
        assertThat(MeanEstimate.lagOneCorrelation(new double[] {2, 2, 2})).isZero();
    }

    @Test
    void bootstrapDependsOnItsSeedAlone() {
        double[] sample = {3.14, 1.59, 2.65, 3.58, 9.79, 3.23, 8.46, 2.64};
        Bootstrap bootstrap = new Bootstrap(5, 1000);

        ConfidenceInterval first = bootstrap.interval(sample, Bootstrap::interquartileMean, 0.9);
        bootstrap.interval(new double[] {1, 2}, Bootstrap::interquartileMean, 0.9);

        assertThat(bootstrap.interval(sample, Bootstrap::interquartileMean, 0.9))
                .isEqualTo(first);
        assertThat(new Bootstrap(6, 1000).interval(sample, Bootstrap::interquartileMean, 0.9))
                .isNotEqualTo(first);
        assertThat(sample).containsExactly(3.14, 1.59, 2.65, 3.58, 9.79, 3.23, 8.46, 2.64);
    }

    @Test
    void strataKeepTheirShare() {
        double[][] constantTasks = {{1, 1, 1}, {5, 5, 5}};

        ConfidenceInterval interval = new Bootstrap(1, 200)
                .stratified(constantTasks, x -> MeanEstimate.of(x).mean(), 0.95);

        assertThat(interval.low()).isEqualTo(3);
        assertThat(interval.high()).isEqualTo(3);
    }

    @Test
    void unusableInputIsRefusedWithItsValue() {
        assertThatThrownBy(() -> MeanEstimate.ofBatches(new double[29]))
                .hasMessage("batch means need at least 30 batches, but got 29; run longer or use several seeds");
        assertThatThrownBy(() -> MeanEstimate.of(new double[] {1}))
                .hasMessage("an estimate of spread needs at least 2 values, but got 1");
        assertThatThrownBy(() -> MeanEstimate.of(new double[] {1, Double.NaN}))
                .hasMessage("values must be finite, but one was NaN");
        assertThatThrownBy(() -> PairedComparison.of(new double[2], new double[3]))
                .hasMessage("pairs need equally many values, but got 2 and 3");
        assertThatThrownBy(() -> GeometricMean.of(new double[] {1, 0}))
                .hasMessage("values[1] must be finite and > 0, but was 0.0");
        assertThatThrownBy(() -> Holm.adjust(new double[] {0.5, Double.NaN}))
                .hasMessage("pValues[1] must be in [0, 1], but was NaN");
        assertThatThrownBy(() -> MeanEstimate.of(new double[] {1, 2}).interval(95))
                .hasMessage("level must be in (0, 1), but was 95.0");
        assertThatThrownBy(() -> new Bootstrap(1, 99)).hasMessage("resamples must be >= 100, but was 99");
        assertThatThrownBy(() -> new Bootstrap(1, 100).stratified(new double[0][], x -> 0, 0.95))
                .hasMessage("a stratified bootstrap needs at least one task");
    }
}
