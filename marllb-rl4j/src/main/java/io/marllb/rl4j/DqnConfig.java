package io.marllb.rl4j;

import io.marllb.core.check.Checks;

/**
 * What RL4J's DQN takes. Immutable.
 *
 * @param steps environment steps of the training, {@code >= 1}
 * @param discount γ, in [0, 1)
 * @param learningRate of Adam, {@code > 0}
 * @param hidden neurons of each hidden layer, {@code >= 1}
 * @param layers hidden layers, {@code >= 1}
 * @param batch transitions per update, {@code >= 1}
 * @param replay transitions kept, {@code >= batch}
 * @param warmUp steps before the first update, {@code >= 0}
 * @param targetEvery steps between two copies to the target network, {@code >= 1}
 * @param finalEpsilon smallest probability of a random action, in [0, 1]
 * @param epsilonSteps steps until it is reached, {@code >= 1}
 * @param rewardFactor multiplies rewards before learning, {@code > 0}
 */
public record DqnConfig(
        int steps,
        double discount,
        double learningRate,
        int hidden,
        int layers,
        int batch,
        int replay,
        int warmUp,
        int targetEvery,
        double finalEpsilon,
        int epsilonSteps,
        double rewardFactor) {

    private static final int STEPS = 12_000; // what cart-pole takes
    private static final double EXPLORING =
            0.1; // share of the steps in which ε falls (Mnih et al., 2015: 1 of 10 million frames at the start)

    /** Checks everything and reports every violation. */
    public DqnConfig {
        new Checks("DqnConfig")
                .that(steps >= 1, "steps must be >= 1, but was " + steps)
                .that(discount >= 0 && discount < 1, "discount must be in [0, 1), but was " + discount)
                .that(
                        learningRate > 0 && learningRate < Double.POSITIVE_INFINITY,
                        "learningRate must be finite and > 0, but was " + learningRate)
                .that(hidden >= 1, "hidden must be >= 1, but was " + hidden)
                .that(layers >= 1, "layers must be >= 1, but was " + layers)
                .that(batch >= 1, "batch must be >= 1, but was " + batch)
                .that(replay >= batch, "replay must be >= batch, but was " + replay)
                .that(warmUp >= 0, "warmUp must be >= 0, but was " + warmUp)
                .that(targetEvery >= 1, "targetEvery must be >= 1, but was " + targetEvery)
                .that(finalEpsilon >= 0 && finalEpsilon <= 1, "finalEpsilon must be in [0, 1], but was " + finalEpsilon)
                .that(epsilonSteps >= 1, "epsilonSteps must be >= 1, but was " + epsilonSteps)
                .that(
                        rewardFactor > 0 && rewardFactor < Double.POSITIVE_INFINITY,
                        "rewardFactor must be finite and > 0, but was " + rewardFactor)
                .throwIfAny();
    }

    /**
     * Settings under which this DQN learns cart-pole: two layers of 48, batches of 64, γ 0.99, Adam at 0.001, double Q, ε to 0.05 within a tenth
     * of 12,000 steps.
     *
     * @return the defaults
     */
    public static DqnConfig defaults() {
        return new DqnConfig(STEPS, 0.99, 1e-3, 48, 2, 64, 50_000, 100, 200, 0.05, (int) (STEPS * EXPLORING), 1)
                .withSteps(STEPS);
    }

    /**
     * The same for another length; ε falls within a tenth of it.
     *
     * @param newSteps environment steps of the training
     * @return a copy
     */
    public DqnConfig withSteps(int newSteps) {
        return new DqnConfig(
                newSteps,
                discount,
                learningRate,
                hidden,
                layers,
                batch,
                replay,
                warmUp,
                targetEvery,
                finalEpsilon,
                Math.max(1, (int) (newSteps * EXPLORING)),
                rewardFactor);
    }
}
