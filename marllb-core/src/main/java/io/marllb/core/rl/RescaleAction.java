package io.marllb.core.rl;

/** Maps actions in one interval, such as [-1, 1] of a tanh, affinely onto the bounds of the inner Box. */
public final class RescaleAction extends ActionWrapper {

    private final float min;
    private final float max;

    /**
     * Wraps an environment.
     *
     * @param inner the environment, all of whose action spaces are Boxes with finite bounds
     * @param min lower end of what comes in
     * @param max upper end of what comes in, {@code > min}
     */
    public RescaleAction(ParallelEnv inner, float min, float max) {
        super(inner, box -> outer(box, min, max));
        this.min = min;
        this.max = max;
    }

    private static Box outer(Box inner, float min, float max) {
        if (!(min < max && min > Float.NEGATIVE_INFINITY && max < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("min must be < max and both finite, but were " + min + " and " + max);
        }
        if (!inner.bounded()) {
            throw new IllegalArgumentException("RescaleAction needs finite bounds, but the action space is " + inner);
        }
        return Box.of(min, max, inner.shape());
    }

    @Override
    float inward(Box space, int i, float x) {
        double share = ((double) x - min) / ((double) max - min);
        float y = (float) (space.low(i) + share * ((double) space.high(i) - space.low(i)));
        return Math.max(space.low(i), Math.min(space.high(i), y));
    }
}
