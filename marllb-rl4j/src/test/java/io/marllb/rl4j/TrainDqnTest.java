package io.marllb.rl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.FrozenNetwork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainDqnTest {

    @TempDir
    private Path folder;

    @Test
    void whatItWritesIsAnAgentLikeAnyOther() {
        Path file = folder.resolve("dqn.marllb");

        assertThat(TrainDqn.run("--scenario", "quickstart", "--steps", "150", "--out", file.toString()))
                .isZero();

        Scenario scenario = Scenarios.load("quickstart");
        AgentFile agent = AgentFile.read(file);
        assertThat(agent.manifest().algorithm()).isEqualTo("rl4j-dqn");
        assertThat(agent.manifest().servers()).isEqualTo(scenario.slots());
        assertThat(agent.scaling()).isPresent();
        RunResult result = Simulation.run(scenario, PolicyRegistry.parse("agent:" + file), 1, RunOptions.PLAIN);
        assertThat(result.completed()).isPositive();
    }

    @Test
    void theFrozenNetworkGivesDl4jsValues() {
        DqnTraining training = DqnTraining.run(
                () -> new io.marllb.env.reference.CartPole(50),
                50,
                DqnConfig.defaults().withSteps(120),
                5,
                r -> {});
        FrozenNetwork.Runner frozen =
                FrozenNetwork.of(training.spec(), training.parameters()).runner(1);
        RandomGenerator random = Streams.of(2).stream("test");
        float[] x = new float[4];
        float[] y = new float[2];

        for (int k = 0; k < 50; k++) {
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            frozen.step(x, y);
            float[] theirs = training.values(x);
            for (int a = 0; a < y.length; a++) {
                assertThat(y[a]).isCloseTo(theirs[a], within(1e-5f * Math.max(1, Math.abs(theirs[a]))));
            }
        }
    }

    @Test
    void badInputIsTwoAndLeavesNothing() {
        Path file = folder.resolve("dqn.marllb");

        assertThat(TrainDqn.run("--scenario", "quickstrat", "--out", file.toString()))
                .isEqualTo(2);
        assertThat(TrainDqn.run("--steps", "0", "--out", file.toString())).isEqualTo(2);
        assertThat(TrainDqn.run("--out", folder.resolve("none/dqn.marllb").toString()))
                .isEqualTo(2);
        assertThat(Files.exists(file)).isFalse();
    }
}
