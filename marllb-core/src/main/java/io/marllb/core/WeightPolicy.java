package io.marllb.core;

import java.util.EnumSet;

/**
 * The slow loop: gives every server a weight, once per control interval (250 ms).
 *
 * <p>Budget 1 ms; may run a neural network. State belongs to the policy and is advanced only by {@link #decide}, in one thread. The host
 * validates what comes out: anything that is not finite, is negative, or sums to 0 over the active servers counts as invalid, and the host
 * uses equal weights instead; so it does until the next decision when all servers that got a weight have gone.
 */
public interface WeightPolicy {

    /**
     * Writes the weights for the next interval.
     *
     * @param observation what the balancer knows, borrowed
     * @param reports the servers' latest reports, borrowed; {@link Reports#NONE} unless {@link Need#REPORT} is declared
     * @param weights the weights in force, {@code [n]}; overwritten by the new ones, each finite and {@code >= 0}
     */
    void decide(Observation observation, Reports reports, double[] weights);

    /**
     * Weights before the first interval ends.
     *
     * @param view the balancer's view (for static weights)
     * @param weights overwritten, {@code [n]}; all 1 by default
     */
    default void start(View view, double[] weights) {
        java.util.Arrays.fill(weights, 1.0);
    }

    /**
     * The bias b of rules of the form {@code argmin (q + b) / w}, decided together with the weights: the host reads it after {@link #start} and
     * after each {@link #decide}, and shows it as {@link View#bias}. Rules of another form ignore it. One that is negative or infinite is invalid
     * and is ignored, as is any that comes with invalid weights.
     *
     * @return finite and {@code >= 0}; NaN, the default, leaves the rule its own
     */
    default double bias() {
        return Double.NaN;
    }

    /**
     * Whether {@link #decide} may be left out, since it would always leave the weights of {@link #start} in force.
     *
     * @return true for constant weights
     */
    default boolean isStatic() {
        return false;
    }

    /**
     * What the policy must be given; constant.
     *
     * @return a new set
     */
    default EnumSet<Need> needs() {
        return EnumSet.noneOf(Need.class);
    }
}
