package io.marllb.core.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class WrapperTest {

    /** Counts up by the action; observes (count, step); pays the count; never ends. */
    private static final class Ramp implements Env {
        private final Lifecycle lifecycle = Lifecycle.single("Ramp", actionSpace());
        private float count;
        private int t;

        @Override
        public String name() {
            return "Ramp";
        }

        @Override
        public Box observationSpace() {
            return Box.of(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 2);
        }

        @Override
        public Space actionSpace() {
            return Box.of(0f, 10f, 1);
        }

        @Override
        public void reset(OptionalLong seed, StepResult into) {
            count = lifecycle.reset(seed).nextInt(100);
            t = 0;
            write(into, 0);
        }

        @Override
        public void step(float[] action, StepResult into) {
            lifecycle.checkStep(action);
            count += action[0];
            t++;
            write(into, count);
        }

        private void write(StepResult into, double reward) {
            into.clear();
            into.observation()[0] = count;
            into.observation()[1] = t;
            into.set(0, reward, false, false);
        }

        @Override
        public void close() {
            lifecycle.close();
        }
    }

    @Test
    void everyWrapperKeepsTheContract() {
        List<UnaryOperator<ParallelEnv>> wrappers = List.of(
                e -> new TimeLimit(e, 7),
                RecordEpisodeStatistics::new,
                e -> new SelectFeatures(e, 1),
                e -> new FrameStack(e, 3),
                AgentIndicator::new,
                e -> new FrameStack(new SelectFeatures(new TimeLimit(e, 9), 0), 2));
        for (UnaryOperator<ParallelEnv> wrapper : wrappers) {
            EnvReport report = EnvChecker.check(() -> wrapper.apply(new WalkEnv(20)));
            assertThat(report.violations()).as(report.toString()).isEmpty();
        }

        List<UnaryOperator<ParallelEnv>> continuous = List.of(
                ClipAction::new,
                e -> new RescaleAction(e, -1f, 1f),
                e -> new RescaleAction(new ClipAction(new TimeLimit(e, 3)), -1f, 1f));
        for (UnaryOperator<ParallelEnv> wrapper : continuous.subList(0, 2)) {
            EnvReport report = EnvChecker.check(() -> new TimeLimit(wrapper.apply(new Ramp().parallel()), 30));
            assertThat(report.violations()).as(report.toString()).isEmpty();
        }
        assertThatThrownBy(() -> continuous.get(2).apply(new Ramp().parallel()))
                .hasMessageContaining("RescaleAction needs finite bounds");
    }

    @Test
    void frozenNormalisersKeepTheContract() {
        EnvReport report = EnvChecker.check(() -> {
            NormalizeObservation n = NormalizeObservation.shared(new WalkEnv(20), 10f);
            n.restore(0, RunningMoments.of(9, new double[] {1, 2}, new double[] {4, 0}));
            n.freeze();
            NormalizeReward r = new NormalizeReward(n, 0.99);
            r.freeze();
            return r;
        });

        assertThat(report.violations()).as(report.toString()).isEmpty();
    }

    @Test
    void timeLimitTruncatesAndDoesNotTerminate() {
        Env env = new Ramp().with(e -> new TimeLimit(e, 3));
        env.reset(1);

        assertThat(env.step(1f).truncated()).isFalse();
        assertThat(env.step(1f).truncated()).isFalse();
        StepResult last = env.step(1f);

        assertThat(last.truncated()).isTrue();
        assertThat(last.terminated()).isFalse();
        assertThatThrownBy(() -> env.step(1f))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("truncated after 3 steps");
        assertThat(env.reset().truncated()).isFalse();
        assertThat(env.step(1f).truncated()).isFalse();
    }

    @Test
    void anEndOfTheInnerEpisodeInTheLastStepIsFine() {
        ParallelEnv env = new TimeLimit(new WalkEnv(5), 5);
        env.reset(1);
        StepResult r = null;
        for (int t = 0; t < 5; t++) {
            r = env.step(new float[][] {{0f}, {0f, 0f}});
        }

        assertThat(r.truncated(0)).isTrue();
        assertThat(env.agents()).isEmpty();
    }

    @Test
    void statisticsSumRewardsOfTheEpisode() {
        RecordEpisodeStatistics[] wrapper = new RecordEpisodeStatistics[1];
        Env env = new Ramp().with(e -> {
            wrapper[0] = new RecordEpisodeStatistics(new TimeLimit(e, 3));
            return wrapper[0];
        });

        float start = env.reset(5).observation()[0];
        env.step(1f);
        assertThat(env.step(2f).info()).isEmpty();
        StepResult last = env.step(3f);

        double expected = 3 * start + 1 + 3 + 6;
        assertThat(last.info())
                .containsEntry(StepResult.EPISODE, new RecordEpisodeStatistics.Episode(List.of(expected), 3));
        assertThat(wrapper[0].recent()).hasSize(1);
        assertThat(wrapper[0].recent().get(0).meanReturn()).isEqualTo(expected);
    }

    @Test
    void runningMomentsEqualTheTwoPassFormulasAndMerge() {
        RandomGenerator random = Streams.of(4).stream("test");
        float[][] samples = new float[500][3];
        RunningMoments all = new RunningMoments(3);
        RunningMoments left = new RunningMoments(3);
        RunningMoments right = new RunningMoments(3);
        for (int k = 0; k < samples.length; k++) {
            for (int i = 0; i < 3; i++) {
                samples[k][i] = (float) (1e4 * i + random.nextGaussian() * (i + 1));
            }
            all.add(samples[k]);
            (k < 123 ? left : right).add(samples[k]);
        }
        left.merge(right);

        for (int i = 0; i < 3; i++) {
            int feature = i;
            double mean = Arrays.stream(samples)
                    .mapToDouble(s -> s[feature])
                    .average()
                    .orElseThrow();
            double variance = Arrays.stream(samples)
                    .mapToDouble(s -> (s[feature] - mean) * (s[feature] - mean))
                    .average()
                    .orElseThrow();
            assertThat(all.mean(i)).isCloseTo(mean, within(1e-9 * (1 + Math.abs(mean))));
            assertThat(all.variance(i)).isCloseTo(variance, within(1e-9 * (1 + variance)));
            assertThat(left.mean(i)).isCloseTo(mean, within(1e-9 * (1 + Math.abs(mean))));
            assertThat(left.variance(i)).isCloseTo(variance, within(1e-9 * (1 + variance)));
        }
        assertThat(left.count()).isEqualTo(500);
    }

    @Test
    void normalisedObservationsAreTheFormulaAndComeBackFromSavedMoments() {
        NormalizeObservation training = NormalizeObservation.shared(new Ramp().parallel(), 10f);
        Env env = training.single();
        List<float[]> raw = new ArrayList<>();
        Env twin = new Ramp();
        raw.add(twin.reset(1).observation());
        env.reset(1);
        StepResult r = null;
        for (int k = 0; k < 50; k++) {
            raw.add(twin.step(k % 3).observation());
            r = env.step(k % 3);
        }

        RunningMoments expected = new RunningMoments(2);
        raw.forEach(expected::add);
        float[] last = raw.get(raw.size() - 1);
        for (int i = 0; i < 2; i++) {
            double z = (last[i] - expected.mean(i)) / Math.sqrt(expected.variance(i) + 1e-8);
            assertThat(r.observation()[i]).isEqualTo((float) z);
        }

        RunningMoments saved = training.moments(0);
        NormalizeObservation serving = NormalizeObservation.shared(new Ramp().parallel(), 10f);
        serving.restore(0, RunningMoments.of(saved.count(), saved.mean(), saved.variance()));
        serving.freeze();
        float[] served = serving.reset(1).observation();
        double z = (raw.get(0)[0] - saved.mean(0)) / Math.sqrt(saved.variance(0) + 1e-8);
        assertThat(served[0]).isEqualTo((float) Math.max(-10, Math.min(10, z)));
        assertThat(serving.moments(0).count()).isEqualTo(51);
    }

    @Test
    void sharedMomentsRestoreForAllAgentsAndOwnMomentsForOne() {
        RunningMoments saved = RunningMoments.of(3, new double[] {5, 6}, new double[] {1, 2});
        NormalizeObservation shared = NormalizeObservation.shared(new WalkEnv(5), 10f);
        NormalizeObservation own = NormalizeObservation.perAgent(new WalkEnv(5), 10f);

        shared.restore(0, saved);
        own.restore(0, saved);

        assertThat(shared.moments(1).mean()).containsExactly(5, 6);
        assertThat(own.moments(1).mean()).containsExactly(0, 0);
        assertThatThrownBy(() -> own.restore(0, new RunningMoments(3)))
                .hasMessageContaining("3 features, but Walk has 2");
        assertThatThrownBy(() -> RunningMoments.of(1, new double[] {Double.NaN}, new double[] {1}))
                .hasMessageContaining("mean[0] must be finite");
    }

    @Test
    void normalisedRewardsHaveTheScaleOfTheDiscountedReturn() {
        NormalizeReward wrapper = new NormalizeReward(new Ramp().parallel(), 0.5);
        Env env = wrapper.single();
        float start = env.reset(3).observation()[0];

        env.step(1f);
        StepResult second = env.step(2f);

        double r1 = start + 1;
        double r2 = start + 3;
        double g2 = 0.5 * r1 + r2;
        double deviation = Math.abs(g2 - r1) / 2; // population, of r1 and g2
        assertThat(second.reward()).isCloseTo(r2 / Math.sqrt(deviation * deviation + 1e-8), within(1e-9));
        assertThat(wrapper.moments().count()).isEqualTo(2);
    }

    @Test
    void clipActionClipsAndRescaleActionMapsTheEnds() {
        Env clipped = new Ramp().with(ClipAction::new);
        float start = clipped.reset(1).observation()[0];
        assertThat(clipped.step(99f).observation()[0]).isEqualTo(start + 10);
        assertThat(clipped.step(-99f).observation()[0]).isEqualTo(start + 10);
        assertThatThrownBy(() -> clipped.step(Float.NaN)).hasMessageContaining("NaN");

        Env rescaled = new Ramp().with(e -> new RescaleAction(e, -1f, 1f));
        start = rescaled.reset(1).observation()[0];
        assertThat(rescaled.step(-1f).observation()[0]).isEqualTo(start);
        assertThat(rescaled.step(0f).observation()[0]).isEqualTo(start + 5);
        assertThat(rescaled.step(1f).observation()[0]).isEqualTo(start + 15);
        assertThatThrownBy(() -> rescaled.step(1.5f)).hasMessageContaining("[-1.0, 1.0], but was 1.5");
    }

    @Test
    void frameStackShowsTheLastObservationsOldestFirst() {
        Env env = new Ramp().with(e -> new FrameStack(e, 3));
        float s = env.reset(1).observation()[0];

        assertThat(env.reset(1).observation()).containsExactly(s, 0, s, 0, s, 0);
        assertThat(env.step(1f).observation()).containsExactly(s, 0, s, 0, s + 1, 1);
        assertThat(env.step(1f).observation()).containsExactly(s, 0, s + 1, 1, s + 2, 2);
        assertThat(env.observationSpace().shape()).containsExactly(3, 2);
    }

    @Test
    void selectedFeaturesHideTheRestFromTheAgentButNotFromTheState() {
        ParallelEnv env = new SelectFeatures(new Ramp().parallel(), 1);
        env.reset(1);
        StepResult r = env.step(new float[][] {{2f}});

        assertThat(r.observation()).containsExactly(1f);
        assertThat(env.state()).hasSize(2);
        assertThatThrownBy(() -> new SelectFeatures(new Ramp().parallel(), 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theIndicatorTellsEachAgentWhoItIs() {
        ParallelEnv env = new AgentIndicator(new WalkEnv(5));
        StepResult plain = new WalkEnv(5).reset(3);
        StepResult r = env.reset(3);

        assertThat(r.observation(0)).startsWith(plain.observation(0)).endsWith(1f, 0f);
        assertThat(r.observation(1)).startsWith(plain.observation(1)).endsWith(0f, 1f);
        assertThat(env.observationSpace(env.possibleAgents().get(1)).size()).isEqualTo(plain.observation(1).length + 2);
    }

    @Test
    void adaptersUnwrapEachOther() {
        Env ramp = new Ramp();
        assertThat(ramp.parallel().single()).isSameAs(ramp);
        ParallelEnv limited = new TimeLimit(ramp.parallel(), 2);
        assertThat(limited.single().parallel()).isSameAs(limited);
        assertThatThrownBy(() -> new WalkEnv(3).single()).hasMessageContaining("2 agents");
    }

    @Test
    void messagesTeach() {
        Env ramp = new Ramp();
        assertThatThrownBy(() -> ramp.step(1f)).hasMessage("Ramp: step before reset; call reset(seed) first");
        assertThatThrownBy(ramp::reset).hasMessageContaining("the first reset needs a seed");
        ramp.reset(1);
        assertThatThrownBy(() -> ramp.step(11f))
                .hasMessage("Ramp: action of agent_0: entry 0 must be finite and in [0.0, 10.0], but was 11.0; "
                        + "the action space is Box(0.0, 10.0, [1])");
        ramp.close();
        ramp.close();
        assertThatThrownBy(() -> ramp.reset(1)).hasMessageContaining("closed");
    }
}
