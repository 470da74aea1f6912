package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AdamTest {

    // More than a tile of parameters, and no multiple of it.
    private static final NetworkSpec SPEC = new NetworkSpec.Recurrent(50, List.of(), 0, List.of(), 41);

    private final RandomGenerator random = Streams.of(3).stream("adam-test");
    private final Parameters parameters = new Parameters(SPEC).initialise(random);

    private double[] fill(double bound) {
        double[] g = new double[parameters.count()];
        for (int i = 0; i < g.length; i++) {
            g[i] = (float) (bound * (2 * random.nextDouble() - 1));
            parameters.gradients().buffer().put(i, (float) g[i]);
        }
        return g;
    }

    private static double norm(double[] g) {
        double sum = 0;
        for (double x : g) {
            sum += x * x;
        }
        return Math.sqrt(sum);
    }

    @Test
    void stepsAsAlgorithmOneOfThePaperInDoubles() {
        double rate = 0.01;
        double epsilon = 1e-3;
        double maxNorm = 1.5;
        Adam adam = new Adam(parameters, rate, epsilon, maxNorm);
        int n = parameters.count();
        double[] p = new double[n];
        for (int i = 0; i < n; i++) {
            p[i] = parameters.values().buffer().get(i);
        }
        double[] m = new double[n];
        double[] v = new double[n];
        for (int t = 1; t <= 5; t++) {
            // Clipped at first, then not.
            double[] g = fill(t < 3 ? 1 : 0.01);
            double norm = norm(g);
            double scale = Math.min(1, maxNorm / norm);
            for (int i = 0; i < n; i++) {
                m[i] = 0.9 * m[i] + 0.1 * scale * g[i];
                v[i] = 0.999 * v[i] + 0.001 * scale * g[i] * scale * g[i];
                p[i] -= rate * (m[i] / (1 - Math.pow(0.9, t))) / (Math.sqrt(v[i] / (1 - Math.pow(0.999, t))) + epsilon);
            }

            assertThat(adam.step()).isCloseTo(norm, within(1e-5 * norm));
        }

        for (int i = 0; i < n; i++) {
            assertThat((double) parameters.values().buffer().get(i)).isCloseTo(p[i], within(2e-6));
            assertThat(parameters.gradients().buffer().get(i)).isZero();
        }
        assertThat(adam.steps()).isEqualTo(5);
    }

    @Test
    void leavesEverythingWhenAGradientIsNoNumber() {
        Adam adam = new Adam(parameters, 0.01, 1e-8, Double.POSITIVE_INFINITY);
        fill(1);
        adam.step();
        float[] before = new float[parameters.count()];
        parameters.copyTo(before);
        float[] state = new float[2 * before.length];
        adam.state().get(0, state, 0, state.length);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            fill(1);
            parameters.gradients().buffer().put(1500, bad);

            assertThat(adam.step()).isNotFinite();
        }

        float[] after = new float[before.length];
        parameters.copyTo(after);
        float[] stateAfter = new float[state.length];
        adam.state().get(0, stateAfter, 0, state.length);
        assertThat(after).isEqualTo(before);
        assertThat(stateAfter).isEqualTo(state);
        assertThat(adam.steps()).isEqualTo(1);
    }

    @Test
    void continuesWithTheSameBitsAfterARestore() {
        Adam adam = new Adam(parameters, 0.01, 1e-8, 1);
        fill(1);
        adam.step();
        Parameters copy = new Parameters(SPEC);
        copy.follow(parameters, 1);
        Adam restored = new Adam(copy, 0.01, 1e-8, 1);
        restored.state().copyFrom(adam.state());
        restored.restore(adam.steps());
        fill(1);
        copy.gradients().copyFrom(parameters.gradients());
        adam.step();
        restored.step();

        float[] a = new float[parameters.count()];
        float[] b = new float[a.length];
        parameters.copyTo(a);
        copy.copyTo(b);
        assertThat(b).isEqualTo(a);
    }

    @Test
    void refusesWhatIsNotAboveZero() {
        assertThatThrownBy(() -> new Adam(parameters, Double.NaN, 1e-8, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be > 0");
    }
}
