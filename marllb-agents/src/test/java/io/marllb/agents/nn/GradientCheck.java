package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.random.RandomGenerator;

/** A network against {@link ReferenceNetwork}: outputs, state, and every gradient against central differences in doubles. */
final class GradientCheck {

    private static final double STEP = 1e-6;
    private static final double FORWARD_TOLERANCE = 5e-6;
    private static final double GRADIENT_TOLERANCE = 2e-5; // of the largest gradient, or 1

    private final NetworkSpec spec;
    private final int servers;
    private final int time;
    private final int batch;
    private final RandomGenerator random;
    private final Parameters parameters;
    private final Network network;
    private final double[] p;
    private final double[] x;
    private final double[] initial;
    private final double[] direction; // the loss is outputs times this

    GradientCheck(NetworkSpec spec, int servers, int time, int batch, boolean withState) {
        this.spec = spec;
        this.servers = servers;
        this.time = time;
        this.batch = batch;
        random = Streams.of(7).stream("gradient-check");
        parameters = new Parameters(spec).initialise(random);
        // Larger than the batch, so that nothing may depend on the sizes of the buffers.
        network = Network.of(spec, parameters, servers, time + 1, batch + 2);
        float[] flat = new float[parameters.count()];
        parameters.copyTo(flat);
        p = new double[flat.length];
        for (int i = 0; i < p.length; i++) {
            p[i] = flat[i];
        }
        x = draw(time * batch * spec.inputs(servers));
        if (spec instanceof NetworkSpec.PerServer s) {
            activate(s);
        }
        initial = withState ? draw(batch * spec.stateSize(servers)) : new double[batch * spec.stateSize(servers)];
        direction = draw(time * batch * spec.outputs(servers));
    }

    /** Flags: some servers are out; of the first row all. */
    private void activate(NetworkSpec.PerServer s) {
        for (int row = 0; row < time * batch; row++) {
            for (int j = 0; j < servers; j++) {
                x[row * spec.inputs(servers) + j * s.features()] = row > 0 && random.nextInt(3) > 0 ? 1 : 0;
            }
        }
    }

    private double[] draw(int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return values;
    }

    private static Matrix matrix(int rows, int columns, double[] values) {
        Matrix m = Matrix.zeros(rows, columns);
        for (int i = 0; i < values.length; i++) {
            m.buffer().put(i, (float) values[i]);
        }
        return m;
    }

    private double[][] state() {
        int size = spec.stateSize(servers);
        double[][] state = new double[batch][size];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(initial, b * size, state[b], 0, size);
        }
        return state;
    }

    private double loss() {
        double[] y = new ReferenceNetwork(spec, servers).forward(p, x, time, batch, state());
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += y[i] * direction[i];
        }
        return sum;
    }

    private double[] differences(double[] of) {
        double[] gradient = new double[of.length];
        for (int i = 0; i < of.length; i++) {
            double keep = of[i];
            of[i] = keep + STEP;
            double up = loss();
            of[i] = keep - STEP;
            double down = loss();
            of[i] = keep;
            gradient[i] = (up - down) / (2 * STEP);
        }
        return gradient;
    }

    private Matrix forward(Matrix inputs) {
        Matrix start = spec.stateSize(servers) == 0 ? null : matrix(batch, spec.stateSize(servers), initial);
        return network.forward(inputs, time, batch, start);
    }

    /** Everything; inputs that are flags are left out of the gradient by the inputs. */
    void run() {
        Matrix inputs = matrix(time * batch, spec.inputs(servers), x);
        double[][] state = state();
        double[] expected = new ReferenceNetwork(spec, servers).forward(p, x, time, batch, state);

        Matrix y = forward(inputs);
        close("output", y, expected, FORWARD_TOLERANCE);
        if (spec.stateSize(servers) > 0) {
            for (int b = 0; b < batch; b++) {
                for (int i = 0; i < state[b].length; i++) {
                    assertThat(network.state().get(b, i))
                            .as("state of sequence " + b)
                            .isCloseTo((float) state[b][i], within((float) FORWARD_TOLERANCE));
                }
            }
        }

        Matrix dy = matrix(time * batch, spec.outputs(servers), direction);
        network.backward(dy);
        double[] byParameters = differences(p);
        checkParameters(byParameters, 1);

        forward(inputs);
        Matrix dx = network.backwardToInputs(matrix(time * batch, spec.outputs(servers), direction), true);
        checkParameters(byParameters, 2);
        double[] byInputs = differences(x);
        if (spec instanceof NetworkSpec.PerServer s) {
            for (int row = 0; row < time * batch; row++) {
                for (int j = 0; j < servers; j++) {
                    // A flag is no number to differentiate by; the difference above took it for one.
                    int at = row * spec.inputs(servers) + j * s.features();
                    byInputs[at] = dx.buffer().get(at);
                }
            }
        }
        close("gradient by the inputs", dx, byInputs, GRADIENT_TOLERANCE);

        forward(inputs);
        network.backwardToInputs(matrix(time * batch, spec.outputs(servers), direction), false);
        checkParameters(byParameters, 2);
    }

    private void checkParameters(double[] expected, int times) {
        double[] scaled = new double[expected.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = times * expected[i];
        }
        for (NetworkSpec.Tensor t : spec.tensors()) {
            double[] part = java.util.Arrays.copyOfRange(scaled, t.offset(), t.end());
            close("gradient of " + t.name(), parameters.gradient(t.name()), part, GRADIENT_TOLERANCE);
        }
    }

    private static void close(String what, Matrix found, double[] expected, double tolerance) {
        assertThat(found.size()).as(what).isEqualTo(expected.length);
        double scale = 1;
        for (double e : expected) {
            scale = Math.max(scale, Math.abs(e));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found.buffer().get(i))
                    .as(what + ", element " + i)
                    .isCloseTo(expected[i], within(tolerance * scale));
        }
    }
}
