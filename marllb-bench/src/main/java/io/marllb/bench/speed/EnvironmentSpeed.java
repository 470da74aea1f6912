package io.marllb.bench.speed;

import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.env.LoadBalanceConfig;
import io.marllb.env.ParallelLoadBalanceEnv;
import io.marllb.env.scenario.Scenarios;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** Steps of {@code paper-moderate-690} (7 servers, 2 balancers, about 173 flows a step, ACKs, all 11 features) under random actions. */
final class EnvironmentSpeed {

    private static final int EPISODES = 8;

    private EnvironmentSpeed() {}

    /** Steps per CPU second of one thread. */
    static double measure(int round) {
        LoadBalanceConfig config = LoadBalanceConfig.of(Scenarios.named("paper-moderate-690"));
        RandomGenerator actions = Streams.of(round).stream("actions");
        long steps = 0;
        long before = SpeedSuite.cpuNanos();
        try (ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(config)) {
            StepResult result = StepResult.of(env);
            float[][] chosen = new float[env.possibleAgents().size()][];
            for (int episode = 0; episode < EPISODES; episode++) {
                env.reset(OptionalLong.of(round * 1000L + episode), result);
                for (int step = 0; step < config.horizon(); step++) {
                    for (int a = 0; a < chosen.length; a++) {
                        chosen[a] = env.actionSpace(env.possibleAgents().get(a)).sample(actions);
                    }
                    env.step(chosen, result);
                    steps++;
                }
            }
        }
        return steps / ((SpeedSuite.cpuNanos() - before) / 1e9);
    }
}
