package io.marllb.core.rl;

/** Accepts any finite action and clips it into the inner Box. */
public final class ClipAction extends ActionWrapper {

    /**
     * Wraps an environment.
     *
     * @param inner the environment, all of whose action spaces are Boxes
     */
    public ClipAction(ParallelEnv inner) {
        super(inner, box -> Box.of(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, box.shape()));
    }

    @Override
    float inward(Box space, int i, float x) {
        return Math.max(space.low(i), Math.min(space.high(i), x));
    }
}
