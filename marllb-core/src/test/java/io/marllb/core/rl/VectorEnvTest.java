package io.marllb.core.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rl.VectorEnv.Autoreset;
import io.marllb.core.rng.Streams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VectorEnvTest {

    private static final int COUNT = 5;

    /** Environments with different horizons, so that their ends fall on different steps. */
    private static VectorEnv vector(int threads, Autoreset mode) {
        return new VectorEnv(i -> new WalkEnv(4 + i), COUNT, threads, mode);
    }

    private static float[][][] actions(VectorEnv env, RandomGenerator random) {
        float[][][] actions = new float[env.count()][2][];
        for (float[][] a : actions) {
            a[0] = env.env(0).actionSpace(env.env(0).possibleAgents().get(0)).sample(random);
            a[1] = env.env(0).actionSpace(env.env(0).possibleAgents().get(1)).sample(random);
        }
        return actions;
    }

    private static List<String> run(int threads, Autoreset mode) {
        List<String> log = new ArrayList<>();
        RandomGenerator random = Streams.of(1).stream("actions");
        try (VectorEnv env = vector(threads, mode)) {
            log.add(env.reset(7).toString());
            for (int t = 0; t < 40; t++) {
                boolean[] ended = new boolean[COUNT];
                List<StepResult> results = env.step(actions(env, random));
                log.add(results.toString());
                for (int i = 0; i < COUNT; i++) {
                    ended[i] = results.get(i).ended(0);
                }
                if (mode == Autoreset.DISABLED) {
                    log.add(env.reset(ended).toString());
                }
            }
        }
        return log;
    }

    @ParameterizedTest
    @EnumSource(Autoreset.class)
    void resultsAreTheSameBitsWithOneTwoAndFourThreads(Autoreset mode) {
        // Float.toString and Double.toString are injective but for NaN payloads, so equal texts are equal bits
        List<String> one = run(1, mode);

        assertThat(run(2, mode)).isEqualTo(one);
        assertThat(run(4, mode)).isEqualTo(one);
    }

    @Test
    void eachEnvironmentRunsAsItWouldAlone() {
        RandomGenerator random = Streams.of(1).stream("actions");
        try (VectorEnv env = vector(2, Autoreset.NEXT_STEP);
                ParallelEnv alone = new WalkEnv(4 + 3)) {
            assertThat(env.reset(7).get(3)).hasToString(alone.reset(7 + 3).toString());
            for (int t = 0; t < 30; t++) {
                float[][][] actions = actions(env, random);
                List<StepResult> results = env.step(actions);
                StepResult expected = alone.agents().isEmpty() ? alone.reset() : alone.step(actions[3]);
                assertThat(results.get(3)).hasToString(expected.toString());
            }
        }
    }

    @Test
    void nextStepResetsOnTheStepAfterTheEnd() {
        try (VectorEnv env = new VectorEnv(i -> new WalkEnv(2), 1, 1, Autoreset.NEXT_STEP)) {
            float[][][] still = {{{0f}, {0f, 0f}}};
            env.reset(1);
            env.step(still);
            assertThat(env.step(still).get(0).truncated(0)).isTrue();

            StepResult reset = env.step(still).get(0);

            assertThat(reset.ended(0)).isFalse();
            assertThat(reset.reward(0)).isZero();
            assertThat(env.step(still).get(0).reward(0)).isNotZero();
        }
    }

    @Test
    void sameStepKeepsTheFinalResultInInfo() {
        try (VectorEnv env =
                        new VectorEnv(i -> new RecordEpisodeStatistics(new WalkEnv(2)), 1, 1, Autoreset.SAME_STEP);
                ParallelEnv alone = new WalkEnv(2)) {
            float[][][] push = {{{1f}, {2f, 0f}}};
            env.reset(1);
            alone.reset(1);
            env.step(push);
            alone.step(push[0]);
            StepResult end = alone.step(push[0]);
            StepResult next = alone.reset();

            StepResult r = env.step(push).get(0);

            assertThat(r.truncated(0)).isTrue();
            assertThat(r.reward(0)).isEqualTo(end.reward(0));
            assertThat(r.observation(0)).containsExactly(next.observation(0));
            StepResult last = (StepResult) r.info().get(StepResult.FINAL_RESULT);
            assertThat(last.observation(0)).containsExactly(end.observation(0));
            assertThat(last.info()).containsKey(StepResult.EPISODE);
        }
    }

    @Test
    void disabledRefusesToStepAnEndedEnvironmentAndResetsByMask() {
        try (VectorEnv env = vector(2, Autoreset.DISABLED)) {
            float[][][] still = new float[COUNT][][];
            Arrays.fill(still, new float[][] {{0f}, {0f, 0f}});
            env.reset(1);
            for (int t = 0; t < 4; t++) {
                env.step(still);
            }
            assertThatThrownBy(() -> env.step(still))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("environment 0 has ended");

            StepResult other = env.reset(new boolean[] {true, false, false, false, false})
                    .get(1)
                    .copy();

            assertThat(other.reward(0)).isNotZero();
            env.step(still);
        }
    }

    @Test
    void aFailureNamesTheEnvironmentAndTheOthersFinish() {
        try (VectorEnv env = vector(3, Autoreset.NEXT_STEP)) {
            float[][][] actions = actions(env, Streams.of(1).stream("a"));
            env.reset(1);
            actions[2][0][0] = 5f;

            assertThatThrownBy(() -> env.step(actions))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("environment 2: Walk: action of push: entry 0")
                    .hasMessageContaining("5.0");
        }
    }

    @Test
    void refusesMixedEnvironmentsAndUseAfterClose() {
        assertThatThrownBy(() -> new VectorEnv(
                        i -> i == 0 ? new WalkEnv(3) : new FrameStack(new WalkEnv(3), 2), 2, 1, Autoreset.NEXT_STEP))
                .hasMessageContaining("environment 1 (Walk) has other agents or spaces");
        VectorEnv env = vector(2, Autoreset.NEXT_STEP);
        env.close();
        env.close();
        assertThatThrownBy(() -> env.reset(1)).hasMessageContaining("closed");
    }

    @Test
    void failuresOfSeveralThreadsComeTogetherAndAnInterruptIsKept() {
        try (VectorEnv env = new VectorEnv(
                i -> i == 0 ? new WalkEnv(9) : new WalkEnv(9, WalkEnv.Fault.THROWS_MIDWAY),
                3,
                3,
                Autoreset.NEXT_STEP)) {
            float[][][] still = new float[3][][];
            Arrays.fill(still, new float[][] {{0f}, {0f, 0f}});
            env.reset(1);
            for (int t = 0; t < 4; t++) {
                env.step(still);
            }
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> env.step(still))
                    .isInstanceOf(ArithmeticException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
