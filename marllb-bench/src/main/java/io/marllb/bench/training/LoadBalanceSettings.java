package io.marllb.bench.training;

import io.marllb.agents.train.Algorithm;
import io.marllb.core.check.Checks;

/**
 * How load balancing becomes a problem to learn; texts as {@link io.marllb.env.Environments} reads them. Immutable.
 *
 * @param codec what the agent sees and how its actions become weights, such as {@code relative}
 * @param rule the fast path that uses the weights
 * @param reward what the agent is paid for
 * @param rewardFeature what a fairness reward compares between servers
 * @param sharing whether balancers share rewards: own, mean or pooled
 * @param horizon control intervals of an episode
 */
public record LoadBalanceSettings(
        String codec, String rule, String reward, String rewardFeature, String sharing, int horizon) {

    private static final String DISCOUNTED = "duration-discounted-mean";

    /** 60 s of 250 ms: an episode of the paper. */
    private static final int PAPER_HORIZON = 240;

    /** Steps of an episode of the re-implementation. */
    private static final int SEED_HORIZON = 100;

    /** Checks what environments do not. */
    public LoadBalanceSettings {
        new Checks("LoadBalanceSettings")
                .atLeast("horizon", horizon, 1)
                .that(
                        !codec.equals("none"),
                        "codec must not be none, since the trained agent serves by it; use published or relative")
                .throwIfAny();
    }

    /**
     * What belongs to a preset of an algorithm.
     *
     * @param algorithm which learner
     * @param preset one of {@link Algorithm#PRESETS}
     * @return the settings
     */
    public static LoadBalanceSettings of(Algorithm algorithm, String preset) {
        boolean values = algorithm.valueBased();
        String last = values ? "one-hot" : "weights";
        // QMIX is paid as a team, independent agents each for what they see: marllb.md 1.3, 1.8, of the paper and of
        // the original program
        return switch (preset) {
            case "paper" ->
                new LoadBalanceSettings(
                        "published:last=" + last + ":actions=levels",
                        "sed",
                        "smoothed-product",
                        DISCOUNTED,
                        values ? "mean" : "own",
                        PAPER_HORIZON);
            case "original" ->
                new LoadBalanceSettings(
                        "published:last=" + last + ":actions=original",
                        "sed",
                        values ? "variance-exp" : "variance", // the programs' defaults on the command line
                        DISCOUNTED,
                        values ? "pooled" : "own",
                        PAPER_HORIZON);
            case "seed" ->
                new LoadBalanceSettings(
                        "published:features=in-flight/fct-mean/fct-p90/fct-std/fct-discounted-mean/fct-discounted-p90/"
                                + "duration-mean/duration-p90/duration-std/duration-discounted-mean/duration-discounted-p90"
                                + ":last=none:actions=" + (values ? "original" : "continuous"),
                        "sed",
                        "jain",
                        "in-flight",
                        values ? "mean" : "own",
                        SEED_HORIZON);
            default ->
                new LoadBalanceSettings(
                        values ? "relative:levels=5" : "relative",
                        "sed",
                        "against-twin",
                        DISCOUNTED,
                        "mean",
                        PAPER_HORIZON);
        };
    }
}
