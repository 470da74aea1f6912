package io.marllb.agents.es;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.LearnerSetup;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Tensors;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class EvolutionStrategyTest {

    private static final int SERVERS = 3;
    private static final int FEATURES = 3;
    private static final int GLOBALS = 2;
    private static final EsConfig CONFIG = new EsConfig(6, 3, 0.2, 0.05, 0.5, 0, 0.8, List.of(), List.of(), 5, 10);

    /**
     * Costs are lowest when a server's correction is tanh(0.8 x its second input) and the pool's tanh(0.5 - its first). Every episode's cost is
     * mostly luck, the same for the same seed.
     */
    private static final class Tracking implements ParallelEnv {
        private final List<AgentId> agents = AgentId.list("agent", 1);
        private final Space actions = Box.of(-1f, 1f, SERVERS + 1);
        private final Lifecycle lifecycle = new Lifecycle("Tracking", agents, List.of(actions));
        private final float[] inputs = new float[SERVERS * FEATURES + GLOBALS];
        private RandomGenerator random;
        private double luck;
        private int steps;

        @Override
        public String name() {
            return "Tracking";
        }

        @Override
        public List<AgentId> possibleAgents() {
            return agents;
        }

        @Override
        public List<AgentId> agents() {
            return lifecycle.agents();
        }

        @Override
        public Box observationSpace(AgentId agent) {
            return Box.of(-4f, 4f, inputs.length);
        }

        @Override
        public Space actionSpace(AgentId agent) {
            return actions;
        }

        @Override
        public Box stateSpace() {
            return Box.of(-4f, 4f, inputs.length);
        }

        @Override
        public void state(float[] into) {
            System.arraycopy(inputs, 0, into, 0, inputs.length);
        }

        @Override
        public void reset(OptionalLong seed, StepResult into) {
            random = lifecycle.reset(seed);
            luck = 20 * random.nextDouble();
            steps = 0;
            observe(0, into);
        }

        @Override
        public void step(float[][] chosen, StepResult into) {
            lifecycle.checkStep(chosen);
            double cost = luck;
            for (int j = 0; j < SERVERS; j++) {
                cost += square(chosen[0][j] - Math.tanh(0.8 * inputs[j * FEATURES + 2]));
            }
            cost += square(chosen[0][SERVERS] - Math.tanh(0.5 - inputs[SERVERS * FEATURES]));
            steps++;
            observe(-cost, into);
        }

        private void observe(double reward, StepResult into) {
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = (float) (2 * random.nextDouble() - 1);
            }
            for (int j = 0; j < SERVERS; j++) {
                inputs[j * FEATURES] = 1;
            }
            into.clear();
            System.arraycopy(inputs, 0, into.observation(0), 0, inputs.length);
            into.set(0, reward, false, steps == 10);
            if (steps == 10) {
                lifecycle.end();
            }
        }

        private static double square(double x) {
            return x * x;
        }

        @Override
        public void close() {
            lifecycle.close();
        }
    }

    private static LearnerSetup setup(long seed) {
        return new LearnerSetup(
                1, SERVERS * FEATURES + GLOBALS, Box.of(-1f, 1f, SERVERS + 1), 0, 10, SERVERS, FEATURES, GLOBALS, seed);
    }

    private static EvolutionStrategy strategy(long seed) {
        return new EvolutionStrategy(CONFIG, setup(seed), List.of(new Tracking()), result -> 0);
    }

    private static double[] act(EvolutionStrategy strategy, float... inputs) {
        FrozenNetwork.Runner runner =
                FrozenNetwork.of(strategy.actor(), strategy.parameters()).runner(SERVERS);
        float[] outputs = new float[2 * (SERVERS + 1)];
        runner.step(inputs, outputs);
        double[] means = new double[SERVERS + 1];
        for (int i = 0; i < means.length; i++) {
            means[i] = outputs[2 * i];
        }
        return means;
    }

    @Test
    void startsAtTheNeutralAction() {
        try (EvolutionStrategy strategy = strategy(1)) {
            assertThat(act(strategy, 1, 0.5f, -1, 1, 4, 4, 1, -4, 0, 3, -3)).containsOnly(0);
            assertThat(strategy.evaluate()).isZero();
        }
    }

    @Test
    void findsWhatPaysThroughTheLuckOfEpisodes() {
        try (EvolutionStrategy strategy = strategy(1)) {
            for (int g = 0; g < 150; g++) {
                strategy.generation((key, value) -> assertThat(value).as(key).isFinite());
            }
            assertThat(strategy.evaluate()).isGreaterThan(0.05);
            double[] low = act(strategy, 1, 0, -0.5f, 1, 0, 0.5f, 1, 0, 0, 1, 0);
            assertThat(low[0]).isBetween(-0.6, -0.2); // 0.8 x -0.5
            assertThat(low[1]).isBetween(0.2, 0.6);
            assertThat(low[2]).isBetween(-0.2, 0.2);
            assertThat(low[SERVERS]).isBetween(-0.8, -0.2); // 0.5 - 1
            assertThat(strategy.episodes()).isEqualTo(150L * 2 * 6 * 3);
            assertThat(strategy.steps()).isEqualTo(strategy.episodes() * 10);
        }
    }

    @Test
    void startsWhereTheSettingsSay() {
        List<Double> start = List.of(0.25, -0.5, 0.125, 1.0, -0.75);
        EsConfig config = new EsConfig(6, 3, 0.2, 0.05, 0.5, 0, 0.8, start, List.of(), 5, 10);
        try (EvolutionStrategy strategy = new EvolutionStrategy(config, setup(1), List.of(new Tracking()), r -> 0)) {
            double[] means = act(strategy, 1, 1, 2, 1, 0, 0, 0, 0, 0, 3, -2);
            assertThat(means).containsExactly(-0.75, 0, 0, 0.125 * 3 - 2 - 0.75);
            assertThat(strategy.evaluate()).isNotZero();
            strategy.generation((key, value) -> {});
            double[] after = strategy.evolved();
            for (int i = 0; i < after.length; i++) {
                assertThat(after[i]).isCloseTo(start.get(i), within(0.1)).isNotEqualTo(start.get(i));
            }
        }
        EsConfig wrong = new EsConfig(6, 3, 0.2, 0.05, 0.5, 0, 0.8, List.of(1.0), List.of(), 5, 10);
        assertThatThrownBy(() -> new EvolutionStrategy(wrong, setup(1), List.of(new Tracking()), r -> 0))
                .hasMessageContaining("start has 1 numbers, but 5 evolve");
    }

    @Test
    void goesOnWithTheSameBits() {
        float[] through;
        try (EvolutionStrategy strategy = strategy(3)) {
            for (int g = 0; g < 6; g++) {
                strategy.generation((key, value) -> {});
            }
            through = strategy.parameters();
        }
        Tensors saved = new Tensors();
        try (EvolutionStrategy strategy = strategy(3)) {
            for (int g = 0; g < 3; g++) {
                strategy.generation((key, value) -> {});
            }
            strategy.save(saved);
        }
        try (EvolutionStrategy strategy = strategy(3)) {
            strategy.load(saved);
            for (int g = 3; g < 6; g++) {
                strategy.generation((key, value) -> {});
            }
            assertThat(strategy.parameters()).isEqualTo(through);
            assertThat(strategy.generations()).isEqualTo(6);
        }
        try (EvolutionStrategy other = strategy(4)) {
            for (int g = 0; g < 6; g++) {
                other.generation((key, value) -> {});
            }
            assertThat(other.parameters()).isNotEqualTo(through);
        }
    }

    @Test
    void refusesLevelsAndBadSettings() {
        LearnerSetup levels = new LearnerSetup(
                1, SERVERS * FEATURES + GLOBALS, MultiDiscrete.uniform(4, 5), 0, 10, SERVERS, FEATURES, GLOBALS, 1);
        assertThatThrownBy(() -> new EvolutionStrategy(CONFIG, levels, List.of(new Tracking()), result -> 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new EsConfig(0, 0, Double.NaN, -1, 0, -1, 1, List.of(Double.NaN), List.of(0), 0, 0))
                .hasMessageContaining("pairs")
                .hasMessageContaining("batch")
                .hasMessageContaining("sigma")
                .hasMessageContaining("rate")
                .hasMessageContaining("tail")
                .hasMessageContaining("averaging")
                .hasMessageContaining("start")
                .hasMessageContaining("balancers");
    }
}
