package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.agents.qmix.MixerSpec.Kind;
import io.marllb.agents.qmix.MixerSpec.Units;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mixers against {@link ReferenceMixer}, and their gradients against central differences of it in double precision. */
class MixerTest {

    private static final int SAMPLES = 37; // more than a block of rows, and no multiple of it
    private static final int HEADS = 5;
    private static final int STATE = 7;
    private static final double STEP = 1e-6;

    private final RandomGenerator random = Streams.of(5).stream("test");

    static Stream<MixerSpec> specs() {
        return Stream.of(
                new MixerSpec(Kind.QMIX, HEADS, STATE, 6, 0, 4, Units.ELU),
                new MixerSpec(Kind.QMIX, HEADS, STATE, 6, 3, 4, Units.ELU),
                new MixerSpec(Kind.QMIX, HEADS, STATE, 7, 0, 4, Units.MIXED),
                new MixerSpec(Kind.QMIX, HEADS, STATE, 8, 3, 4, Units.MIXED),
                new MixerSpec(Kind.WEIGHTED, HEADS, STATE, 1, 0, 4, Units.ELU),
                new MixerSpec(Kind.VDN, HEADS, STATE, 1, 0, 1, Units.ELU));
    }

    private Matrix uniform(int rows, int columns, double size) {
        Matrix m = Matrix.zeros(rows, columns);
        for (int k = 0; k < m.size(); k++) {
            m.buffer().put(k, (float) (size * (2 * random.nextDouble() - 1)));
        }
        return m;
    }

    private static Parameters parameters(MixerSpec spec, RandomGenerator random) {
        return spec.tensors().isEmpty() ? null : new Parameters(spec.tensors()).initialise(random);
    }

    private static double[] doubles(Matrix m) {
        double[] x = new double[m.size()];
        for (int k = 0; k < x.length; k++) {
            x[k] = m.buffer().get(k);
        }
        return x;
    }

    private static double total(MixerSpec spec, double[] p, double[] q, double[] s, double[] factors) {
        ReferenceMixer reference = new ReferenceMixer(spec, p);
        double sum = 0;
        for (int k = 0; k < factors.length; k++) {
            sum += factors[k]
                    * reference.value(
                            Arrays.copyOfRange(q, k * HEADS, (k + 1) * HEADS),
                            Arrays.copyOfRange(s, k * STATE, (k + 1) * STATE));
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("specs")
    void valuesAndGradientsAreThoseOfThePaper(MixerSpec spec) {
        Parameters parameters = parameters(spec, random);
        Mixer mixer = Mixer.of(spec, parameters, SAMPLES + 3);
        Matrix values = uniform(SAMPLES, HEADS, 2);
        Matrix states = uniform(SAMPLES, STATE, 2);
        Matrix factors = uniform(SAMPLES, 1, 1);
        double[] p = parameters == null ? new double[0] : doubles(parameters.values());
        double[] q = doubles(values);
        double[] s = doubles(states);
        double[] f = doubles(factors);

        Matrix joint = mixer.forward(values, states);

        ReferenceMixer reference = new ReferenceMixer(spec, p);
        for (int k = 0; k < SAMPLES; k++) {
            double expected = reference.value(
                    Arrays.copyOfRange(q, k * HEADS, (k + 1) * HEADS),
                    Arrays.copyOfRange(s, k * STATE, (k + 1) * STATE));
            assertThat((double) joint.get(k, 0)).isCloseTo(expected, within(1e-5 * (1 + Math.abs(expected))));
        }

        double[] back = doubles(mixer.backward(factors));

        for (int k = 0; k < q.length; k++) {
            int at = k;
            double difference = difference(q, at, () -> total(spec, p, q, s, f));
            assertThat(back[k]).as("value " + k).isCloseTo(difference, within(1e-4));
        }
        for (int k = 0; k < p.length; k++) {
            int at = k;
            double difference = difference(p, at, () -> total(spec, p, q, s, f));
            assertThat((double) parameters.gradients().buffer().get(k))
                    .as("parameter " + k)
                    .isCloseTo(difference, within(1e-4 * (1 + Math.abs(difference))));
        }
    }

    private static double difference(double[] x, int at, java.util.function.DoubleSupplier f) {
        double old = x[at];
        x[at] = old + STEP;
        double above = f.getAsDouble();
        x[at] = old - STEP;
        double below = f.getAsDouble();
        x[at] = old;
        return (above - below) / (2 * STEP);
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theJointValueNeverFallsWhenAValueRises(MixerSpec spec) {
        int samples = 10_000;
        Matrix ones = Matrix.zeros(samples, 1);
        ones.fill(1);
        for (double size : new double[] {0.1, 1, 30}) {
            Parameters parameters = parameters(spec, random);
            if (parameters != null) {
                parameters.values().copyFrom(uniform(1, parameters.count(), size));
            }
            Mixer mixer = Mixer.of(spec, parameters, samples);
            Matrix values = uniform(samples, HEADS, 5);
            Matrix states = uniform(samples, STATE, 3);
            double[] before = doubles(mixer.forward(values, states));
            double[] slopes = doubles(mixer.backward(ones));
            for (int k = 0; k < samples; k++) {
                int at = k * HEADS + k % HEADS;
                values.buffer().put(at, values.buffer().get(at) + 1);
            }
            double[] after = doubles(mixer.forward(values, states));

            assertThat(Arrays.stream(slopes).min().orElseThrow()).isGreaterThanOrEqualTo(0);
            assertThat(Arrays.stream(slopes).max().orElseThrow()).isPositive();
            double worst = 0; // in units of what float32 loses of a value of that size
            for (int k = 0; k < samples; k++) {
                worst = Math.max(worst, (before[k] - after[k]) / (1e-5 * (1 + Math.abs(before[k]))));
            }
            assertThat(worst).isLessThan(1);
        }
    }

    @Test
    void gradientsAddUpOverCalls() {
        MixerSpec spec = new MixerSpec(Kind.QMIX, HEADS, STATE, 6, 3, 4, Units.ELU);
        Parameters parameters = parameters(spec, random);
        Mixer mixer = Mixer.of(spec, parameters, SAMPLES);
        Matrix values = uniform(SAMPLES, HEADS, 2);
        Matrix states = uniform(SAMPLES, STATE, 2);
        Matrix factors = uniform(SAMPLES, 1, 1);

        mixer.forward(values, states);
        mixer.backward(factors);
        double[] once = doubles(parameters.gradients());
        mixer.forward(values, states);
        mixer.backward(factors);

        double[] twice = doubles(parameters.gradients());
        for (int k = 0; k < once.length; k++) {
            assertThat(twice[k]).isCloseTo(2 * once[k], within(1e-4 * (1 + Math.abs(once[k]))));
        }
    }

    @Test
    void independentHeadsPassThrough() {
        Mixer mixer = Mixer.of(new MixerSpec(Kind.IQL, HEADS, 0, 1, 0, 1, Units.ELU), null, SAMPLES);
        Matrix values = uniform(SAMPLES, HEADS, 1);

        assertThat(mixer.spec().outputs()).isEqualTo(HEADS);
        assertThat(mixer.forward(values, null)).isSameAs(values);
        assertThat(mixer.backward(values)).isSameAs(values);
    }

    @Test
    void theCountsAreThePublishedOnes() {
        MixerSpec original = new MixerSpec(Kind.QMIX, 14, 84, 128, 128, 128, Units.ELU);
        MixerSpec seed = new MixerSpec(Kind.QMIX, 4, 74, 32, 64, 64, Units.ELU);
        for (var expected : List.of(java.util.Map.entry(original, 291_329), java.util.Map.entry(seed, 27_265))) {
            var tensors = expected.getKey().tensors();
            assertThat(tensors.get(tensors.size() - 1).end()).isEqualTo(expected.getValue());
        }
    }

    @Test
    void messagesTeach() {
        assertThatThrownBy(() -> new MixerSpec(Kind.QMIX, 2, 0, 8, 0, 8, Units.ELU))
                .hasMessageContaining("needs state and valueHidden >= 1")
                .hasMessageContaining("state=observations");
        assertThatThrownBy(() -> new MixerSpec(Kind.VDN, 0, 0, 8, 0, 8, Units.ELU))
                .hasMessageContaining("heads");
    }
}
