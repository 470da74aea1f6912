package io.marllb.bench.frozen;

import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.FrozenPolicy;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One decision: a step of the network alone, and the whole policy with codec and heads, sampled call by call. The timer's own cost, about 25 ns,
 * is in every sample; {@link #baseline} shows it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrozenBenchmark {

    private static final int FEATURES = 8; // of the published codec below
    private static final int LEVELS = 3;

    /** Which network: recurrent of hidden 64 or 128 at 8 servers (64 inputs), or per server of hidden 32 at 8 or 64 servers. */
    @Param({"recurrent-64", "recurrent-128", "per-server-32-n8", "per-server-32-n64"})
    private String network;

    private FrozenNetwork.Runner runner;
    private FrozenPolicy policy;
    private FixedObservation observation;
    private double[] policyWeights;
    private float[] inputs;
    private float[] outputs;
    private int i;

    /** Builds the network with random parameters and a policy around it. */
    @Setup
    public void build() {
        int servers = network.endsWith("n64") ? 64 : 8;
        boolean recurrent = network.startsWith("recurrent");
        int hidden = network.equals("recurrent-128") ? 128 : 64;
        NetworkSpec spec = recurrent
                ? new NetworkSpec.Recurrent(FEATURES * servers, List.of(hidden), hidden, List.of(), LEVELS * servers)
                : new NetworkSpec.PerServer(FEATURES, 0, List.of(32), 32, LEVELS, 0);
        RandomGenerator random = Streams.of(1).stream("benchmark");
        float[] flat = new float[spec.parameters()];
        for (int k = 0; k < flat.length; k++) {
            flat[k] = (float) (0.1 * random.nextGaussian());
        }
        String codec = "published:features=active/in-flight/duration-mean/duration-p90/duration-std"
                + "/duration-discounted-mean/duration-discounted-p90:last=weights:actions=original";
        AgentFile agent = AgentFile.of(
                AgentManifest.of("benchmark", spec, Heads.Kind.VALUES, codec, "sed", recurrent ? servers : 0),
                List.of(flat));
        runner = agent.network(0).runner(servers);
        policy = new FrozenPolicy(agent, new PolicySetup(servers, 2, 0, 250_000_000L, 1, Outbox.NONE));
        observation = new FixedObservation(servers);
        policyWeights = new double[servers];
        inputs = new float[spec.inputs(servers)];
        for (int k = 0; k < inputs.length; k++) {
            inputs[k] = (float) random.nextGaussian();
        }
        outputs = new float[spec.outputs(servers)];
    }

    /**
     * Nothing but a changing input.
     *
     * @return a number
     */
    @Benchmark
    public float baseline() {
        inputs[1] = (i++ & 255) * 0.01f;
        return inputs[1];
    }

    /**
     * The network.
     *
     * @return a number that depends on it
     */
    @Benchmark
    public float step() {
        inputs[1] = (i++ & 255) * 0.01f;
        runner.step(inputs, outputs);
        return outputs[0];
    }

    /**
     * Observation to weights.
     *
     * @return a number that depends on it
     */
    @Benchmark
    public double decide() {
        observation.flows = i++ & 255;
        policy.decide(observation, Reports.NONE, policyWeights);
        return policyWeights[0];
    }
}
