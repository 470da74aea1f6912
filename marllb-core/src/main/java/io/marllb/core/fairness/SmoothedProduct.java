package io.marllb.core.fairness;

import io.marllb.core.check.Checks;
import java.util.Arrays;

/**
 * The paper's reward: the product fairness of loads that are smoothed over two steps.
 *
 * <p>Yao et al. (2022), arXiv:2201.11727, eq. 18: {@code r_1 = F(τ_1)} and {@code r_(t+1) = F((1 - γ) τ_t + γ τ_(t+1))}, with F of
 * {@link Fairness#PRODUCT} and γ = 0.9. The mix is of the last two measurements, not recursive. A load of NaN means that a server takes no
 * part (drained, or without a sample yet); on its return it starts as in the first step. Not thread-safe; {@link #next} does not allocate.
 */
public final class SmoothedProduct {

    /** γ of the paper. */
    public static final double PAPER_GAMMA = 0.9;

    private final double gamma;
    private final double[] last; // [servers], NaN while a server has no previous load
    private final double[] mixed; // [servers], the active ones in front

    /**
     * Starts before the first step.
     *
     * @param servers number of server slots, {@code >= 1}
     * @param gamma weight of the newer load, in (0, 1]
     */
    public SmoothedProduct(int servers, double gamma) {
        new Checks("SmoothedProduct")
                .atLeast("servers", servers, 1)
                .that(gamma > 0 && gamma <= 1, "gamma must be in (0, 1], but was " + gamma)
                .throwIfAny();
        this.gamma = gamma;
        last = new double[servers];
        mixed = new double[servers];
        reset();
    }

    /** Forgets the last step. */
    public void reset() {
        Arrays.fill(last, Double.NaN);
    }

    /**
     * The reward of the next step.
     *
     * @param loads {@code [servers]}, each finite and {@code >= 0}, or NaN for a server that takes no part
     * @return F of the smoothed loads, in [0, 1]; 1 if no server takes part
     * @throws IllegalArgumentException if a load is negative or infinite, or the length differs
     */
    public double next(double[] loads) {
        if (loads.length != last.length) {
            throw new IllegalArgumentException(
                    "loads has " + loads.length + " entries, but there are " + last.length + " servers");
        }
        int active = 0;
        for (int i = 0; i < loads.length; i++) {
            if (!Double.isNaN(loads[i])) {
                Fairness.requireLoad(loads[i], i);
                mixed[active] = Double.isNaN(last[i]) ? loads[i] : (1 - gamma) * last[i] + gamma * loads[i];
                active++;
            }
        }
        double reward = Fairness.PRODUCT.of(mixed, active);
        System.arraycopy(loads, 0, last, 0, last.length);
        return reward;
    }
}
