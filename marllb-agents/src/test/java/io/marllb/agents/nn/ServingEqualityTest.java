package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What serves gives the numbers of what learnt, to 1e-5, over a sequence. */
class ServingEqualityTest {

    private static final int STEPS = 40;

    static Stream<NetworkSpec> specs() {
        return Stream.of(
                new NetworkSpec.Recurrent(49, List.of(128, 128), 128, List.of(128), 21),
                new NetworkSpec.Recurrent(64, List.of(64), 64, List.of(), 32),
                new NetworkSpec.Recurrent(9, List.of(), 0, List.of(30), 5),
                new NetworkSpec.PerServer(13, 4, List.of(32), 32, 2, 2),
                new NetworkSpec.PerServer(5, 0, List.of(16, 8), 0, 1, 3));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theFrozenNetworkGivesTheOutputsOfTheLearningOne(NetworkSpec spec) {
        for (int servers : new int[] {2, 7}) {
            RandomGenerator random = Streams.of(11).stream("equality");
            Parameters parameters = new Parameters(spec).initialise(random);
            int width = spec.inputs(servers);
            Matrix inputs = Matrix.zeros(STEPS, width);
            float[][] rows = new float[STEPS][width];
            for (int t = 0; t < STEPS; t++) {
                for (int i = 0; i < width; i++) {
                    boolean flag = spec instanceof NetworkSpec.PerServer p
                            && i < servers * p.features()
                            && i % p.features() == 0;
                    rows[t][i] = flag ? (random.nextDouble() < 0.7 ? 1 : 0) : (float) random.nextGaussian();
                }
                inputs.put(t * width, rows[t], 0, width);
            }
            float[] flat = new float[spec.parameters()];
            parameters.copyTo(flat);
            FrozenNetwork.Runner runner = FrozenNetwork.of(spec, flat).runner(servers);
            float[] outputs = new float[spec.outputs(servers)];

            Matrix learnt = Network.of(spec, parameters, servers, STEPS, 1).forward(inputs, STEPS, 1, null);

            for (int t = 0; t < STEPS; t++) {
                runner.step(rows[t], outputs);
                for (int i = 0; i < outputs.length; i++) {
                    assertThat((double) outputs[i]).isCloseTo(learnt.get(t, i), within(1e-5));
                }
            }
        }
    }
}
