package io.marllb.core.rl;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * Divides rewards by the running standard deviation of the discounted return, without shifting them, as Gymnasium and SB3 do. All agents
 * share one scale, so a team reward stays one.
 */
public final class NormalizeReward extends Wrapper {

    private static final double EPSILON = 1e-8;

    private final double discount;
    private final double[] discountedReturns; // by agent
    private RunningMoments moments = new RunningMoments(1);
    private boolean frozen;

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     * @param discount γ of the return whose deviation is the unit, in [0, 1)
     */
    public NormalizeReward(ParallelEnv inner, double discount) {
        super(inner);
        if (!(discount >= 0 && discount < 1)) {
            throw new IllegalArgumentException("discount must be in [0, 1), but was " + discount);
        }
        this.discount = discount;
        this.discountedReturns = new double[inner.possibleAgents().size()];
    }

    /**
     * The moments of the discounted return, to be saved.
     *
     * @return a copy, one feature
     */
    public RunningMoments moments() {
        return moments.copy();
    }

    /**
     * Takes over saved moments.
     *
     * @param saved one feature
     */
    public void restore(RunningMoments saved) {
        if (saved.features() != 1) {
            throw new IllegalArgumentException("saved moments must have 1 feature, but have " + saved.features());
        }
        moments = saved.copy();
    }

    /** From now on the scale stays as it is. */
    public void freeze() {
        frozen = true;
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, into);
        Arrays.fill(discountedReturns, 0);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        List<AgentId> live = inner().agents();
        inner().step(actions, into);
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            discountedReturns[a] = discountedReturns[a] * discount + into.reward(a);
            if (!frozen) {
                moments.add(discountedReturns[a]);
            }
        }
        double unit = Math.sqrt(moments.variance(0) + EPSILON);
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            into.set(a, into.reward(a) / unit, into.terminated(a), into.truncated(a));
        }
    }
}
