package io.marllb.env;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.SelectFeatures;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.TimeLimit;
import io.marllb.core.rng.Streams;
import io.marllb.env.reference.Pendulum;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The examples of docs/environments.md. */
class EnvironmentsExampleTest {

    @Test
    void theLoopOfManyAgentsRuns() {
        RandomGenerator random = Streams.of(1).stream("example");
        ParallelEnv env = Environments.make("parallel-load-balance", "scenario", "paper-moderate-690");
        StepResult result = env.reset(1);
        int steps = 0;
        while (!env.agents().isEmpty()) {
            float[][] actions = new float[env.possibleAgents().size()][];
            for (AgentId agent : env.agents()) {
                actions[agent.index()] = env.actionSpace(agent).sample(random);
            }
            result = env.step(actions);
            steps++;
        }

        assertThat(steps).isEqualTo(240);
        assertThat(result.truncated(0)).isTrue();
        assertThat(env.state()).hasSize(7 * 9);
    }

    @Test
    void theOriginalFeaturesAreAWrapperAway() {
        ParallelEnv env = Environments.make("parallel-load-balance", "scenario", "paper-moderate-690");
        ParallelEnv original = new SelectFeatures(
                env,
                ServerFeature.indices(
                        7,
                        ServerFeature.IN_FLIGHT,
                        ServerFeature.DURATION_MEAN,
                        ServerFeature.DURATION_P90,
                        ServerFeature.DURATION_STD,
                        ServerFeature.DURATION_DISCOUNTED_MEAN,
                        ServerFeature.DURATION_DISCOUNTED_P90));

        assertThat(original.reset(1).observation(0)).hasSize(42);
    }

    @Test
    void anEnvIsWrappedThroughItsParallelForm() {
        Env env = new Pendulum(500).with(e -> new TimeLimit(e, 200));
        env.reset(1);

        assertThat(env.step(0f).truncated()).isFalse();
    }
}
