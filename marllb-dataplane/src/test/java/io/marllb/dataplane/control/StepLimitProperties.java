package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.host.WeightCheck;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;

class StepLimitProperties {

    /** Two valid decisions over the same servers. */
    private static final class Step {
        private final double[] from;
        private final double[] to;

        Step(double[] from, double[] to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public String toString() {
            return Arrays.toString(from) + " -> " + Arrays.toString(to);
        }
    }

    @Provide
    Arbitrary<Step> steps() {
        return Arbitraries.integers().between(1, 12).flatMap(n -> {
            Arbitrary<Double> weight = Arbitraries.frequencyOf(
                    net.jqwik.api.Tuple.of(1, Arbitraries.just(0.0)),
                    net.jqwik.api.Tuple.of(
                            4, Arbitraries.doubles().between(1e-9, 1e9).ofScale(9)),
                    net.jqwik.api.Tuple.of(4, Arbitraries.doubles().between(0.5, 2)));
            Arbitrary<double[]> weights = weight.array(Double[].class)
                    .ofSize(n)
                    .map(a -> Arrays.stream(a).mapToDouble(x -> x).toArray())
                    .filter(a -> Arrays.stream(a).sum() > 0);
            return Combinators.combine(weights, weights).as(Step::new);
        });
    }

    @Property
    void sharesChangeByTheFactorAtMostAndStayValid(
            @ForAll("steps") Step step, @ForAll @DoubleRange(min = 1.01, max = 10) double factor) {
        int n = step.from.length;
        boolean[] active = new boolean[n];
        Arrays.fill(active, true);
        StepLimit limit = new StepLimit(n);
        limit.replace(step.from, active);
        double[] got = step.to.clone();

        limit.apply(got, active, factor);

        assertThat(WeightCheck.weights(got, j -> active[j])).isTrue();
        double before = Arrays.stream(step.from).sum() / n;
        // What was bounded is in units of the mean; what passed keeps its own unit.
        double unit = limit.limited() > 0 ? 1 : Arrays.stream(got).sum() / n;
        for (int j = 0; j < n; j++) {
            double old = step.from[j] / before;
            double now = got[j] / unit;
            assertThat(now).isLessThanOrEqualTo(Math.max(old, StepLimit.FLOOR) * factor * (1 + 1e-12));
            if (old > StepLimit.FLOOR) {
                assertThat(now).isGreaterThanOrEqualTo(old / factor * (1 - 1e-12));
            }
        }
    }

    @Property
    void arrivesWithTheVeryBitsAfterSomeSteps(@ForAll("steps") Step step) {
        int n = step.from.length;
        boolean[] active = new boolean[n];
        Arrays.fill(active, true);
        StepLimit limit = new StepLimit(n);
        limit.replace(step.from, active);
        double[] got = step.to.clone();

        for (int i = 0; i < 200 && (i == 0 || !Arrays.equals(got, step.to)); i++) {
            got = step.to.clone();
            limit.apply(got, active, 2);
        }

        assertThat(got).containsExactly(step.to);
    }

    @Property
    void aCommonFactorIsNoChange(
            @ForAll("steps") Step step, @ForAll @DoubleRange(min = 0.01, max = 1000) double scale) {
        int n = step.from.length;
        boolean[] active = new boolean[n];
        Arrays.fill(active, true);
        StepLimit limit = new StepLimit(n);
        limit.replace(step.from, active);
        double[] scaled = Arrays.stream(step.from).map(w -> w * scale).toArray();
        double[] got = scaled.clone();

        limit.apply(got, active, 1.01);

        assertThat(got).containsExactly(scaled);
    }
}
