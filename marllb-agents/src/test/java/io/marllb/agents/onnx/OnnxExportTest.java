package io.marllb.agents.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.InputScaling;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes what the frozen network computes, over sequences: two implementations that share nothing. */
class OnnxExportTest {

    /** ONNX Runtime's tanh and sums in another order; our tanh is a rational approximation. */
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path folder;

    static Stream<NetworkSpec> specs() {
        return Stream.of(
                new NetworkSpec.Recurrent(5, List.of(7), 0, List.of(3, 9), 2),
                new NetworkSpec.Recurrent(11, List.of(), 6, List.of(), 4),
                new NetworkSpec.Recurrent(64, List.of(64), 64, List.of(16), 32),
                new NetworkSpec.PerServer(3, 0, List.of(5), 0, 2, 0),
                new NetworkSpec.PerServer(3, 2, List.of(5, 7), 9, 2, 3),
                new NetworkSpec.PerServer(13, 4, List.of(32), 32, 2, 1),
                new NetworkSpec.PerServer(2, 1, List.of(4), 8, 0, 6));
    }

    private static AgentFile agent(NetworkSpec spec) {
        RandomGenerator random = Streams.of(5).stream("parameters");
        float[] flat = new float[spec.parameters()];
        for (NetworkSpec.Tensor t : spec.tensors()) {
            for (int i = t.offset(); i < t.end(); i++) {
                flat[i] = (float) (random.nextGaussian() * (t.rows() == 1 ? 0.3 : 1.2 / Math.sqrt(t.rows())));
            }
        }
        int servers = spec instanceof NetworkSpec.Recurrent ? 1 : 0;
        return AgentFile.of(AgentManifest.of("qmix", spec, Heads.Kind.VALUES, "", "", servers), List.of(flat));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void computesTheSameOutputsOverASequence(NetworkSpec spec) throws IOException, OrtException {
        AgentFile agent = agent(spec);
        Path path = folder.resolve("actor.onnx");
        OnnxExport.write(agent, 0, path);

        for (int servers : new int[] {1, 2, 8}) {
            compare(agent, path, servers, null);
        }
    }

    @Test
    void holdsTheInputScaling() throws IOException, OrtException {
        NetworkSpec spec = new NetworkSpec.Recurrent(3, List.of(4), 5, List.of(), 2);
        InputScaling scaling = InputScaling.of(new float[] {1, -2, 0}, new float[] {0.5f, 2, 1000});
        AgentFile agent = agent(spec).withScaling(scaling);
        Path path = folder.resolve("scaled.onnx");
        OnnxExport.write(agent, 0, path);

        compare(agent, path, 1, scaling);
    }

    @Test
    void writesTheSameBytesAgain() throws IOException {
        AgentFile agent = agent(new NetworkSpec.PerServer(3, 2, List.of(5, 7), 9, 2, 3));
        OnnxExport.write(agent, 0, folder.resolve("a.onnx"));

        assertThat(Files.readAllBytes(folder.resolve("a.onnx"))).isEqualTo(OnnxExport.model(agent, 0));
    }

    private static void compare(AgentFile agent, Path path, int servers, InputScaling scaling) throws OrtException {
        NetworkSpec spec = agent.manifest().network();
        FrozenNetwork.Runner runner = agent.network(0).runner(servers);
        RandomGenerator random = Streams.of(6).stream("inputs");
        float[] outputs = new float[spec.outputs(servers)];
        float[] state = new float[spec.stateSize(servers)];
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            try (OrtSession session = environment.createSession(path.toString(), options)) {
                for (int t = 0; t < 10; t++) {
                    float[] inputs = inputs(spec, servers, random);
                    Map<String, OnnxTensor> feed = new HashMap<>();
                    feed.put("inputs", OnnxTensor.createTensor(environment, new float[][] {inputs}));
                    if (state.length > 0) {
                        feed.put("state", OnnxTensor.createTensor(environment, new float[][] {state}));
                    }
                    float[] own = inputs.clone();
                    if (scaling != null) {
                        scaling.apply(own);
                    }
                    runner.step(own, outputs);
                    try (OrtSession.Result result = session.run(feed)) {
                        close(
                                outputs,
                                ((float[][]) result.get("outputs").orElseThrow().getValue())[0]);
                        if (state.length > 0) {
                            state = ((float[][]) result.get("next_state")
                                            .orElseThrow()
                                            .getValue())
                                    [0];
                            close(runner.state(), state);
                        }
                    }
                    feed.values().forEach(OnnxTensor::close);
                }
            }
        }
    }

    private static float[] inputs(NetworkSpec spec, int servers, RandomGenerator random) {
        float[] inputs = new float[spec.inputs(servers)];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = (float) random.nextGaussian();
        }
        if (spec instanceof NetworkSpec.PerServer p) {
            for (int j = 0; j < servers; j++) {
                inputs[j * p.features()] = random.nextDouble() < 0.7 ? 1 : 0;
            }
        }
        return inputs;
    }

    private static void close(float[] expected, float[] actual) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat((double) actual[i]).isCloseTo(expected[i], within(TOLERANCE * (1 + Math.abs(expected[i]))));
        }
        assertThat(Arrays.equals(expected, new float[expected.length])).isFalse();
    }
}
