package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rng.Streams;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.GammaDistribution;
import org.apache.commons.math3.distribution.LogNormalDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplerTest {

    private static final int SAMPLES = 100_000;

    static Stream<Arguments> laws() {
        double sigma = Math.sqrt(Math.log(1 + 1.5 * 1.5));
        LogNormalDistribution lognormal = new LogNormalDistribution(Math.log(33e6) - sigma * sigma / 2, sigma);
        GammaDistribution erlang = new GammaDistribution(4, 5e6);
        double p = (1 + Math.sqrt(8.0 / 10)) / 2; // balanced means at cv 3: p and 1-p carry half of the mean each
        double norm = 1 - Math.pow(1e6 / 1e9, 1.5);
        return Stream.of(
                law(new Distribution.Exponential(2e6), x -> 1 - Math.exp(-x / 2e6)),
                law(new Distribution.Erlang(20e6, 4), erlang::cumulativeProbability),
                law(
                        new Distribution.Hyperexponential(1e6, 3),
                        x -> 1 - p * Math.exp(-2 * p * x / 1e6) - (1 - p) * Math.exp(-2 * (1 - p) * x / 1e6)),
                law(new Distribution.Hyperexponential(1e6, 1), x -> 1 - Math.exp(-x / 1e6)),
                law(new Distribution.Lognormal(33e6, 1.5), lognormal::cumulativeProbability),
                law(new Distribution.ParetoBounded(1.5, 1e6, 1e9), x -> (1 - Math.pow(1e6 / x, 1.5)) / norm),
                law(new Distribution.Uniform(1e6, 5e6), x -> (x - 1e6) / 4e6));
    }

    private static Arguments law(Distribution law, DoubleUnaryOperator cdf) {
        return Arguments.of(law, cdf);
    }

    @ParameterizedTest
    @MethodSource("laws")
    void followsItsLaw(Distribution law, DoubleUnaryOperator cdf) {
        Statistic.assertFollows(draw(law, 7), cdf);
    }

    @ParameterizedTest
    @MethodSource("laws")
    void hasTheMeanThatTheLawStates(Distribution law, DoubleUnaryOperator cdf) {
        double sum = 0;
        for (double x : draw(law, 11)) {
            sum += x;
        }

        double standardError = law.mean() * Math.sqrt(law.squaredCv() / SAMPLES);
        assertThat(Math.abs(sum / SAMPLES - law.mean())).isLessThan(4.9 * standardError); // 1e-6, two-sided
    }

    @Test
    void drawsMeasuredValuesEquallyOften() {
        double[] sample = draw(new Distribution.Empirical(Path.of("x"), List.of(1.0, 2.0, 2.0, 5.0)), 3);
        long[] counts = new long[3];
        for (double x : sample) {
            counts[x == 1 ? 0 : x == 2 ? 1 : 2]++;
        }

        Statistic.assertCounts(counts, new double[] {SAMPLES / 4.0, SAMPLES / 2.0, SAMPLES / 4.0});
    }

    @Test
    void alwaysDrawsTheConstant() {
        assertThat(draw(new Distribution.Deterministic(42), 1)).containsOnly(42.0);
    }

    @Test
    void staysWithinTheBoundsOfThePareto() {
        assertThat(java.util.Arrays.stream(draw(new Distribution.ParetoBounded(0.5, 10, 11), 1)))
                .allMatch(x -> x >= 10 && x <= 11);
    }

    @Test
    void keepsTheRareBranchOfAnExtremeHyperexponential() {
        Sampler.TwoBranches branches = Sampler.TwoBranches.of(new Distribution.Hyperexponential(1, 1e6));

        assertThat(branches.rare()).isBetween(4.99e-13, 5.01e-13); // 1 / (2 (cv^2 + 1)) to first order
        assertThat(branches.rare() * branches.rareMean()).isEqualTo(0.5);
    }

    private static double[] draw(Distribution law, long seed) {
        RandomGenerator random = Streams.of(seed).stream("test");
        Sampler sampler = Sampler.of(law);
        double[] sample = new double[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            sample[i] = sampler.sample(random);
        }
        return sample;
    }
}
