package io.marllb.bench.training;

import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.RunningMoments;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.Wrapper;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.InputScaling;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The state in units of its own deviation, by moments that were measured once and never change: flows, capacities, seconds and weights differ by
 * factors of hundreds, and mixers that see them raw diverge. Only training sees states, so no agent needs to know.
 */
final class ScaledState extends Wrapper {

    private static final int EPISODES = 3; // to measure: of a minute each, and of random clusters three different ones
    private static final double CONSTANT = 1e-12; // a variance of rounding only

    private final Supplier<InputScaling> moments;
    private InputScaling
            scaling; // asked for with the first state: most learners want none, and measuring takes seconds

    ScaledState(ParallelEnv inner, Supplier<InputScaling> moments) {
        super(inner);
        this.moments = moments;
    }

    @Override
    public Box stateSpace() {
        return Box.of(
                -InputScaling.CLIP, InputScaling.CLIP, inner().stateSpace().shape());
    }

    @Override
    public void state(float[] into) {
        inner().state(into);
        if (scaling == null) {
            scaling = moments.get();
        }
        scaling.apply(into);
    }

    /** Measures under uniform actions, always the same. What never changes is divided by its size instead. */
    static InputScaling measure(Supplier<ParallelEnv> environments) {
        try (ParallelEnv env = environments.get()) {
            RunningMoments moments = new RunningMoments(env.stateSpace().size());
            RandomGenerator random = Streams.of(0).stream("state scaling");
            StepResult result = StepResult.of(env);
            float[][] actions = new float[env.possibleAgents().size()][];
            float[] state = new float[env.stateSpace().size()];
            for (int e = 0; e < EPISODES; e++) {
                env.reset(OptionalLong.of(e), result);
                while (!env.agents().isEmpty()) {
                    for (AgentId a : env.possibleAgents()) {
                        actions[a.index()] = env.actionSpace(a).sample(random);
                    }
                    env.step(actions, result);
                    env.state(state);
                    moments.add(state);
                }
            }
            float[] mean = new float[moments.features()];
            float[] scale = new float[mean.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = (float) moments.mean(i);
                double size = moments.variance(i) > CONSTANT
                        ? Math.sqrt(moments.variance(i))
                        : Math.max(1, Math.abs(moments.mean(i)));
                scale[i] = (float) (1 / size);
            }
            return InputScaling.of(mean, scale);
        }
    }
}
