package io.marllb.agents.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Tensors;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SequenceReplayTest {

    private static final int AGENTS = 2;
    private static final float AGENT = 0.25f; // added to what an agent of that index sees

    private final RandomGenerator random = Streams.of(1).stream("test");

    /** Observation of agent i at step t of episode e: {e, t + i / 4}; action t; reward 10 t + i; state {t}. */
    private static Episode episode(int e, int length, int horizon, boolean terminates) {
        Episode episode = new Episode(AGENTS, 2, 1, 1, horizon);
        episode.begin(seen(e, 0), new float[] {0});
        for (int t = 0; t < length; t++) {
            boolean last = t == length - 1;
            episode.append(
                    new float[][] {{t}, {t}},
                    new double[] {10.0 * t, 10.0 * t + 1},
                    last && terminates,
                    last && !terminates,
                    seen(e, t + 1),
                    new float[] {t + 1});
        }
        return episode;
    }

    private static float[][] seen(int e, int t) {
        return new float[][] {{e, t}, {e, t + AGENT}};
    }

    private static SequenceBatch batch(int burnIn, int time, int ahead, int size) {
        return new SequenceBatch(AGENTS, 2, 1, 1, burnIn, time, ahead, size);
    }

    @Test
    void wholeEpisodesComeWithAllAgentsAndTheState() {
        SequenceReplay replay = new SequenceReplay(100, 5, false, 0);
        replay.add(episode(0, 5, 5, false));
        replay.add(episode(1, 3, 5, true));
        SequenceBatch drawn = batch(0, 5, 1, 16);

        replay.sample(random, 0, drawn);

        for (int b = 0; b < 16; b++) {
            int e = (int) drawn.observations(0).get(b, 0);
            int length = e == 0 ? 5 : 3;
            for (int t = 0; t < 5; t++) {
                int row = t * 16 + b;
                boolean there = t < length;
                assertThat(drawn.mask()[row]).isEqualTo(there ? 1f : 0f);
                assertThat(drawn.recorded()[row]).isEqualTo(there ? 1f : 0f);
                assertThat(drawn.actions(1)[row]).isEqualTo(there ? t : 0f);
                assertThat(drawn.rewards(1)[row]).isEqualTo(there ? 10f * t + 1 : 0f);
                assertThat(drawn.terminated()[row]).isEqualTo(e == 1 && t == 2 ? 1f : 0f);
            }
            for (int t = 0; t <= 5; t++) {
                int row = t * 16 + b;
                assertThat(drawn.states().get(row, 0)).isEqualTo(t <= length ? t : 0f);
                assertThat(drawn.observations(1).get(row, 1)).isEqualTo(t <= length ? t + AGENT : 0f);
            }
        }
        assertThat(drawn.steps()).isBetween(3.0 * 16, 5.0 * 16);
    }

    @Test
    void withEdgesEveryStepIsLearntFromEquallyOften() {
        SequenceReplay replay = new SequenceReplay(1000, 4, true, 0);
        replay.add(episode(0, 10, 10, true));
        replay.add(episode(1, 2, 10, true));
        SequenceBatch drawn = batch(3, 4, 1, 50);
        int[][] seen = new int[2][10];

        int rounds = 4000;
        for (int i = 0; i < rounds; i++) {
            replay.sample(random, 0, drawn);
            for (int row = 0; row < 4 * 50; row++) {
                if (drawn.mask()[row] == 1) {
                    int at = row + 3 * 50;
                    int e = (int) drawn.observations(0).get(at, 0);
                    seen[e][(int) drawn.observations(0).get(at, 1)]++;
                }
            }
        }

        // 13 + 5 windows, each step in 4 of them; the standard deviation of a count is about 190
        double expected = rounds * 50 * 4 / 18.0;
        for (int t = 0; t < 10; t++) {
            assertThat((double) seen[0][t]).isCloseTo(expected, within(1000.0));
        }
        assertThat((double) seen[1][0]).isCloseTo(expected, within(1000.0));
        assertThat((double) seen[1][1]).isCloseTo(expected, within(1000.0));
    }

    @Test
    void burnInIsWhatCameBeforeAndZeroBeforeTheEpisode() {
        SequenceReplay replay = new SequenceReplay(1000, 2, true, 0);
        replay.add(episode(7, 9, 9, false));
        SequenceBatch drawn = batch(3, 2, 1, 200);

        replay.sample(random, 0, drawn);

        boolean short0 = false;
        for (int b = 0; b < 200; b++) {
            int start = (int) drawn.observations(0).get(3 * 200 + b, 1);
            assertThat(drawn.warmUp(b)).isEqualTo(Math.min(3, start));
            short0 |= start < 3;
            for (int r = 0; r < 3; r++) {
                boolean there = start - 3 + r >= 0;
                assertThat(drawn.observations(0).get(r * 200 + b, 0)).isEqualTo(there ? 7f : 0f);
                assertThat(drawn.actions(0)[r * 200 + b]).isEqualTo(there ? start - 3f + r : 0f);
            }
        }
        assertThat(short0).isTrue();
    }

    @Test
    void terminatedStepsDoNotBootstrapAndTruncatedOnesDo() {
        SequenceReplay terminating = new SequenceReplay(100, 3, false, 0);
        terminating.add(episode(0, 3, 3, true));
        SequenceReplay truncating = new SequenceReplay(100, 3, false, 0);
        truncating.add(episode(0, 3, 3, false));
        SequenceBatch drawn = batch(0, 3, 1, 1);
        float[] values = {1, 2, 3, 4};
        float[] targets = new float[3];

        terminating.sample(random, 0, drawn);
        drawn.targets(0, 0.5, values, targets);
        assertThat(targets).containsExactly(0 + 0.5f * 2, 10 + 0.5f * 3, 20);

        truncating.sample(random, 0, drawn);
        drawn.targets(0, 0.5, values, targets);
        assertThat(targets).containsExactly(0 + 0.5f * 2, 10 + 0.5f * 3, 20 + 0.5f * 4);
    }

    @Test
    void targetsOfSeveralStepsEndWithTheRecord() {
        SequenceReplay replay = new SequenceReplay(100, 4, false, 0);
        replay.add(episode(0, 4, 4, false));
        SequenceBatch drawn = batch(0, 4, 3, 1);
        float[] values = {100, 200, 300, 400, 500, 600, 700};
        float[] targets = new float[4];

        replay.sample(random, 0, drawn);
        drawn.targets(0, 0.5, values, targets);

        assertThat(targets[0]).isEqualTo((float) (0 + 0.5 * 10 + 0.25 * 20 + 0.125 * 400));
        assertThat(targets[1]).isEqualTo((float) (10 + 0.5 * 20 + 0.25 * 30 + 0.125 * 500));
        assertThat(targets[2]).isEqualTo((float) (20 + 0.5 * 30 + 0.25 * 500));
        assertThat(targets[3]).isEqualTo((float) (30 + 0.5 * 500));
    }

    @Test
    void oldestEpisodesAreDropped() {
        SequenceReplay replay = new SequenceReplay(10, 2, true, 0);
        for (int e = 0; e < 7; e++) {
            replay.add(episode(e, 4, 8, true));
        }
        SequenceBatch drawn = batch(0, 2, 1, 200);

        replay.sample(random, 0, drawn);

        assertThat(replay.steps()).isEqualTo(8);
        assertThat(replay.episodes()).isEqualTo(2);
        for (int b = 0; b < 200; b++) {
            assertThat(drawn.observations(0).get(b, 0)).isGreaterThanOrEqualTo(5f);
        }
    }

    @Test
    void anEpisodeThatGoesOnIsRefused() {
        SequenceReplay replay = new SequenceReplay(100, 1, true, 0);
        Episode growing = new Episode(AGENTS, 2, 1, 1, 10);
        growing.begin(seen(0, 0), new float[] {0});
        growing.append(new float[][] {{0}, {0}}, new double[2], false, false, seen(0, 1), new float[] {1});

        assertThatThrownBy(() -> replay.add(growing))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the episode must have ended, but it goes on after 1 steps");
        assertThat(replay.steps()).isZero();
        SequenceBatch drawn = batch(0, 1, 1, 50);
        assertThatThrownBy(() -> replay.sample(random, 0, drawn)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void windowsAreDrawnByPriorityAndWeightsUndoIt() {
        SequenceReplay replay = new SequenceReplay(100, 1, true, 0.5);
        replay.add(episode(0, 4, 4, true));
        SequenceBatch drawn = batch(0, 1, 1, 400);
        replay.sample(random, 1, drawn);
        float[] errors = new float[400];
        for (int b = 0; b < 400; b++) {
            float t = drawn.observations(0).get(b, 1);
            errors[b] = t == 2 ? 36 : 4;
        }
        replay.prioritise(drawn, errors);

        int[] counts = new int[4];
        for (int i = 0; i < 100; i++) {
            replay.sample(random, 1, drawn);
            for (int b = 0; b < 400; b++) {
                int t = (int) drawn.observations(0).get(b, 1);
                counts[t]++;
                assertThat(drawn.weights()[b]).isCloseTo(t == 2 ? 1 / 3f : 1f, within(1e-5f));
            }
        }

        // p = 2, 2, 6, 2 of 12; four standard deviations of a count are below 450
        assertThat((double) counts[2]).isCloseTo(20_000, within(450.0));
        assertThat((double) counts[0]).isCloseTo(20_000 / 3.0, within(450.0));
    }

    @Test
    void drawsTheSameBitsAfterSaveAndLoad() {
        for (double exponent : new double[] {0, 0.6}) {
            SequenceReplay replay = new SequenceReplay(30, 3, true, exponent);
            for (int e = 0; e < 9; e++) {
                replay.add(episode(e, 2 + e % 5, 8, e % 2 == 0));
            }
            SequenceBatch drawn = batch(2, 3, 2, 8);
            replay.sample(random, 0.4, drawn);
            float[] errors = new float[24];
            for (int i = 0; i < errors.length; i++) {
                errors[i] = i;
            }
            replay.prioritise(drawn, errors);
            Tensors tensors = new Tensors();
            replay.save("replay.", tensors);
            SequenceReplay loaded = new SequenceReplay(30, 3, true, exponent);
            loaded.load("replay.", tensors, AGENTS, 2, 1, 1);
            replay.add(episode(20, 3, 5, true));
            loaded.add(episode(20, 3, 5, true));
            SequenceBatch again = batch(2, 3, 2, 8);

            for (int i = 0; i < 20; i++) {
                replay.sample(Streams.of(2).stream("draw", i), 0.4, drawn);
                loaded.sample(Streams.of(2).stream("draw", i), 0.4, again);

                assertThat(again.observations(1).array())
                        .isEqualTo(drawn.observations(1).array());
                assertThat(again.states().array()).isEqualTo(drawn.states().array());
                assertThat(again.rewards(0)).isEqualTo(drawn.rewards(0));
                assertThat(again.terminated()).isEqualTo(drawn.terminated());
                assertThat(again.mask()).isEqualTo(drawn.mask());
                assertThat(again.weights()).isEqualTo(drawn.weights());
            }
        }
    }

    @Test
    void loadSaysWhatDoesNotFitAndKeepsWhatThereWas() {
        SequenceReplay replay = new SequenceReplay(30, 3, true, 0);
        replay.add(episode(0, 4, 8, false));
        Tensors good = new Tensors();
        replay.save("replay.", good);
        SequenceReplay other = new SequenceReplay(30, 3, true, 0);
        other.add(episode(1, 5, 8, false));

        assertThatThrownBy(() -> other.load("replay.", good, AGENTS, 7, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be [2, 7, 1, 1], but were [2, 2, 1, 1]");
        assertThatThrownBy(
                        () -> other.load("replay.", without(good, "replay.rewards.1", new float[3]), AGENTS, 2, 1, 1))
                .hasMessageContaining("'replay.rewards.1' must hold 4 numbers, but has 3");
        assertThatThrownBy(() -> other.load(
                        "replay.", without(good, "replay.layout", new long[] {2, 5, 2, 2, 1, 1}), AGENTS, 2, 1, 1))
                .hasMessageContaining("oldest slot in [0, 2), but has 5");
        assertThatThrownBy(() -> other.load("replay.", without(good, "replay.layout", new long[] {2}), AGENTS, 2, 1, 1))
                .hasMessageContaining("must hold 6 numbers, but has 1");
        assertThat(other.steps()).isEqualTo(5);
    }

    /** The same with one tensor replaced. */
    private static Tensors without(Tensors from, String replaced, Object by) {
        Tensors t = new Tensors();
        for (String name : from.names()) {
            Object values = name.equals(replaced) ? by : from.isFloat(name) ? from.floats(name) : from.longs(name);
            if (values instanceof float[] floats) {
                t.put(name, floats);
            } else {
                t.put(name, (long[]) values);
            }
        }
        return t;
    }
}
