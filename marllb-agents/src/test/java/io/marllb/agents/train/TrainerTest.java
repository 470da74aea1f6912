package io.marllb.agents.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.RescaleAction;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.Wrapper;
import io.marllb.env.Environments;
import io.marllb.policies.frozen.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {

    private static final TrainOptions STEPS = new TrainOptions(3, 11, 1, 2, 0, 2, 0, 1);
    private static final TrainOptions EPISODES = new TrainOptions(2, 0, 2, 3, 0, 2, 0, 1);

    private static ParallelEnv cartPole() {
        return Environments.make("cart-pole", "horizon", "50");
    }

    private static ParallelEnv game() {
        return Environments.make("two-step");
    }

    private static ParallelEnv pendulum() {
        return new RescaleAction(Environments.make("pendulum", "horizon", "7"), -1, 1);
    }

    private static LearnerSetup setup(Supplier<ParallelEnv> environment, int horizon) {
        try (ParallelEnv env = environment.get()) {
            return Trainer.setup(env, horizon, 5);
        }
    }

    private static Trainer trainer(Supplier<ParallelEnv> env, int horizon, TrainOptions options, Hooks hooks) {
        LearnerSetup setup = setup(env, horizon);
        FakeLearner learner = new FakeLearner(setup, setup.agents());
        return new Trainer(learner, setup, options, env, EpisodeProbe.NONE, hooks);
    }

    private static Tensors saved(Trainer trainer) {
        Tensors all = new Tensors();
        trainer.save(all);
        return all;
    }

    private static void assertSame(Tensors one, Tensors other) {
        assertThat(one.names()).containsExactlyElementsOf(other.names());
        for (String name : one.names()) {
            if (one.isFloat(name)) {
                assertThat(one.floats(name)).as(name).isEqualTo(other.floats(name));
            } else {
                assertThat(one.longs(name)).as(name).isEqualTo(other.longs(name));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void anyNumberOfThreadsGivesTheSameBits(int threads) {
        for (TrainOptions options : List.of(STEPS, EPISODES)) {
            try (Trainer one = trainer(TrainerTest::cartPole, 50, options, Hooks.QUIET);
                    Trainer more = trainer(TrainerTest::cartPole, 50, options, Hooks.QUIET.withThreads(threads))) {
                one.run(30, Long.MAX_VALUE);
                more.run(30, Long.MAX_VALUE);

                assertSame(saved(one), saved(more));
                assertThat(one.learner().updates()).isPositive();
            }
        }
    }

    @Test
    void goingOnFromAFileGivesTheBitsOfNeverStopping() {
        for (Supplier<ParallelEnv> env : List.<Supplier<ParallelEnv>>of(TrainerTest::cartPole, TrainerTest::pendulum)) {
            for (TrainOptions options : List.of(STEPS, EPISODES)) {
                try (Trainer whole = trainer(env, 50, options, Hooks.QUIET);
                        Trainer first = trainer(env, 50, options, Hooks.QUIET);
                        Trainer second = trainer(env, 50, options, Hooks.QUIET)) {
                    first.run(Long.MAX_VALUE, 400);
                    second.load(saved(first));
                    assertSame(saved(first), saved(second));

                    whole.run(Long.MAX_VALUE, 900);
                    second.run(Long.MAX_VALUE, 900);

                    assertSame(saved(whole), saved(second));
                }
            }
        }
    }

    @Test
    void anUnfinishedEpisodeIsInTheFile() {
        try (Trainer trainer =
                trainer(TrainerTest::pendulum, 7, new TrainOptions(1, 10, 1, 0, 0, 1, 0, 1), Hooks.QUIET)) {
            trainer.run(Long.MAX_VALUE, 10);

            Tensors file = saved(trainer);
            assertThat(file.longs("trainer.counters")).containsExactly(1, 1, 10);
            assertThat(file.floats("trainer.environment.0.actions")).hasSize(3);
        }
    }

    @Test
    void wholeEpisodesAreCounted() {
        try (Trainer trainer = trainer(TrainerTest::game, 2, new TrainOptions(3, 0, 2, 1, 0, 1, 0, 1), Hooks.QUIET)) {
            trainer.run(13, Long.MAX_VALUE);

            assertThat(trainer.episodes()).isEqualTo(18); // whole iterations of 6
            assertThat(trainer.steps()).isEqualTo(36);
            assertThat(trainer.learner().updates()).isEqualTo(2); // nothing to learn from in the first
        }
    }

    @Test
    void theHorizonOfTheLearnerCutsEpisodes() {
        List<Double> lengths = new ArrayList<>();
        Hooks hooks =
                Hooks.QUIET.withLogs(List.of(new Rows((steps, row) -> lengths.add(row.get("rollout/ep_len_mean")))));
        try (Trainer trainer = trainer(TrainerTest::pendulum, 4, TrainOptions.episodes(1, 0), hooks)) {
            trainer.run(4, Long.MAX_VALUE);
        }

        assertThat(lengths).containsOnly(4.0);
    }

    @Test
    void epsilonOneIsUniform() {
        Supplier<ParallelEnv> game = () -> Environments.make("climbing");
        LearnerSetup setup = setup(game, 1);
        FakeLearner learner = new FakeLearner(setup, 1).exploring(1);
        try (Trainer trainer =
                new Trainer(learner, setup, TrainOptions.episodes(1, 0), game, EpisodeProbe.NONE, Hooks.QUIET)) {
            trainer.run(4_500, Long.MAX_VALUE);
        }

        // 9 joint actions with distinct digests but for equal payoffs; 500 each are expected, standard deviation 21
        Map<Float, Long> counts = new java.util.TreeMap<>();
        learner.digests().forEach(d -> counts.merge(d, 1L, Long::sum));
        assertThat(counts.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(4_500);
        assertThat(counts.values())
                .allSatisfy(n -> assertThat(n % 500)
                        .satisfiesAnyOf(
                                r -> assertThat(r).isLessThan(110),
                                r -> assertThat(r).isGreaterThan(390)));
    }

    @Test
    void rowsHaveTheNamesOfStableBaselines() {
        List<Map<String, Double>> rows = new ArrayList<>();
        AtomicLong clock = new AtomicLong();
        Hooks hooks = new Hooks(
                1,
                () -> clock.getAndAdd(1_500_000_000),
                List.of(new Rows((steps, row) -> rows.add(row))),
                TrainingListener.NONE,
                () -> false);
        try (Trainer trainer = trainer(TrainerTest::game, 2, new TrainOptions(1, 0, 1, 1, 5, 2, 0, 5), hooks)) {
            trainer.run(10, Long.MAX_VALUE);
        }

        assertThat(rows).hasSize(3);
        assertThat(rows.get(0))
                .containsOnlyKeys(
                        "eval/mean_ep_length",
                        "eval/mean_reward",
                        "rollout/ep_len_mean",
                        "rollout/ep_rew_mean",
                        "time/episodes",
                        "time/fps",
                        "time/iterations",
                        "time/time_elapsed",
                        "time/total_timesteps",
                        "train/critic_loss",
                        "train/n_updates")
                .containsEntry("time/episodes", 5.0)
                .containsEntry("time/total_timesteps", 10.0)
                .containsEntry("time/time_elapsed", 1.0)
                .containsEntry("time/fps", 6.0)
                .containsEntry("train/n_updates", 4.0)
                .containsEntry("rollout/ep_len_mean", 2.0);
    }

    @Test
    void whatTheProbeReadsIsAveragedInRowsAndEvaluations() {
        LearnerSetup setup = setup(TrainerTest::game, 2);
        FakeLearner learner = new FakeLearner(setup, 1);
        List<Map<String, Double>> rows = new ArrayList<>();
        Hooks hooks = Hooks.QUIET.withLogs(List.of(new Rows((steps, row) -> rows.add(row))));
        EpisodeProbe probe = (last, into) -> into.record("lb/mean_s", last.reward(0));
        try (Trainer trainer = new Trainer(
                learner, setup, new TrainOptions(1, 0, 4, 1, 0, 3, 0, 4), TrainerTest::game, probe, hooks)) {
            trainer.run(4, Long.MAX_VALUE);
        }

        assertThat(rows.get(0).get("lb/mean_s")).isCloseTo(rows.get(0).get("rollout/ep_rew_mean"), within(1e-9));
        assertThat(rows.get(1)).containsKey("eval/mean_s");
    }

    @Test
    void evaluationsPlayTheSameEpisodesAndLeaveNoTrace() {
        try (Trainer evaluates =
                        trainer(TrainerTest::cartPole, 50, new TrainOptions(1, 0, 1, 1, 1, 3, 0, 1), Hooks.QUIET);
                Trainer never =
                        trainer(TrainerTest::cartPole, 50, new TrainOptions(1, 0, 1, 1, 0, 3, 0, 1), Hooks.QUIET)) {
            evaluates.run(10, Long.MAX_VALUE);
            never.run(10, Long.MAX_VALUE);

            assertThat(evaluates.evaluate()).isEqualTo(never.evaluate());
            assertSame(saved(evaluates), saved(never));
        }
    }

    @Test
    void cancellationEndsAfterTheIterationWithACheckpoint() {
        AtomicInteger checkpoints = new AtomicInteger();
        AtomicInteger asked = new AtomicInteger();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void checkpoint(Trainer trainer) {
                checkpoints.incrementAndGet();
            }
        };
        Hooks hooks = new Hooks(2, () -> 0, List.of(), listener, () -> asked.incrementAndGet() > 3);
        try (Trainer trainer = trainer(TrainerTest::game, 2, TrainOptions.episodes(1, 1), hooks)) {
            assertThat(trainer.run(1000, Long.MAX_VALUE)).isFalse();

            assertThat(trainer.episodes()).isEqualTo(3);
            assertThat(checkpoints).hasValue(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void divergenceEndsTheRunWithoutACheckpoint(int threads) {
        AtomicInteger checkpoints = new AtomicInteger();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void checkpoint(Trainer trainer) {
                checkpoints.incrementAndGet();
            }
        };
        LearnerSetup setup = setup(TrainerTest::game, 2);
        FakeLearner learner = new FakeLearner(setup, 1).divergesAt(7);
        Hooks hooks = Hooks.QUIET.withThreads(threads).withListener(listener);
        try (Trainer trainer =
                new Trainer(learner, setup, TrainOptions.episodes(1, 1), TrainerTest::game, EpisodeProbe.NONE, hooks)) {
            assertThatThrownBy(() -> trainer.run(100, Long.MAX_VALUE))
                    .isInstanceOf(DivergenceException.class)
                    .hasMessageContaining("critic 0, loss was NaN at update 7, seed 5");
        }

        assertThat(checkpoints).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anExplodingLossIsDivergenceAndTheLastGoodCheckpointStays(int threads) {
        AtomicLong checkpoint = new AtomicLong(-1);
        TrainingListener listener = new TrainingListener() {
            @Override
            public void checkpoint(Trainer trainer) {
                checkpoint.set(trainer.learner().updates());
            }
        };
        LearnerSetup setup = setup(TrainerTest::game, 2);
        FakeLearner learner = new FakeLearner(setup, 1).explodesAt(7);
        TrainOptions options = new TrainOptions(1, 0, 1, 1, 0, 1, 1, 1);
        Hooks hooks = Hooks.QUIET.withThreads(threads).withListener(listener);
        try (Trainer trainer = new Trainer(learner, setup, options, TrainerTest::game, EpisodeProbe.NONE, hooks)) {
            assertThatThrownBy(() -> trainer.run(100, Long.MAX_VALUE))
                    .isInstanceOf(DivergenceException.class)
                    .hasMessageContaining("train/critic_loss was 1.0E13 at update 8, seed 5");
        }

        assertThat(checkpoint).hasValue(7);
    }

    @Test
    void aStateThatDoesNotFitIsRefusedByName() {
        for (Map.Entry<String, Object> wrong : Map.<String, Object>of(
                        "trainer.counters", new long[] {1, 2},
                        "trainer.recent", new float[2],
                        "trainer.environment.0.length", new long[] {1, 100},
                        "trainer.environment.0.actions", new float[4],
                        "trainer.environment.0.states", new long[3])
                .entrySet()) {
            try (Trainer first =
                            trainer(TrainerTest::pendulum, 7, new TrainOptions(1, 10, 1, 0, 0, 1, 0, 1), Hooks.QUIET);
                    Trainer second =
                            trainer(TrainerTest::pendulum, 7, new TrainOptions(1, 10, 1, 0, 0, 1, 0, 1), Hooks.QUIET)) {
                first.run(Long.MAX_VALUE, 10);
                Tensors crafted = with(saved(first), wrong.getKey(), wrong.getValue());

                assertThatThrownBy(() -> second.load(crafted))
                        .as(wrong.getKey())
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(wrong.getKey());
            }
        }
    }

    private static Tensors with(Tensors all, String changed, Object values) {
        Tensors copy = new Tensors();
        for (String name : all.names()) {
            if (name.equals(changed) && values instanceof long[] longs) {
                copy.put(name, longs);
            } else if (name.equals(changed)) {
                copy.put(name, (float[]) values);
            } else if (all.isFloat(name)) {
                copy.put(name, all.floats(name));
            } else {
                copy.put(name, all.longs(name));
            }
        }
        return copy;
    }

    @Test
    void nobodyPlaysAnyMoreWhenARunHasFailed() {
        AtomicInteger made = new AtomicInteger();
        CountDownLatch failed = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicBoolean playedOn = new AtomicBoolean();
        Supplier<ParallelEnv> environments = () -> {
            int index = made.getAndIncrement();
            return new Wrapper(game()) {
                @Override
                public void step(float[][] actions, StepResult into) {
                    if (index == 0) {
                        failed.countDown();
                        throw new IllegalArgumentException("broken");
                    }
                    awaits(failed, 30_000);
                    playedOn.set(awaits(closed, 200)); // only what is wrong counts it down
                    super.step(actions, into);
                }

                @Override
                public void close() {
                    closed.countDown();
                    super.close();
                }
            };
        };
        LearnerSetup setup = setup(TrainerTest::game, 2);
        FakeLearner learner = new FakeLearner(setup, 1);
        TrainOptions options = new TrainOptions(2, 1, 1, 1, 0, 1, 0, 1);

        try (Trainer trainer =
                new Trainer(learner, setup, options, environments, EpisodeProbe.NONE, Hooks.QUIET.withThreads(3))) {
            assertThatThrownBy(() -> trainer.run(1, Long.MAX_VALUE)).hasMessage("broken");
        }

        assertThat(playedOn).isFalse();
    }

    private static boolean awaits(CountDownLatch latch, long millis) {
        try {
            return latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anEnvironmentOfAnotherShapeIsRefused() {
        LearnerSetup setup = setup(TrainerTest::game, 2);

        assertThatThrownBy(() -> new Trainer(
                        new FakeLearner(setup, 1),
                        setup,
                        EPISODES,
                        TrainerTest::cartPole,
                        EpisodeProbe.NONE,
                        Hooks.QUIET))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 1 agents, but the learner is for 2");
    }

    /** A log that hands rows on. */
    private record Rows(java.util.function.BiConsumer<Long, Map<String, Double>> to) implements TrainingLog {

        @Override
        public void row(long steps, Map<String, Double> values) {
            to.accept(steps, values);
        }

        @Override
        public void close() {}
    }
}
