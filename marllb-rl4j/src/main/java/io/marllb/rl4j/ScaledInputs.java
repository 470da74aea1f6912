package io.marllb.rl4j;

import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.RunningMoments;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.Wrapper;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.InputScaling;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** An environment of one agent with observations scaled by numbers that stay the same: what training sees is what serving will see. */
final class ScaledInputs extends Wrapper {

    private final InputScaling scaling;

    ScaledInputs(ParallelEnv inner, InputScaling scaling) {
        super(inner);
        this.scaling = scaling;
    }

    /** To mean 0 and variance 1 of what one episode of random play shows. */
    static InputScaling measure(ParallelEnv env, long seed) {
        AgentId agent = env.possibleAgents().get(0);
        RunningMoments moments = new RunningMoments(env.observationSpace(agent).size());
        RandomGenerator random = Streams.of(seed).stream("rl4j.scaling");
        Space actions = env.actionSpace(agent);
        StepResult result = env.reset(Streams.of(seed).seed("rl4j.scaling", 0));
        float[][] action = new float[1][actions.size()];
        while (!env.agents().isEmpty()) {
            actions.sample(random, action[0]);
            env.step(action, result);
            moments.add(result.observation());
        }
        return InputScaling.standard(moments.mean(), moments.variance());
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return Box.of(-InputScaling.CLIP, InputScaling.CLIP, scaling.size());
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        super.reset(seed, into);
        scaling.apply(into.observation());
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        super.step(actions, into);
        scaling.apply(into.observation());
    }
}
