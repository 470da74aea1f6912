package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.agents.replay.SequenceReplay;
import io.marllb.agents.train.Settings;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.Space;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every loss against {@link SacReference}, every gradient against central differences of it. */
class SacUpdateTest {

    private static final int SERVERS = 2;
    private static final int FEATURES = 3;
    private static final int GLOBALS = 1;
    private static final int INPUTS = SERVERS * FEATURES + GLOBALS;
    private static final int AGENTS = 2;
    private static final int HORIZON = 7;
    private static final long SEED = 11;
    private static final double STEP = 1e-5;
    private static final double FIRST_MOMENT = 0.1; // 1 - β1: Adam's first moment after one step, over the gradient
    private static final int DIFFERENCES = 60; // parameters of a network whose gradient is checked

    private final RandomGenerator random = Streams.of(3).stream("test");

    private static SacConfig config(String kind, int gru, boolean shared) {
        boolean perServer = kind.equals("per-server");
        return Settings.of(SacConfig.seed())
                .with(Map.ofEntries(
                        Map.entry("network", kind),
                        Map.entry("before", "5"),
                        Map.entry("gru", Integer.toString(gru)),
                        Map.entry("actor-after", perServer ? "none" : "4"),
                        Map.entry("critic-after", perServer ? "none" : "6"),
                        Map.entry("max-norm", "Infinity"),
                        Map.entry("batch", "5"),
                        Map.entry("time", "4"),
                        Map.entry("burn-in", "2"),
                        Map.entry("steps", "2"),
                        Map.entry("discount", "0.9"),
                        Map.entry("warm-up", "0"),
                        Map.entry("temperature", "0.3"),
                        Map.entry("reward-scale", "2"),
                        Map.entry("share-parameters", Boolean.toString(shared))))
                .get(SacConfig.class);
    }

    /** An episode of random numbers; it terminates or is truncated. */
    private Episode episode(Space space, int length, boolean terminates) {
        Episode e = new Episode(AGENTS, INPUTS, space.size(), 0, HORIZON);
        e.begin(observations(), new float[0]);
        for (int t = 0; t < length; t++) {
            float[][] actions = new float[AGENTS][space.size()];
            double[] rewards = new double[AGENTS];
            for (int i = 0; i < AGENTS; i++) {
                rewards[i] = random.nextInt(9) / 8.0;
                for (int k = 0; k < space.size(); k++) {
                    actions[i][k] = space instanceof MultiDiscrete m
                            ? random.nextInt(m.count(k))
                            : (float) (1.8 * random.nextDouble() - 0.9);
                }
            }
            boolean last = t == length - 1;
            e.append(actions, rewards, last && terminates, last && !terminates, observations(), new float[0]);
        }
        return e;
    }

    private float[][] observations() {
        float[][] o = new float[AGENTS][INPUTS];
        for (int i = 0; i < AGENTS; i++) {
            for (int k = 0; k < INPUTS; k++) {
                o[i][k] = (float) (2 * random.nextDouble() - 1);
            }
            for (int j = 0; j < SERVERS; j++) {
                o[i][j * FEATURES] = 1; // active
            }
        }
        return o;
    }

    @ParameterizedTest
    @CsvSource({
        "discrete, recurrent, 3, false",
        "discrete, recurrent, 0, true",
        "discrete, per-server, 3, true",
        "continuous, recurrent, 3, true",
        "continuous, recurrent, 0, false",
        "continuous, per-server, 3, false"
    })
    void lossesAndGradientsAreThoseOfTheFormulas(String actions, String kind, int gru, boolean shared) {
        Space space = actions.equals("discrete") ? MultiDiscrete.of(3, 3, 2) : Box.of(-1, 1, 3);
        SacConfig config = config(kind, gru, shared);
        LearnerSetup setup = new LearnerSetup(AGENTS, INPUTS, space, 0, HORIZON, SERVERS, FEATURES, GLOBALS, SEED);
        Sac sac = new Sac(config, setup);
        SequenceReplay replay = new SequenceReplay(config.capacity(), 4, true, 0);
        for (int e = 0; e < 6; e++) {
            Episode episode = episode(space, 2 + e % 3 * 2, e % 2 == 0);
            sac.add(episode);
            replay.add(episode);
        }
        // the same windows and draws as the first update
        RandomGenerator draws = Streams.of(SEED).stream("sac.update", 0);
        SequenceBatch drawn = new SequenceBatch(AGENTS, INPUTS, 3, 0, gru > 0 ? 2 : 0, 4, 2, config.batch());
        replay.sample(draws, 0, drawn);
        for (int i = 0; i < AGENTS; i++) {
            for (int row = 0; row < drawn.rewards(i).length; row++) {
                drawn.rewards(i)[row] *= 2;
            }
        }
        Tensors before = new Tensors();
        sac.save(before);
        Map<String, Double> metrics = new HashMap<>();

        sac.update((key, value) -> metrics.merge(key, value, Double::sum));

        Tensors after = new Tensors();
        sac.save(after);
        Map<String, Double> expected = new HashMap<>();
        boolean perServer = kind.equals("per-server");
        for (int learner = 0; learner < sac.actors(); learner++) {
            int[] agents = shared ? new int[] {0, 1} : new int[] {learner};
            SacReference reference = new SacReference(
                    config,
                    sac.heads(),
                    sac.actor(),
                    sac.critic(),
                    SERVERS,
                    new CriticLayout(INPUTS, 3, perServer ? SERVERS : 0, FEATURES),
                    drawn,
                    agents);
            if (actions.equals("continuous")) {
                reference.draw(draws);
            }
            check(reference, "sac." + learner + ".", config, before, after, expected);
        }
        assertThat(metrics).containsKeys("train/ent_coef", "train/entropy", "train/actor_grad_norm");
        expected.forEach((key, value) ->
                assertThat(metrics.get(key)).as(key).isCloseTo(value, within(2e-5 * (1 + Math.abs(value)))));
        assertThat(sac.updates()).isEqualTo(1);
    }

    private void check(
            SacReference reference,
            String prefix,
            SacConfig config,
            Tensors before,
            Tensors after,
            Map<String, Double> expected) {
        double alpha = config.temperature();
        SacReference.Nets nets = new SacReference.Nets(
                doubles(before, prefix + "actor"),
                new double[][] {doubles(before, prefix + "critic.0"), doubles(before, prefix + "critic.1")},
                new double[][] {doubles(before, prefix + "target.0"), doubles(before, prefix + "target.1")},
                alpha);
        double[][] stepped = {doubles(after, prefix + "critic.0"), doubles(after, prefix + "critic.1")};
        double[][][] y = reference.targets(nets);
        for (int i = 0; i < 2; i++) {
            double[] critic = nets.critics()[i];
            expected.merge("train/critic_loss", reference.criticLoss(critic, critic, y), Double::sum);
            checkGradient(prefix + "critic." + i, critic, p -> reference.criticLoss(p, critic, y), after);
            double[] target = doubles(after, prefix + "target." + i);
            for (int k = 0; k < target.length; k++) {
                double follows = (1 - config.targetRate()) * nets.targets()[i][k] + config.targetRate() * stepped[i][k];
                assertThat(target[k]).isCloseTo(follows, within(1e-6));
            }
        }
        expected.merge(
                "train/actor_loss", reference.actorLoss(nets.actor(), nets.actor(), stepped, alpha), Double::sum);
        checkGradient(prefix + "actor", nets.actor(), p -> reference.actorLoss(p, nets.actor(), stepped, alpha), after);
        double target =
                config.entropyRatio() * (reference.isDiscrete() ? (Math.log(3) + Math.log(3) + Math.log(2)) / 3 : -3);
        double surplus = reference.entropy(nets.actor()) - target;
        expected.merge("train/ent_coef_loss", alpha * surplus, Double::sum);
    }

    /** Adam's first moment after one step is a tenth of the gradient. */
    private void checkGradient(String name, double[] at, ToDoubleFunction<double[]> loss, Tensors after) {
        double[] moments = doubles(after, name + ".adam");
        double largest = 0;
        for (int k = 0; k < at.length; k++) {
            largest = Math.max(largest, Math.abs(moments[k] / FIRST_MOMENT));
        }
        assertThat(largest).as(name).isGreaterThan(1e-4);
        List<Integer> order =
                random.ints(0, at.length).limit(DIFFERENCES).boxed().toList();
        for (int k : order) {
            double[] p = at.clone();
            p[k] = at[k] + STEP;
            double up = loss.applyAsDouble(p);
            p[k] = at[k] - STEP;
            double down = loss.applyAsDouble(p);
            assertThat(moments[k] / FIRST_MOMENT)
                    .as(name + " " + k)
                    .isCloseTo((up - down) / (2 * STEP), within(1e-4 * largest + 1e-6));
        }
    }

    private static double[] doubles(Tensors from, String name) {
        float[] f = from.floats(name);
        double[] d = new double[f.length];
        Arrays.setAll(d, k -> f[k]);
        return d;
    }
}
