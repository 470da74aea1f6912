package io.marllb.agents.qmix;

import java.util.Arrays;

/** Targets of TD(λ) over sequences, computed backwards. */
final class LambdaTargets {

    private LambdaTargets() {}

    /**
     * {@code y(t) = r(t) + γ (1 - terminated(t)) ((1 - λ) V(t+1) + λ y(t+1))}, where behind the last step that counts V alone stands: a record that is
     * cut bootstraps, an episode that terminated does not (Sutton and Barto, 2018, equation 12.18 with the horizon at the cut).
     *
     * @param rewards {@code [time * batch, outputs]}
     * @param terminated {@code [time * batch]}, 1 where nothing follows
     * @param mask {@code [time * batch]}, 1 for steps that count, which come first in each sequence
     * @param next V of the observation after each step, {@code [time * batch, outputs]}
     * @param targets overwritten, {@code [time * batch, outputs]}; 0 where the mask is
     */
    static void backwards(
            float[] rewards,
            float[] terminated,
            float[] mask,
            float[] next,
            int time,
            int batch,
            int outputs,
            double discount,
            double lambda,
            float[] targets) {
        Arrays.fill(targets, 0, time * batch * outputs, 0f);
        for (int row = time * batch - 1; row >= 0; row--) {
            if (mask[row] == 0) {
                continue;
            }
            boolean last = row + batch >= time * batch || mask[row + batch] == 0;
            double factor = discount * (1 - terminated[row]);
            for (int o = 0; o < outputs; o++) {
                int at = row * outputs + o;
                double future = last ? next[at] : (1 - lambda) * next[at] + lambda * targets[at + batch * outputs];
                targets[at] = (float) (rewards[at] + factor * future);
            }
        }
    }
}
