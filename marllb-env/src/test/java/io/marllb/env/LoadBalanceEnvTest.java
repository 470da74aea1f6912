package io.marllb.env;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.core.fairness.SmoothedProduct;
import io.marllb.core.rl.EnvChecker;
import io.marllb.core.rl.EnvReport;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.VectorEnv;
import io.marllb.core.rl.WeightActions;
import io.marllb.core.rng.Streams;
import io.marllb.env.LoadBalanceConfig.Sharing;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Curriculum;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.frozen.Codec;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.Codecs;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LoadBalanceEnvTest {

    private static final String SMALL = """
            balancers: 2
            servers: [{count: 2, cores: 1}, {cores: 3, speed: 0.5}]
            traffic:
              arrivals: {type: poisson, rate: 100}
              classes: [{name: job, share: 1, cpu: {type: exponential, mean: 20ms}}]
            run: {duration: 1s}
            """;

    private static final String TROUBLED = """
            balancers: 3
            servers: [{count: 3, cores: 1, workers: 8, backlog: 4}]
            traffic:
              arrivals: {type: poisson, rate: 120}
              classes: [{name: job, share: 1, cpu: {type: lognormal, mean: 20ms, cv: 2}, io: {type: exponential, mean: 5ms}}]
            network: {client-to-balancer: 1ms, balancer-to-server: 100us}
            events:
              - {at: 500ms, servers: [0], down: true}
              - {at: 700ms, servers: [1], drain: true}
              - {at: 1s, servers: [1, 2], down: true}
              - {at: 1500ms, servers: [0, 1, 2], down: false}
              - {at: 2s, add: {cores: 4}}
            run: {duration: 1s}
            """;

    private static Scenario scenario(String yaml) {
        return Scenarios.parse(yaml, "test", Path.of("."));
    }

    private static LoadBalanceConfig small() {
        return LoadBalanceConfig.of(scenario(SMALL)).withHorizon(20);
    }

    private static LoadBalanceConfig relative(String yaml, String codec) {
        return LoadBalanceConfig.of(scenario(yaml))
                .withRule("sed:bias=1/m")
                .withCodec(Codecs.parse(codec))
                .withHorizon(20);
    }

    @Test
    void keepsTheContractWithACodec() {
        keepsTheContract(relative(SMALL, "relative"));
        keepsTheContract(relative(TROUBLED, "relative:levels=5:exchange=yes"));
        keepsTheContract(relative(TROUBLED, "relative")
                .withReward(LoadBalanceConfig.AGAINST_TWIN, ServerFeature.FCT_MEAN, Sharing.OWN));
        keepsTheContract(relative(TROUBLED, "relative")
                .withReward(LoadBalanceConfig.LESS_CROWDED, ServerFeature.FCT_MEAN, Sharing.OWN));
        keepsTheContract(relative(TROUBLED, "relative")
                .withReward(LoadBalanceConfig.IN_FLIGHT, ServerFeature.FCT_MEAN, Sharing.OWN));
    }

    @Test
    void keepsTheContractOnRandomClusters() {
        LoadBalanceConfig config = relative(SMALL, "relative");
        EnvReport report = EnvChecker.check(() -> new ParallelLoadBalanceEnv(config, new Curriculum(4, 3)));
        assertThat(report.violations()).as(report.toString()).isEmpty();
    }

    @Test
    void theNeutralActionIsTheHandMadePolicyAndItsOwnTwin() {
        LoadBalanceConfig config = relative(SMALL, "relative")
                .withReward(LoadBalanceConfig.AGAINST_TWIN, ServerFeature.FCT_MEAN, Sharing.OWN)
                .withHorizon(120);
        ParallelEnv env = new ParallelLoadBalanceEnv(config);
        StepResult step = StepResult.of(env);
        float[] zero = config.codec().orElseThrow().neutral(3);
        env.reset(OptionalLong.of(5), step);
        while (!step.truncated(0)) {
            env.step(new float[][] {zero, zero}, step);
            assertThat(step.reward(0)).isZero();
        }
        RunResult result = (RunResult) step.info().get(ParallelLoadBalanceEnv.RUN_RESULT);

        long seed = Streams.of(5).stream("LoadBalance").nextLong();
        RunResult rate = Simulation.of(
                        config.episode(config.scenario(), 2), PolicyRegistry.parse("rate"), seed, RunOptions.PLAIN)
                .run();
        // 1/m + q is added up in another order, and the run ends an interval later: ties aside they agree
        assertThat(result.meanFctNanos()).isCloseTo(rate.meanFctNanos(), within(rate.meanFctNanos() * 0.02));
    }

    @Test
    void anAgentSeesInTrainingWhatItSeesWhenItServes() {
        LoadBalanceConfig config = relative(SMALL, "relative");
        CodecSpec spec = config.codec().orElseThrow();
        List<float[]> served = new ArrayList<>();
        Simulation serving = Simulation.of(
                config.episode(config.scenario(), 2),
                config.rule(),
                setup -> {
                    Policy policy = config.policy().build(setup);
                    Codec codec = spec.create(setup.servers(), setup.balancers(), setup.intervalNanos());
                    return new Policy(policy.name(), policy.rule(), new WeightPolicy() {
                        private double bias = Double.NaN;

                        @Override
                        public void decide(Observation observation, Reports reports, double[] weights) {
                            float[] inputs = new float[codec.inputs()];
                            codec.observe(observation, reports, inputs);
                            if (setup.balancer() == 0) {
                                served.add(inputs);
                            }
                            bias = codec.act(spec.neutral(setup.servers()), weights);
                        }

                        @Override
                        public double bias() {
                            return bias;
                        }

                        @Override
                        public EnumSet<Need> needs() {
                            return spec.needs();
                        }
                    });
                },
                Streams.of(5).stream("LoadBalance").nextLong(),
                RunOptions.PLAIN);
        serving.advanceTo(21 * 250_000_000L);

        ParallelEnv env = new ParallelLoadBalanceEnv(config);
        StepResult step = StepResult.of(env);
        float[] zero = spec.neutral(3);
        env.reset(OptionalLong.of(5), step);
        for (int t = 0; t < 20; t++) {
            assertThat(step.observation(0)).as("step " + t).isEqualTo(served.get(t));
            env.step(new float[][] {zero, zero}, step);
        }
    }

    @Test
    void otherActionsDifferFromTheTwin() {
        LoadBalanceConfig config = relative(SMALL, "relative")
                .withReward(LoadBalanceConfig.AGAINST_TWIN, ServerFeature.FCT_MEAN, Sharing.OWN);
        ParallelEnv env = new ParallelLoadBalanceEnv(config);
        StepResult step = StepResult.of(env);
        env.reset(OptionalLong.of(5), step);
        double sum = 0;
        while (!step.truncated(0)) {
            float[] worst = {1, 1, -1, 0}; // the three cores at half speed are starved
            env.step(new float[][] {worst, worst}, step);
            sum += step.reward(0);
        }
        assertThat(sum).isNegative();
    }

    private static float[][] actions(ParallelEnv env, RandomGenerator random) {
        float[][] actions = new float[env.possibleAgents().size()][];
        for (int a = 0; a < actions.length; a++) {
            actions[a] = env.actionSpace(env.possibleAgents().get(a)).sample(random);
        }
        return actions;
    }

    private static void keepsTheContract(LoadBalanceConfig config) {
        EnvReport report = EnvChecker.check(() -> new ParallelLoadBalanceEnv(config));
        assertThat(report.violations()).as(report.toString()).isEmpty();
        assertThat(report.notExamined()).isEmpty();
    }

    @Test
    void keepsTheContractWithEveryRewardSharingAndActions() {
        List<Sharing> sharings = List.of(Sharing.values());
        List<WeightActions> actions = List.of(
                WeightActions.LEVELS, WeightActions.ORIGINAL, WeightActions.CONTINUOUS, WeightActions.parse("1/3"));
        int k = 0;
        for (String reward : LoadBalanceConfig.rewards()) {
            if (LoadBalanceConfig.needsTwin(reward)) {
                continue; // needs a codec, see below
            }
            keepsTheContract(small().withHorizon(8)
                    .withReward(reward, ServerFeature.DURATION_DISCOUNTED_MEAN, sharings.get(k % 3))
                    .withActions(actions.get(k % 4)));
            k++;
        }
    }

    @Test
    void keepsTheContractWhileServersFailDrainAndJoin() {
        keepsTheContract(LoadBalanceConfig.of(scenario(TROUBLED)).withHorizon(12));
        keepsTheContract(LoadBalanceConfig.of(scenario(TROUBLED))
                .withHorizon(12)
                .withRule("weighted-random")
                .withReward("jain", ServerFeature.IN_FLIGHT, Sharing.POOLED));
    }

    @Test
    void theOneAgentFormAndThePerFlowFormKeepTheContract() {
        for (String yaml : List.of(SMALL, TROUBLED)) {
            EnvReport report = EnvChecker.check(() ->
                    new LoadBalanceEnv(LoadBalanceConfig.of(scenario(yaml)).withHorizon(12)).parallel());
            assertThat(report.violations()).as(report.toString()).isEmpty();
            report = EnvChecker.check(() -> new PerFlowEnv(scenario(yaml), 300).parallel());
            assertThat(report.violations()).as(report.toString()).isEmpty();
        }
    }

    @Test
    void anEpisodeIsTruncatedAtTheHorizonAndBringsItsResult() {
        ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(small());
        RandomGenerator random = Streams.of(1).stream("actions");
        StepResult r = env.reset(1);
        int steps = 0;
        while (!env.agents().isEmpty()) {
            assertThat(r.info()).isEmpty();
            r = env.step(actions(env, random));
            steps++;
            assertThat(r.terminated(0) || r.terminated(1)).isFalse();
        }

        assertThat(steps).isEqualTo(20);
        assertThat(r.truncated(0) && r.truncated(1)).isTrue();
        RunResult result = (RunResult) r.info().get(ParallelLoadBalanceEnv.RUN_RESULT);
        assertThat(result.flows()).isBetween(350L, 650L); // Poisson, mean 500, 6.7 standard deviations
    }

    @Test
    void constantWeightsGiveTheRunOfTheStaticPolicy() {
        LoadBalanceConfig config = small().withActions(WeightActions.CONTINUOUS);
        ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(config);
        float[] capacity = {1f, 1f, 1.5f};
        env.reset(5);
        StepResult r = null;
        for (int t = 0; t < 20; t++) {
            r = env.step(new float[][] {capacity, capacity});
        }
        RunResult steered = (RunResult) r.info().get(ParallelLoadBalanceEnv.RUN_RESULT);

        long runSeed = Streams.of(5).stream("LoadBalance").nextLong();
        Simulation alone = Simulation.of(
                config.episode(config.scenario(), 2),
                PolicyRegistry.parse("sed"),
                runSeed,
                RunOptions.PLAIN.withObservations());
        alone.advanceTo(20 * 250_000_000L);
        RunResult expected = alone.finish();
        assertThat(steered.flows()).isEqualTo(expected.flows()).isPositive();
        assertThat(steered.meanFctNanos()).isEqualTo(expected.meanFctNanos());
        assertThat(steered.events()).isEqualTo(expected.events());
    }

    @Test
    void observationsAreThePartialViewsOfTheState() {
        ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(small());
        RandomGenerator random = Streams.of(2).stream("actions");
        StepResult r = env.reset(3);
        int seen = 0;
        for (int t = 0; t < 20; t++) {
            float[][] actions = actions(env, random);
            r = env.step(actions);
            float[] state = env.state();
            for (int j = 0; j < 3; j++) {
                int row = j * 9;
                float first = r.observation(0)[j * ServerFeature.COUNT];
                float second = r.observation(1)[j * ServerFeature.COUNT];
                // without network delay a balancer's open flows are those at the server
                assertThat(first + second).isEqualTo(state[row]);
                assertThat(state[row + 5]).isEqualTo(first);
                assertThat(state[row + 7]).isEqualTo(second);
                assertThat(state[row + 6]).isEqualTo((float) (1 + 0.2 * actions[0][j]));
                assertThat(state[row + 2]).isEqualTo(j == 2 ? 1.5f : 1f);
                seen += first > 0 && second > 0 ? 1 : 0;
            }
        }
        assertThat(seen).isPositive();
    }

    @Test
    void theDefaultRewardIsTheMeanOfEquation18() {
        ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(small());
        RandomGenerator random = Streams.of(3).stream("actions");
        env.reset(4);
        SmoothedProduct[] expected = {new SmoothedProduct(3, 0.9), new SmoothedProduct(3, 0.9)};
        for (int t = 0; t < 20; t++) {
            StepResult r = env.step(actions(env, random));
            double sum = 0;
            for (int b = 0; b < 2; b++) {
                double[] tau = new double[3];
                for (int j = 0; j < 3; j++) {
                    float x =
                            r.observation(b)[j * ServerFeature.COUNT + ServerFeature.DURATION_DISCOUNTED_MEAN.index()];
                    tau[j] = x == 0 ? Double.NaN : x;
                }
                sum += expected[b].next(tau);
            }
            // loads were rounded to single precision on their way here
            assertThat(r.reward(0))
                    .isCloseTo(sum / 2, within(1e-5))
                    .isEqualTo(r.reward(1))
                    .isBetween(0.0, 1.0);
        }
    }

    @Test
    void ownRewardsDifferBetweenAgentsAndPooledOnesDoNot() {
        Set<Boolean> equal = new HashSet<>();
        for (Sharing sharing : List.of(Sharing.OWN, Sharing.POOLED)) {
            ParallelLoadBalanceEnv env =
                    new ParallelLoadBalanceEnv(small().withReward("variance", ServerFeature.FCT_MEAN, sharing));
            env.reset(4);
            RandomGenerator random = Streams.of(3).stream("actions");
            boolean all = true;
            for (int t = 0; t < 20; t++) {
                StepResult r = env.step(actions(env, random));
                all &= r.reward(0) == r.reward(1);
            }
            assertThat(all).isEqualTo(sharing == Sharing.POOLED);
            equal.add(all);
        }
        assertThat(equal).hasSize(2);
    }

    @Test
    void rewardsOfTheTrueStateAreLittlesLawAndTheCompletionTimes() {
        double[] means = new double[2];
        List<String> rewards = List.of(LoadBalanceConfig.COMPLETION_TIME, LoadBalanceConfig.IN_SYSTEM);
        for (int k = 0; k < 2; k++) {
            ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(
                    small().withHorizon(2_000).withReward(rewards.get(k), ServerFeature.IN_FLIGHT, Sharing.OWN));
            float[][] still = {{0, 0, 0}, {0, 0, 0}};
            env.reset(9);
            StepResult r = env.step(still);
            while (!env.agents().isEmpty()) {
                means[k] += r.reward(0) / 2_000;
                r = env.step(still);
            }
            RunResult result = (RunResult) r.info().get(ParallelLoadBalanceEnv.RUN_RESULT);
            double mean = result.meanFctNanos() / 1e9;
            double expected = k == 0 ? mean : 100 * mean / 3.5; // in system = rate x mean, over 3.5 cores
            // 2,000 correlated samples: 5 % is more than 4 standard errors of the sampled mean
            assertThat(-means[k]).isCloseTo(expected, within(0.05 * expected));
        }
    }

    @Test
    void betterWeightsEarnMore() {
        double[] returns = new double[2];
        float[][] capacities = {{1, 1, 1.5f}, {10, 10, 0.1f}};
        for (int k = 0; k < 2; k++) {
            ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(small().withHorizon(200)
                    .withActions(WeightActions.CONTINUOUS)
                    .withReward(LoadBalanceConfig.COMPLETION_TIME, ServerFeature.IN_FLIGHT, Sharing.MEAN));
            env.reset(1);
            while (!env.agents().isEmpty()) {
                returns[k] +=
                        env.step(new float[][] {capacities[k], capacities[k]}).reward(0);
            }
        }
        assertThat(returns[0]).isGreaterThan(0.8 * returns[1]);
        assertThat(returns[0]).isNegative();
    }

    @Test
    void stepsOnThreadsGiveTheSameBits() {
        List<List<String>> logs = new ArrayList<>();
        for (int threads : new int[] {1, 2, 4}) {
            List<String> log = new ArrayList<>();
            RandomGenerator random = Streams.of(1).stream("actions");
            try (VectorEnv env = new VectorEnv(
                    i -> new ParallelLoadBalanceEnv(small().withHorizon(5)),
                    4,
                    threads,
                    VectorEnv.Autoreset.NEXT_STEP)) {
                env.reset(1);
                for (int t = 0; t < 15; t++) {
                    float[][][] all = new float[4][][];
                    for (int i = 0; i < 4; i++) {
                        all[i] = actions(env.env(i), random);
                    }
                    for (StepResult r : env.step(all)) {
                        log.add(Arrays.toString(r.observation(0)) + Arrays.toString(r.observation(1)) + r.reward(0));
                    }
                }
            }
            logs.add(log);
        }
        assertThat(logs.get(1)).isEqualTo(logs.get(0));
        assertThat(logs.get(2)).isEqualTo(logs.get(0));
    }

    @Test
    void theOneAgentFormGetsAllTraffic() {
        LoadBalanceEnv env = new LoadBalanceEnv(small());
        env.reset(OptionalLong.of(1), StepResult.single(env.observationSpace().size()));
        float inFlight = 0;
        float truth = 0;
        for (int t = 0; t < 20; t++) {
            StepResult r = env.step(0, 0, 0);
            float[] state = env.parallel().state();
            for (int j = 0; j < 3; j++) {
                inFlight += r.observation()[j * ServerFeature.COUNT];
                truth += state[j * 7];
            }
        }
        assertThat(inFlight).isEqualTo(truth).isPositive();
    }

    @Test
    void rendersTextAndImage() {
        ParallelLoadBalanceEnv env = new ParallelLoadBalanceEnv(
                LoadBalanceConfig.of(scenario(TROUBLED)).withHorizon(12));
        assertThat(env.render()).isEmpty();
        assertThatThrownBy(() -> env.image(400, 300)).isInstanceOf(IllegalStateException.class);
        env.reset(1);
        for (int t = 0; t < 4; t++) {
            env.step(new float[][] {{0, 1, 2, 3}, {0, 1, 2, 3}, {0, 1, 2, 3}});
        }

        assertThat(env.render())
                .startsWith("test, step 4 of 12, 1.00 s, reward")
                .contains("inactive")
                .contains("1.40");
        BufferedImage image = env.image(400, 300);
        Set<Integer> colours = new HashSet<>();
        for (int x = 0; x < 400; x++) {
            for (int y = 0; y < 300; y++) {
                colours.add(image.getRGB(x, y));
            }
        }
        assertThat(colours).contains(0xff0072B2, 0xffffffff, 0xff000000);
        assertThatThrownBy(() -> env.image(10, 10)).hasMessageContaining("at least 200 x 120");
    }

    @Test
    void wrongConfigurationsAreRefusedAllAtOnce() {
        assertThatThrownBy(() -> new LoadBalanceConfig(
                        scenario(SMALL), "sedd", WeightActions.LEVELS, "jian", ServerFeature.ACTIVE, Sharing.OWN, 0))
                .hasMessageContaining("did you mean 'sed'?")
                .hasMessageContaining("did you mean 'jain'?")
                .hasMessageContaining("rewardFeature must be a load")
                .hasMessageContaining("horizon must be in [1, 10000000], but was 0");
        assertThatThrownBy(() -> small().withRule("oracle-sed")).hasMessageContaining("must not be an oracle");
    }
}
