package io.marllb.rl4j;

import io.marllb.core.rl.Env;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.ServerFeature;
import io.marllb.env.LoadBalanceConfig;
import io.marllb.env.LoadBalanceConfig.Sharing;
import io.marllb.env.LoadBalanceEnv;
import io.marllb.env.scenario.Scenario;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Codecs;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.InputScaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * RL4J's DQN on load balancing, and what comes out as an agent file. One balancer gets all traffic; each control interval it doubles the weight of
 * one server, or of none, under the SED rule. It has no memory, so it sees the last weights and the statistics of the paper.
 */
public final class LoadBalanceDqn {

    private static final String CODEC =
            "published:features=in-flight/fct-discounted-mean/duration-mean/duration-discounted-mean/active:last=weights:actions=boost-2";

    private static final String RULE = "sed";

    /**
     * γ: what an interval does is over after a few. With it an episode's cut, which RL4J takes for its end, is felt in the last ten steps of a few
     * hundred only.
     */
    private static final double DISCOUNT = 0.9;

    /** Brings {@link LoadBalanceConfig#IN_SYSTEM}, a few flows per core, to the order of 1 after discounting. */
    private static final double REWARD_FACTOR = 0.1;

    private LoadBalanceDqn() {}

    /**
     * Settings for load balancing.
     *
     * @param steps control intervals to train for
     * @return the defaults with another discount and reward factor
     */
    public static DqnConfig config(int steps) {
        DqnConfig d = DqnConfig.defaults().withSteps(steps);
        return new DqnConfig(
                steps,
                DISCOUNT,
                d.learningRate(),
                d.hidden(),
                d.layers(),
                d.batch(),
                d.replay(),
                d.warmUp(),
                d.targetEvery(),
                d.finalEpsilon(),
                d.epsilonSteps(),
                REWARD_FACTOR);
    }

    /**
     * Trains.
     *
     * @param scenario what to play, with one balancer in place of its own
     * @param config sizes and rates
     * @param seed root of everything that is drawn
     * @param codeVersion for the manifest
     * @param episodeReturns is told the return of each episode that ended
     * @return the trained agent, for the scenario's number of servers
     */
    public static AgentFile train(
            Scenario scenario, DqnConfig config, long seed, String codeVersion, DoubleConsumer episodeReturns) {
        LoadBalanceConfig problem = LoadBalanceConfig.of(scenario)
                .withRule(RULE)
                .withCodec(Codecs.parse(CODEC))
                .withReward(LoadBalanceConfig.IN_SYSTEM, ServerFeature.IN_FLIGHT, Sharing.MEAN);
        InputScaling scaling;
        try (ParallelEnv env = new LoadBalanceEnv(problem).parallel()) {
            scaling = ScaledInputs.measure(env, seed);
        }
        DqnTraining training =
                DqnTraining.run(() -> scaled(problem, scaling), problem.horizon(), config, seed, episodeReturns);
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("dqn", config.toString());
        settings.put("reward", problem.reward());
        AgentManifest manifest = AgentManifest.of(
                        "rl4j-dqn", training.spec(), Heads.Kind.VALUES, CODEC, RULE, scenario.slots())
                .withTraining("", settings, scenario.name(), seed)
                .withSummary(Map.of("steps", Integer.toString(config.steps())))
                .withEnvironment(codeVersion, Map.of("library", "rl4j 1.0.0-M1.1 on nd4j 1.0.0-M2.1"));
        return AgentFile.of(manifest, List.of(training.parameters())).withScaling(scaling);
    }

    private static Env scaled(LoadBalanceConfig problem, InputScaling scaling) {
        return new LoadBalanceEnv(problem).with(e -> new ScaledInputs(e, scaling));
    }
}
