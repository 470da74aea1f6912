package io.marllb.policies.frozen;

import io.marllb.core.Observation;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.rl.Space;

/**
 * How a trained agent sees and acts, the same in training and in serving: a balancer's observation becomes a row of inputs, an action becomes
 * weights and a bias. One per balancer; keeps running estimates; not thread-safe; allocates nothing once built.
 *
 * <p>Order of calls each interval: {@link #observe}, then {@link #act}.
 */
public interface Codec {

    /**
     * Number of inputs.
     *
     * @return the length of a row of {@link #observe}
     */
    int inputs();

    /**
     * What the agent chooses from: a MultiDiscrete of levels, or a Box of [-1, 1].
     *
     * @return constant
     */
    Space actionSpace();

    /**
     * The bias before the first action: that of the neutral action, so that an agent which always chooses it is the hand-made policy from the first
     * flow on. Weights are 1 until then.
     *
     * @return as of {@link #act}; NaN, the default, leaves the rule its own
     */
    default double startBias() {
        return Double.NaN;
    }

    /** Forgets everything that it learnt from past observations and actions. */
    void reset();

    /**
     * The inputs at the end of an interval.
     *
     * @param observation what the balancer knows, borrowed
     * @param reports the servers' latest reports, borrowed; {@link Reports#NONE} unless asked for
     * @param inputs overwritten, {@code [inputs]}, finite
     */
    void observe(Observation observation, Reports reports, float[] inputs);

    /**
     * What an action means after the last {@link #observe}.
     *
     * @param action an element of {@link #actionSpace}
     * @param weights overwritten, {@code [servers]}, each finite and {@code > 0}
     * @return the bias b of {@code argmin (q + b) / w}, finite and {@code >= 0}; NaN leaves the rule's own ({@link View#bias})
     */
    double act(float[] action, double[] weights);
}
