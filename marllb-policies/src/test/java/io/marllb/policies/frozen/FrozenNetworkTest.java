package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.marllb.core.rng.Streams;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrozenNetworkTest {

    static Stream<NetworkSpec> specs() {
        return Stream.of(
                new NetworkSpec.Recurrent(1, List.of(), 0, List.of(), 1),
                new NetworkSpec.Recurrent(5, List.of(7), 0, List.of(3, 9), 2),
                new NetworkSpec.Recurrent(11, List.of(), 6, List.of(), 4),
                new NetworkSpec.Recurrent(64, List.of(64), 64, List.of(), 32),
                new NetworkSpec.Recurrent(77, List.of(40, 30), 33, List.of(17), 21),
                new NetworkSpec.Recurrent(6, List.of(130), 67, List.of(), 3),
                new NetworkSpec.PerServer(3, 0, List.of(5), 0, 2, 0),
                new NetworkSpec.PerServer(3, 2, List.of(5, 7), 9, 2, 3),
                new NetworkSpec.PerServer(13, 4, List.of(32), 32, 2, 1),
                new NetworkSpec.PerServer(2, 1, List.of(4), 8, 0, 6));
    }

    static float[] parameters(NetworkSpec spec, long seed) {
        RandomGenerator random = Streams.of(seed).stream("parameters");
        float[] flat = new float[spec.parameters()];
        for (NetworkSpec.Tensor t : spec.tensors()) {
            double scale = t.rows() == 1 ? 0.3 : 1.5 / Math.sqrt(t.rows());
            for (int i = t.offset(); i < t.end(); i++) {
                flat[i] = (float) (random.nextGaussian() * scale);
            }
        }
        return flat;
    }

    private static void fill(NetworkSpec spec, int servers, RandomGenerator random, float[] inputs) {
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = (float) random.nextGaussian();
        }
        if (spec instanceof NetworkSpec.PerServer p) {
            for (int j = 0; j < servers; j++) {
                inputs[j * p.features()] = random.nextDouble() < 0.7 ? 1 : 0;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void givesWhatTheDefinitionGivesOverASequence(NetworkSpec spec) {
        for (int servers : new int[] {1, 2, 7}) {
            float[] flat = parameters(spec, 3);
            FrozenNetwork.Runner runner = FrozenNetwork.of(spec, flat).runner(servers);
            SlowNetwork slow = new SlowNetwork(spec, flat);
            RandomGenerator random = Streams.of(4).stream("inputs");
            int blocks = spec instanceof NetworkSpec.PerServer ? servers : 1;
            double[][] state = new double[blocks][spec.stateSize(servers) / blocks];
            float[] inputs = new float[spec.inputs(servers)];
            float[] outputs = new float[spec.outputs(servers)];
            for (int t = 0; t < 20; t++) {
                fill(spec, servers, random, inputs);
                double[] in = new double[inputs.length];
                for (int i = 0; i < in.length; i++) {
                    in[i] = inputs[i];
                }

                runner.step(inputs, outputs);
                double[] expected = slow.step(in, state, servers);

                for (int i = 0; i < expected.length; i++) {
                    assertThat((double) outputs[i]).isCloseTo(expected[i], within(1e-5 * (1 + Math.abs(expected[i]))));
                }
            }
        }
    }

    @Test
    void noServerActiveGivesAPoolOfZero() {
        NetworkSpec spec = new NetworkSpec.PerServer(2, 1, List.of(4), 0, 0, 2);
        float[] flat = parameters(spec, 5);
        float[] outputs = new float[2];

        FrozenNetwork.of(spec, flat).runner(3).step(new float[] {0, 1, 0, 2, 0, 3, 4}, outputs);

        NetworkSpec.Tensor bias = spec.tensors().get(spec.tensors().size() - 1);
        assertThat(outputs).containsExactly(flat[bias.offset()], flat[bias.offset() + 1]);
    }

    @Test
    void permutingServersPermutesTheOutputs() {
        NetworkSpec spec = new NetworkSpec.PerServer(2, 1, List.of(16), 16, 1, 1);
        FrozenNetwork network = FrozenNetwork.of(spec, parameters(spec, 6));
        FrozenNetwork.Runner one = network.runner(3);
        FrozenNetwork.Runner other = network.runner(3);
        float[] a = new float[4];
        float[] b = new float[4];

        for (int t = 0; t < 4; t++) {
            one.step(new float[] {1, 0.1f * t, 1, 0.2f, 0, 0.3f, 0.7f}, a);
            other.step(new float[] {0, 0.3f, 1, 0.1f * t, 1, 0.2f, 0.7f}, b);
        }

        assertThat(b).containsExactly(new float[] {a[2], a[0], a[1], a[3]}, within(1e-6f));
    }

    @Test
    void resetStartsAgainAndStateCarriesOver() {
        NetworkSpec spec = new NetworkSpec.Recurrent(3, List.of(4), 5, List.of(), 2);
        FrozenNetwork network = FrozenNetwork.of(spec, parameters(spec, 1));
        FrozenNetwork.Runner runner = network.runner(1);
        float[] x = {1, -2, 0.5f};
        float[] first = new float[2];
        float[] second = new float[2];
        runner.step(x, first);
        float[] state = runner.state().clone();
        runner.step(x, second);

        FrozenNetwork.Runner other = network.runner(1);
        System.arraycopy(state, 0, other.state(), 0, 5);
        float[] continued = new float[2];
        other.step(x, continued);
        runner.reset();
        float[] again = new float[2];
        runner.step(x, again);

        assertThat(second).isNotEqualTo(first);
        assertThat(continued).isEqualTo(second);
        assertThat(again).isEqualTo(first);
    }

    @Test
    void loadReplacesTheParametersOfRunningSequences() {
        NetworkSpec spec = new NetworkSpec.Recurrent(3, List.of(4), 0, List.of(), 2);
        FrozenNetwork network = FrozenNetwork.of(spec, parameters(spec, 1));
        FrozenNetwork.Runner runner = network.runner(1);
        float[] other = parameters(spec, 2);

        network.load(other);

        float[] x = {1, 2, 3};
        float[] a = new float[2];
        float[] b = new float[2];
        runner.step(x, a);
        FrozenNetwork.of(spec, other).runner(1).step(x, b);
        assertThat(a).isEqualTo(b);
        assertThat(network.parameters()).isEqualTo(other);
    }

    @Test
    void refusesParametersThatDoNotFit() {
        NetworkSpec spec = new NetworkSpec.Recurrent(2, List.of(), 0, List.of(), 1);

        assertThatThrownBy(() -> FrozenNetwork.of(spec, new float[4]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 3 parameters, but 4");
        assertThatThrownBy(() -> FrozenNetwork.of(spec, new float[] {1, Float.NaN, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output.weight")
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> FrozenNetwork.of(spec, new float[3]).runner(1).step(new float[3], new float[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 inputs and 1 outputs");
    }

    @ParameterizedTest
    @MethodSource("specs")
    void allocatesNothing(NetworkSpec spec) {
        FrozenNetwork.Runner runner =
                FrozenNetwork.of(spec, parameters(spec, 1)).runner(8);
        float[] inputs = new float[spec.inputs(8)];
        float[] outputs = new float[spec.outputs(8)];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long smallest = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) { // the JVM itself may allocate once, when a method is first linked
            long before = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 500; i++) {
                runner.step(inputs, outputs);
            }
            smallest = Math.min(smallest, threads.getThreadAllocatedBytes(thread) - before);
        }

        assertThat(smallest).isZero();
    }
}
