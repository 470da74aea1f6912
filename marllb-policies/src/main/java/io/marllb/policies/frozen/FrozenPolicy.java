package io.marllb.policies.frozen;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * A trained agent that serves: a balancer's observation, through the codec, the network and the best action of its heads, becomes weights and a
 * bias. It never explores. Decides in microseconds and allocates nothing while it does.
 */
public final class FrozenPolicy implements WeightPolicy {

    private final EnumSet<Need> needs;
    private final Codec codec;
    private final InputScaling scaling; // null for none
    private final FrozenNetwork.Runner runner;
    private final Heads heads;
    private final float[] inputs;
    private final float[] outputs;
    private final float[] action;
    private double bias = Double.NaN;

    /**
     * A policy for one balancer, with nothing seen yet.
     *
     * @param agent what was trained
     * @param setup the place it is built for
     * @throws IllegalArgumentException if the agent was made for another number of servers or balancers, or for something else
     */
    public FrozenPolicy(AgentFile agent, PolicySetup setup) {
        AgentManifest manifest = agent.manifest();
        manifest.checkServes(setup);
        CodecSpec spec = Codecs.parse(manifest.codec());
        needs = spec.needs();
        codec = spec.create(setup.servers(), setup.balancers(), setup.intervalNanos());
        scaling = agent.scaling().orElse(null);
        runner = agent.network(manifest.actors() == 1 ? 0 : setup.balancer()).runner(setup.servers());
        heads = Heads.of(manifest.heads(), codec.actionSpace());
        inputs = new float[codec.inputs()];
        outputs = new float[heads.outputs()];
        action = new float[heads.actionSize()];
    }

    @Override
    public void start(View view, double[] weights) {
        Arrays.fill(weights, 1);
        bias = codec.startBias();
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        codec.observe(observation, reports, inputs);
        if (scaling != null) {
            scaling.apply(inputs);
        }
        runner.step(inputs, outputs);
        heads.greedy(outputs, action);
        bias = codec.act(action, weights);
    }

    /**
     * What the network was given for the last decision, after scaling.
     *
     * @return {@code [inputs]}, borrowed, zeros before the first decision
     */
    public float[] lastInputs() {
        return inputs;
    }

    /**
     * The action of the last decision, as a learner would record it.
     *
     * @return {@code [action size]}, borrowed, zeros before the first decision
     */
    public float[] lastAction() {
        return action;
    }

    @Override
    public double bias() {
        return bias;
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.copyOf(needs);
    }
}
