package io.marllb.core.rl;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Shifts and scales observations to mean 0 and variance 1 by running moments, clipped. Every observation that comes out updates the moments
 * first, until {@link #freeze}, so the same seed gives other numbers later. {@link #state} stays as it is. Save {@link #moments} with the model, and restore them for serving.
 */
public final class NormalizeObservation extends Wrapper {

    /** Added to the variance, as in Gymnasium. */
    private static final double EPSILON = 1e-8;

    private final List<RunningMoments> moments; // by agent; the same object for all when shared
    private final float clip;
    private boolean frozen;

    private NormalizeObservation(ParallelEnv inner, List<RunningMoments> moments, float clip) {
        super(inner);
        if (!(clip > 0)) {
            throw new IllegalArgumentException("clip must be > 0 (Infinity for none), but was " + clip);
        }
        this.moments = moments;
        this.clip = clip;
    }

    /**
     * One set of moments for all agents: for agents of one kind, whose observations mean the same.
     *
     * @param inner the environment; all observation spaces have the same size
     * @param clip largest magnitude that comes out, {@code > 0}; 10 is usual, Infinity for none
     * @return the wrapped environment
     */
    public static NormalizeObservation shared(ParallelEnv inner, float clip) {
        int size = inner.observationSpace(inner.possibleAgents().get(0)).size();
        RunningMoments one = new RunningMoments(size);
        List<RunningMoments> all = new ArrayList<>();
        for (AgentId a : inner.possibleAgents()) {
            if (inner.observationSpace(a).size() != size) {
                throw new IllegalArgumentException(
                        a.name() + " observes " + inner.observationSpace(a).size() + " features, but the first agent "
                                + size + "; use perAgent");
            }
            all.add(one);
        }
        return new NormalizeObservation(inner, all, clip);
    }

    /**
     * Own moments for every agent.
     *
     * @param inner the environment
     * @param clip largest magnitude that comes out, {@code > 0}; 10 is usual, Infinity for none
     * @return the wrapped environment
     */
    public static NormalizeObservation perAgent(ParallelEnv inner, float clip) {
        List<RunningMoments> all = new ArrayList<>();
        for (AgentId a : inner.possibleAgents()) {
            all.add(new RunningMoments(inner.observationSpace(a).size()));
        }
        return new NormalizeObservation(inner, all, clip);
    }

    /**
     * The moments in use, to be saved.
     *
     * @param agent index
     * @return a copy
     */
    public RunningMoments moments(int agent) {
        return moments.get(agent).copy();
    }

    /**
     * Takes over saved moments; with {@link #shared} for all agents.
     *
     * @param agent index
     * @param saved with the agent's number of features
     */
    public void restore(int agent, RunningMoments saved) {
        RunningMoments old = moments.get(agent);
        if (saved.features() != old.features()) {
            throw new IllegalArgumentException(
                    "saved moments have " + saved.features() + " features, but " + name() + " has " + old.features());
        }
        RunningMoments fresh = saved.copy();
        moments.replaceAll(m -> m == old ? fresh : m);
    }

    /** From now on the moments stay as they are, for evaluation. */
    public void freeze() {
        frozen = true;
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return Box.of(-clip, clip, inner().observationSpace(agent).shape());
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, into);
        normalize(inner().agents(), into);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        List<AgentId> live = inner().agents();
        inner().step(actions, into);
        normalize(live, into);
    }

    private void normalize(List<AgentId> live, StepResult result) {
        for (int k = 0; k < live.size(); k++) {
            int agent = live.get(k).index();
            RunningMoments m = moments.get(agent);
            float[] o = result.observation(agent);
            if (!frozen) {
                m.add(o);
            }
            for (int i = 0; i < o.length; i++) {
                double z = (o[i] - m.mean(i)) / Math.sqrt(m.variance(i) + EPSILON);
                o[i] = (float) Math.max(-clip, Math.min(clip, z));
            }
        }
    }
}
