package io.marllb.agents.nn;

import java.util.Arrays;

/**
 * Adam (Kingma and Ba, 2015, algorithm 1: ε is added behind the correction of the second moment, as PyTorch does) over one set of parameters, with
 * clipping by the global norm first. One pass over the flat arrays, which are ND4J's. Not thread-safe.
 */
public final class Adam {

    /** Decay of the first moment: the paper's. */
    private static final double BETA1 = 0.9;

    /** Decay of the second moment: the paper's. */
    private static final double BETA2 = 0.999;

    /** Elements that are worked on together, in plain arrays that fit the first-level cache; see {@link Tile}. */
    private static final int TILE = 1024;

    private final Parameters parameters;
    private final double epsilon;
    private final double maxNorm;
    private final Matrix state; // [1, 2 count]: first moments, then second
    private final float[] g = new float[TILE];
    private final float[] m = new float[TILE];
    private final float[] v = new float[TILE];
    private final float[] p = new float[TILE];
    private final float[] zeros = new float[TILE];
    private double learningRate;
    private int steps;

    /**
     * An optimiser.
     *
     * @param parameters what it changes
     * @param learningRate step size, {@code > 0}
     * @param epsilon added to the root of the second moment, {@code > 0}
     * @param maxNorm largest norm of the gradient, {@code > 0}; what is larger is scaled down; infinity for no clipping
     */
    public Adam(Parameters parameters, double learningRate, double epsilon, double maxNorm) {
        if (!(learningRate > 0 && epsilon > 0 && maxNorm > 0)) {
            throw new IllegalArgumentException("learning rate, epsilon and largest norm must be > 0, but were "
                    + learningRate + ", " + epsilon + " and " + maxNorm);
        }
        this.parameters = parameters;
        this.learningRate = learningRate;
        this.epsilon = epsilon;
        this.maxNorm = maxNorm;
        state = Matrix.zeros(1, 2 * parameters.count());
    }

    /**
     * One step down the gradients, which are then cleared.
     *
     * @return the norm of the gradient before clipping; NaN or infinite if the update must not be trusted (nothing has changed then)
     */
    public double step() {
        double norm = norm();
        if (!(norm < Double.POSITIVE_INFINITY)) {
            return norm;
        }
        steps++;
        double scale = norm > maxNorm ? maxNorm / norm : 1;
        // p -= rate m / (root(v) / root(1 - β2^t) + ε), with everything that does not differ between elements taken
        // together.
        double root = Math.sqrt(1 - StrictMath.pow(BETA2, steps));
        float rate = (float) (learningRate * root / (1 - StrictMath.pow(BETA1, steps)));
        float floor = (float) (epsilon * root);
        Matrix gradients = parameters.gradients();
        Matrix values = parameters.values();
        int count = parameters.count();
        for (int at = 0; at < count; at += TILE) {
            int size = Math.min(TILE, count - at);
            gradients.get(at, g, 0, size);
            state.get(at, m, 0, size);
            state.get(count + at, v, 0, size);
            values.get(at, p, 0, size);
            moments(g, (float) scale, m, v, size);
            move(m, v, rate, floor, p, size);
            state.put(at, m, 0, size);
            state.put(count + at, v, 0, size);
            values.put(at, p, 0, size);
            gradients.put(at, zeros, 0, size);
        }
        return norm;
    }

    private static void moments(float[] g, float scale, float[] m, float[] v, int count) {
        for (int i = 0; i < count; i++) {
            float d = scale * g[i];
            m[i] = (float) BETA1 * m[i] + (float) (1 - BETA1) * d;
            v[i] = (float) BETA2 * v[i] + (float) (1 - BETA2) * d * d;
        }
    }

    private static void move(float[] m, float[] v, float rate, float floor, float[] p, int count) {
        for (int i = 0; i < count; i++) {
            p[i] -= rate * m[i] / ((float) Math.sqrt(v[i]) + floor);
        }
    }

    /** Sums of squares side by side, so that none waits for another, and these in doubles. */
    private double norm() {
        float[] sums = p;
        Arrays.fill(sums, 0);
        int count = parameters.count();
        for (int at = 0; at < count; at += TILE) {
            int size = Math.min(TILE, count - at);
            parameters.gradients().get(at, g, 0, size);
            for (int i = 0; i < size; i++) {
                sums[i] += g[i] * g[i];
            }
        }
        double sum = 0;
        for (float x : sums) {
            sum += x;
        }
        return Math.sqrt(sum);
    }

    /**
     * Changes the step size from the next step on.
     *
     * @param rate {@code > 0}
     */
    public void learningRate(double rate) {
        if (!(rate > 0)) {
            throw new IllegalArgumentException("learning rate must be > 0, but was " + rate);
        }
        learningRate = rate;
    }

    /**
     * Its moments, to keep and to restore.
     *
     * @return {@code [1, 2 count]}
     */
    public Matrix state() {
        return state;
    }

    /**
     * Steps made so far.
     *
     * @return count
     */
    public int steps() {
        return steps;
    }

    /**
     * Continues after a restore of {@link #state}.
     *
     * @param count steps made so far, {@code >= 0}
     */
    public void restore(int count) {
        steps = count;
    }
}
