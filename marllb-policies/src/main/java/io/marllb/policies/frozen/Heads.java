package io.marllb.policies.frozen;

import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.Space;
import io.marllb.core.rng.Normal;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * How a network's outputs become an action. Immutable and thread-safe.
 *
 * <p>For a Discrete or MultiDiscrete space the outputs are one block per head, a value per level. For a Box of [-1, 1] they are a mean and a
 * logarithm of a standard deviation per entry, side by side, and the action is the hyperbolic tangent of a normal draw.
 */
public final class Heads {

    /** What the outputs are. */
    public enum Kind {
        /** Logits of a softmax per head. */
        SOFTMAX,
        /** Values of the levels; the best is taken, or with probability ε any. */
        VALUES,
        /** Mean and log standard deviation of a squashed normal. */
        GAUSSIAN
    }

    /** Smallest log standard deviation; what is below counts as this (Haarnoja et al., 2018, their code). */
    public static final double LOG_STD_MIN = -20;

    /** Largest log standard deviation. */
    public static final double LOG_STD_MAX = 2;

    private final Kind kind;
    private final int[] levels; // [heads]; null for GAUSSIAN
    private final int actionSize;
    private final int outputs;

    private Heads(Kind kind, int[] levels, int actionSize, int outputs) {
        this.kind = kind;
        this.levels = levels;
        this.actionSize = actionSize;
        this.outputs = outputs;
    }

    /**
     * Heads for a space.
     *
     * @param kind what the outputs are
     * @param space Discrete or MultiDiscrete for {@link Kind#SOFTMAX} and {@link Kind#VALUES}; a Box of [-1, 1] for {@link Kind#GAUSSIAN}
     * @return the heads
     * @throws IllegalArgumentException if kind and space do not fit
     */
    public static Heads of(Kind kind, Space space) {
        Objects.requireNonNull(kind, "kind");
        if (kind == Kind.GAUSSIAN) {
            if (!(space instanceof Box box)) {
                throw new IllegalArgumentException("a Gaussian needs a Box of actions, but the space is " + space);
            }
            return new Heads(kind, null, box.size(), 2 * box.size());
        }
        int[] levels;
        if (space instanceof Discrete discrete) {
            levels = new int[] {discrete.n()};
        } else if (space instanceof MultiDiscrete multi) {
            levels = new int[multi.size()];
            for (int h = 0; h < levels.length; h++) {
                levels[h] = multi.count(h);
            }
        } else {
            throw new IllegalArgumentException(
                    kind + " needs Discrete or MultiDiscrete actions, but the space is " + space);
        }
        int sum = 0;
        for (int k : levels) {
            sum += k;
        }
        return new Heads(kind, levels, levels.length, sum);
    }

    /**
     * What the outputs are.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Number of entries of an action: heads, or dimensions of the Box.
     *
     * @return {@code >= 1}
     */
    public int actionSize() {
        return actionSize;
    }

    /**
     * Number of outputs that the network must have.
     *
     * @return sum of the levels, or twice the dimensions
     */
    public int outputs() {
        return outputs;
    }

    /**
     * Number of levels of a head.
     *
     * @param head index in {@code [0, actionSize)}
     * @return {@code >= 1}
     * @throws IllegalStateException for a Gaussian
     */
    public int levels(int head) {
        if (levels == null) {
            throw new IllegalStateException("a Gaussian has no levels");
        }
        return levels[head];
    }

    /**
     * The best action: the largest output of each head (the first of equals), or the squashed mean.
     *
     * @param values what the network gave, {@code [outputs]}
     * @param action overwritten, {@code [actionSize]}
     */
    public void greedy(float[] values, float[] action) {
        if (kind == Kind.GAUSSIAN) {
            for (int i = 0; i < actionSize; i++) {
                action[i] = (float) StrictMath.tanh(values[2 * i]);
            }
            return;
        }
        int from = 0;
        for (int h = 0; h < actionSize; h++) {
            action[h] = best(values, from, levels[h]);
            from += levels[h];
        }
    }

    private static int best(float[] values, int from, int count) {
        int best = 0;
        for (int k = 1; k < count; k++) {
            if (values[from + k] > values[from + best]) {
                best = k;
            }
        }
        return best;
    }

    /**
     * An action to explore with: drawn from the softmax or the normal; of values the best, or each head with probability ε any level.
     *
     * @param values what the network gave, {@code [outputs]}
     * @param random where draws come from
     * @param epsilon ε in [0, 1], for {@link Kind#VALUES} only
     * @param action overwritten, {@code [actionSize]}
     */
    public void sample(float[] values, RandomGenerator random, double epsilon, float[] action) {
        int from = 0;
        for (int h = 0; h < actionSize; h++) {
            switch (kind) {
                case GAUSSIAN -> {
                    double logStd = Math.min(Math.max(values[2 * h + 1], LOG_STD_MIN), LOG_STD_MAX);
                    double u = values[2 * h] + StrictMath.exp(logStd) * Normal.sample(random);
                    action[h] = (float) StrictMath.tanh(u);
                }
                case VALUES -> {
                    boolean explore = random.nextDouble() < epsilon;
                    action[h] = explore ? random.nextInt(levels[h]) : best(values, from, levels[h]);
                    from += levels[h];
                }
                case SOFTMAX -> {
                    action[h] = draw(values, from, levels[h], random.nextDouble());
                    from += levels[h];
                }
            }
        }
    }

    private static int draw(float[] logits, int from, int count, double uniform) {
        double max = logits[from + best(logits, from, count)];
        double sum = 0;
        for (int k = 0; k < count; k++) {
            sum += StrictMath.exp(logits[from + k] - max);
        }
        double left = uniform * sum;
        for (int k = 0; k < count - 1; k++) {
            left -= StrictMath.exp(logits[from + k] - max);
            if (left < 0) {
                return k;
            }
        }
        return count - 1;
    }
}
