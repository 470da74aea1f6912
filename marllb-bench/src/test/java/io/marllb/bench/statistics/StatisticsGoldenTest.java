package io.marllb.bench.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Golden numbers of SciPy 1.17.1 and NumPy 2.4.6; the call is quoted at each. */
class StatisticsGoldenTest {

    private static final double[] A = {1.31, 1.42, 1.29, 1.55, 1.38, 1.47, 1.61, 1.33};
    private static final double[] B = {1.25, 1.44, 1.21, 1.43, 1.37, 1.36, 1.52, 1.30};

    // A.mean(), stats.sem(A), stats.t.interval(.95, 7, loc, scale)
    @Test
    void meanAndIntervalMatchScipy() {
        MeanEstimate estimate = MeanEstimate.of(A);

        assertThat(estimate.mean()).isCloseTo(1.42, within(1e-12));
        assertThat(estimate.standardError()).isCloseTo(0.041013934914158834, within(1e-14));
        assertThat(estimate.interval(0.95).low()).isCloseTo(1.323017454848732, within(1e-9));
        assertThat(estimate.interval(0.95).high()).isCloseTo(1.516982545151268, within(1e-9));
    }

    // stats.t.ppf(.995, 29)
    @Test
    void quantileMatchesScipy() {
        assertThat(MeanEstimate.quantile(30, 0.99)).isCloseTo(2.756385903670605, within(1e-9));
    }

    // stats.ttest_rel(A, B) and its confidence_interval(.95)
    @Test
    void pairedTestMatchesScipy() {
        PairedComparison comparison = PairedComparison.of(A, B);

        assertThat(comparison.tTestP()).isCloseTo(0.011081320148190915, within(1e-12));
        assertThat(comparison.difference().interval(0.95).low()).isCloseTo(0.018558797452423885, within(1e-9));
        assertThat(comparison.difference().interval(0.95).high()).isCloseTo(0.1014412025475761, within(1e-9));
    }

    // stats.wilcoxon(A, B, mode='exact')
    @Test
    void signedRankTestWithoutTiesIsExact() {
        assertThat(PairedComparison.of(A, B).wilcoxonP()).isCloseTo(0.0234375, within(1e-12));
    }

    // stats.wilcoxon(c, e, correction=True, method='approx'), which leaves out zero differences
    @Test
    void signedRankTestWithTiesAndZerosMatchesScipy() {
        double[] c = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
        double[] e = {2, 1, 3, 2, 5, 7, 1, 4, 5, 1};

        assertThat(PairedComparison.of(c, e).wilcoxonP()).isCloseTo(0.05643751148657404, within(1e-9));
        assertThat(PairedComparison.of(c, e).tTestP()).isCloseTo(0.036787497879786156, within(1e-12));
    }

    // r = A.mean() / B.mean(); sqrt(((A - r * B)**2).sum() / 7 / 8) / B.mean()
    @Test
    void ratioOfMeansMatchesNumpy() {
        MeanEstimate ratio = PairedComparison.of(A, B).ratio();

        assertThat(ratio.mean()).isCloseTo(1.0441176470588234, within(1e-12));
        assertThat(ratio.standardError()).isCloseTo(0.012911448191630993, within(1e-12));
    }

    // stats.gmean(x); exp(stats.t.interval(.95, 4, loc, scale of the logarithms))
    @Test
    void geometricMeanMatchesScipy() {
        GeometricMean mean = GeometricMean.of(new double[] {0.5, 1.2, 0.8, 2, 1.1});

        assertThat(mean.value()).isCloseTo(1.0109572325902838, within(1e-12));
        assertThat(mean.interval(0.95).low()).isCloseTo(0.53472552, within(1e-8));
        assertThat(mean.interval(0.95).high()).isCloseTo(1.91132549, within(1e-8));
    }

    // stats.trim_mean(x, .25), which rliable calls for its IQM
    @Test
    void interquartileMeanMatchesScipy() {
        assertThat(Bootstrap.interquartileMean(A.clone())).isCloseTo(1.4, within(1e-12));
        assertThat(Bootstrap.interquartileMean(new double[] {1, 2, 3})).isCloseTo(2, within(1e-12));
        assertThat(Bootstrap.interquartileMean(new double[] {5, 1, 9, 2, 7})).isCloseTo(14 / 3.0, within(1e-12));
        assertThat(Bootstrap.interquartileMean(new double[] {4})).isEqualTo(4);
    }

    // stats.bootstrap((A,), np.mean, method='percentile', n_resamples=200000): 1.34875, 1.4975. A resampled end has a
    // standard error of
    // sqrt(.025 * .975 / 20000) / density, about .001; .006 is six of them.
    @Test
    void bootstrapIntervalMatchesScipy() {
        ConfidenceInterval interval =
                new Bootstrap(1, 20_000).interval(A, x -> MeanEstimate.of(x).mean(), 0.95);

        assertThat(interval.low()).isCloseTo(1.34875, within(0.006));
        assertThat(interval.high()).isCloseTo(1.4975, within(0.006));
    }

    // 50,000 resamples of each row by default_rng(1).choice, quantiles of trim_mean: .9, 1.57778 (a lattice: steps of
    // about .01)
    @Test
    void stratifiedIntervalOfTheInterquartileMeanMatchesNumpy() {
        double[][] tasks = {{0.1, 0.5, 0.4, 0.3, 0.9}, {2, 2.2, 1.9, 2.5, 2.1}, {1, 0.2, 3, 1.4, 0.7}};

        ConfidenceInterval interval = new Bootstrap(7, 20_000).stratified(tasks, Bootstrap::interquartileMean, 0.95);

        assertThat(interval.low()).isCloseTo(0.9, within(0.025));
        assertThat(interval.high()).isCloseTo(1.57778, within(0.025));
    }

    // R: p.adjust(c(.01, .04, .03, .005), "holm")
    @Test
    void holmMatchesTheStepDownProcedure() {
        assertThat(Holm.adjust(new double[] {0.01, 0.04, 0.03, 0.005}))
                .containsExactly(new double[] {0.03, 0.06, 0.06, 0.02}, within(1e-15));
        assertThat(Holm.adjust(new double[] {0.9, 0.6})).containsExactly(1, 1);
        assertThat(Holm.adjust(new double[0])).isEmpty();
    }
}
