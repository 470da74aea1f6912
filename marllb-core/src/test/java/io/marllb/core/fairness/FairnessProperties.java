package io.marllb.core.fairness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class FairnessProperties {

    @Provide
    Arbitrary<double[]> loads() {
        return Arbitraries.doubles()
                .between(0, 10)
                .ofScale(6)
                .array(double[].class)
                .ofMinSize(0)
                .ofMaxSize(30);
    }

    @Provide
    Arbitrary<double[]> positiveLoads() {
        return Arbitraries.doubles()
                .between(1e-6, 100)
                .ofScale(6)
                .array(double[].class)
                .ofMinSize(1)
                .ofMaxSize(30);
    }

    @Provide
    Arbitrary<Double> factors() {
        return Arbitraries.doubles().between(1e-3, 1e3).ofScale(6);
    }

    @Provide
    Arbitrary<Double> shares() {
        return Arbitraries.doubles().between(0, 0.5).ofScale(3);
    }

    private static final Set<Fairness> SCALE_FREE =
            EnumSet.of(Fairness.JAIN, Fairness.PRODUCT, Fairness.CV, Fairness.MIN, Fairness.GINI);
    private static final Set<Fairness> OF_THE_MAXIMUM = EnumSet.of(Fairness.MAX, Fairness.MAX_EXP, Fairness.MAX_LOG);

    @Property(seed = "1")
    void neverBeatsTheBest(@ForAll Fairness fairness, @ForAll("loads") double[] loads) {
        assertThat(fairness.of(loads)).isLessThanOrEqualTo(fairness.best()).isFinite();
    }

    @Property(seed = "1")
    void equalLoadsAreBest(
            @ForAll Fairness fairness, @ForAll("factors") double load, @ForAll @IntRange(min = 1, max = 40) int n) {
        if (!OF_THE_MAXIMUM.contains(fairness)) {
            double[] loads = new double[n];
            Arrays.fill(loads, load);

            assertThat(fairness.of(loads)).isCloseTo(fairness.best(), within(1e-7 * Math.max(1, load)));
        }
    }

    @Property(seed = "1")
    void orderDoesNotMatter(@ForAll Fairness fairness, @ForAll("loads") double[] loads, @ForAll long seed) {
        double[] shuffled = shuffled(loads, seed);

        assertThat(fairness.of(shuffled)).isCloseTo(fairness.of(loads), within(1e-8));
    }

    @Property(seed = "1")
    void scaleDoesNotMatterWhereClaimed(@ForAll("positiveLoads") double[] loads, @ForAll("factors") double factor) {
        double[] scaled = Arrays.stream(loads).map(x -> x * factor).toArray();

        for (Fairness fairness : SCALE_FREE) {
            assertThat(fairness.of(scaled)).as(fairness.id()).isCloseTo(fairness.of(loads), within(1e-7));
        }
    }

    @Property(seed = "1")
    void staysInTheClaimedRange(@ForAll("loads") double[] loads) {
        int n = Math.max(1, loads.length);

        assertThat(Fairness.JAIN.of(loads)).isBetween(1.0 / n, 1.0);
        assertThat(Fairness.PRODUCT.of(loads)).isBetween(0.0, 1.0);
        assertThat(Fairness.MIN.of(loads)).isBetween(0.0, 1.0);
        assertThat(Fairness.CV.of(loads)).isBetween(-Math.sqrt(n - 1) - 1e-9, 0.0);
        assertThat(Fairness.GINI.of(loads)).isBetween(-(n - 1.0) / n - 1e-12, 0.0);
    }

    @Property(seed = "1")
    void giniIsTheDoubleSumOfItsDefinition(@ForAll("positiveLoads") double[] loads) {
        double differences = 0;
        double sum = 0;
        for (double a : loads) {
            sum += a;
            for (double b : loads) {
                differences += Math.abs(a - b);
            }
        }

        assertThat(Fairness.GINI.of(loads)).isCloseTo(-differences / (2 * loads.length * sum), within(1e-9));
    }

    /** Moving load from a more to a less loaded server never harms the measures of inequality (the principle of transfers). */
    @Property(seed = "1")
    void transfersToTheLessLoadedNeverHarm(@ForAll("positiveLoads") double[] loads, @ForAll("shares") double share) {
        int from = 0;
        int to = 0;
        for (int i = 1; i < loads.length; i++) {
            from = loads[i] > loads[from] ? i : from;
            to = loads[i] < loads[to] ? i : to;
        }
        double[] moved = loads.clone();
        double amount = share * (loads[from] - loads[to]);
        moved[from] -= amount;
        moved[to] += amount;

        for (Fairness fairness : Fairness.values()) {
            assertThat(fairness.of(moved)).as(fairness.id()).isGreaterThanOrEqualTo(fairness.of(loads) - 1e-7);
        }
    }

    private static double[] shuffled(double[] loads, long seed) {
        double[] copy = loads.clone();
        RandomGenerator random = Streams.of(seed).stream("shuffle");
        for (int i = copy.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double swap = copy[i];
            copy[i] = copy[j];
            copy[j] = swap;
        }
        return copy;
    }
}
