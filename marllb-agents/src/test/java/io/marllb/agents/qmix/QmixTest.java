package io.marllb.agents.qmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.nn.ReferenceNetwork;
import io.marllb.agents.qmix.MixerSpec.Kind;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.agents.replay.SequenceReplay;
import io.marllb.agents.train.Settings;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An update against the same written down in plain doubles, for a network that is one linear layer, and for one with memory. */
class QmixTest {

    private static final int AGENTS = 2;
    private static final int INPUTS = 3;
    private static final int[] LEVELS = {2, 3};
    private static final int STATE = 2;
    private static final int HORIZON = 4;
    private static final int BATCH = 6;
    private static final long SEED = 7;
    private static final double DISCOUNT = 0.9;
    private static final double LAMBDA = 0.6;
    private static final double STEP = 1e-6;
    private static final double FIRST_MOMENT = 0.1; // 1 - β1

    private static LearnerSetup setup() {
        return new LearnerSetup(AGENTS, INPUTS, MultiDiscrete.of(LEVELS), STATE, HORIZON, 0, 0, 0, SEED);
    }

    private static QmixConfig config(Kind kind, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.ofEntries(
                Map.entry("mixer", kind.name().toLowerCase(java.util.Locale.ROOT)),
                Map.entry("network", "recurrent"),
                Map.entry("before", "none"),
                Map.entry("gru", "0"),
                Map.entry("embed", "4"),
                Map.entry("value-hidden", "3"),
                Map.entry("discount", Double.toString(DISCOUNT)),
                Map.entry("lambda", Double.toString(LAMBDA)),
                Map.entry("learning-rate", "0.05"),
                Map.entry("clip-norm", "Infinity"),
                Map.entry("batch", Integer.toString(BATCH)),
                Map.entry("window", "0"),
                Map.entry("burn-in", "0"),
                Map.entry("target-interval", "1000"),
                Map.entry("calibrate", "false")));
        all.putAll(more);
        return Settings.of(QmixConfig.defaults()).with(all).get(QmixConfig.class);
    }

    private static Episode episode(RandomGenerator random, int length, boolean terminates, double scale) {
        Episode e = new Episode(AGENTS, INPUTS, LEVELS.length, STATE, HORIZON);
        e.begin(noise(random, AGENTS, INPUTS), noise(random, 1, STATE)[0]);
        for (int t = 0; t < length; t++) {
            float[][] acted = new float[AGENTS][LEVELS.length];
            for (float[] a : acted) {
                for (int h = 0; h < LEVELS.length; h++) {
                    a[h] = random.nextInt(LEVELS[h]);
                }
            }
            double[] rewards = {scale * random.nextDouble(), scale * random.nextDouble()};
            boolean last = t == length - 1;
            e.append(
                    acted,
                    rewards,
                    last && terminates,
                    last && !terminates,
                    noise(random, AGENTS, INPUTS),
                    noise(random, 1, STATE)[0]);
        }
        return e;
    }

    private static float[][] noise(RandomGenerator random, int rows, int columns) {
        float[][] x = new float[rows][columns];
        for (float[] row : x) {
            for (int k = 0; k < columns; k++) {
                row[k] = 2 * random.nextFloat() - 1;
            }
        }
        return x;
    }

    private static void fill(java.util.function.Consumer<Episode> into) {
        RandomGenerator random = Streams.of(3).stream("episodes");
        into.accept(episode(random, 4, false, 1)); // cut at the horizon
        into.accept(episode(random, 2, true, 1)); // over early
        into.accept(episode(random, 3, false, 1)); // cut early
        into.accept(episode(random, 4, true, 1));
    }

    private static double[] doubles(float[] x) {
        double[] y = new double[x.length];
        for (int k = 0; k < x.length; k++) {
            y[k] = x[k];
        }
        return y;
    }

    private static Tensors saved(Qmix learner) {
        Tensors t = new Tensors();
        learner.save(t);
        return t;
    }

    /** Memory of each agent's windows after the burn-in, which is no part of what is differentiated: {@code [agents][batch][size]}. */
    private static double[][][] memory(NetworkSpec actor, double[] agents, SequenceBatch data) {
        ReferenceNetwork network = new ReferenceNetwork(actor, 0);
        double[][][] memory = new double[AGENTS][BATCH][actor.stateSize(0)];
        for (int i = 0; i < AGENTS; i++) {
            for (int b = 0; b < BATCH; b++) {
                for (int r = data.burnIn() - data.warmUp(b); r < data.burnIn(); r++) {
                    network.forward(agents, observation(data, i, r, b), 1, 1, new double[][] {memory[i][b]});
                }
            }
        }
        return memory;
    }

    private static double[] observation(SequenceBatch data, int agent, int r, int b) {
        double[] x = new double[INPUTS];
        for (int k = 0; k < INPUTS; k++) {
            x[k] = data.observations(agent).get(r * BATCH + b, k);
        }
        return x;
    }

    /** Values of all actions: {@code [agents][(time + 1) * batch][outputs]}. */
    private static double[][][] values(NetworkSpec actor, double[] agents, double[][][] memory, SequenceBatch data) {
        ReferenceNetwork network = new ReferenceNetwork(actor, 0);
        double[][][] q = new double[AGENTS][(data.time() + 1) * BATCH][];
        for (int i = 0; i < AGENTS; i++) {
            for (int b = 0; b < BATCH; b++) {
                double[][] state = {memory[i][b].clone()};
                for (int t = 0; t <= data.time(); t++) {
                    double[] x = observation(data, i, data.burnIn() + t, b);
                    q[i][t * BATCH + b] = network.forward(agents, x, 1, 1, state);
                }
            }
        }
        return q;
    }

    /** Loss of an update from the parameters before it. */
    private static double loss(
            MixerSpec spec,
            double[][][] now,
            double[] mixer,
            double[][][] future,
            double[] targetMixer,
            SequenceBatch data) {
        double sum = 0;
        double count = 0;
        int mixed = spec.outputs();
        for (int b = 0; b < BATCH; b++) {
            int length = 0;
            while (length < data.time() && data.mask()[length * BATCH + b] == 1) {
                length++;
            }
            double[] after = new double[mixed]; // targets of the step behind
            for (int t = length - 1; t >= 0; t--) {
                int row = t * BATCH + b;
                double[] chosen = new double[AGENTS * LEVELS.length];
                double[] next = new double[chosen.length];
                for (int i = 0; i < AGENTS; i++) {
                    double[] judge = now[i][row + BATCH];
                    int from = 0;
                    for (int h = 0; h < LEVELS.length; h++) {
                        int acted = (data.burnIn() * BATCH + row) * LEVELS.length + h;
                        int best = from;
                        for (int k = from; k < from + LEVELS[h]; k++) {
                            best = judge[k] > judge[best] ? k : best;
                        }
                        chosen[i * LEVELS.length + h] = now[i][row][from + (int) data.actions(i)[acted]];
                        next[i * LEVELS.length + h] = future[i][row + BATCH][best];
                        from += LEVELS[h];
                    }
                }
                double[] joint = mix(spec, mixer, chosen, state(data, row));
                double[] value = mix(spec, targetMixer, next, state(data, row + BATCH));
                double goesOn = data.terminated()[row] == 1 ? 0 : DISCOUNT;
                double[] y = new double[mixed];
                for (int o = 0; o < mixed; o++) {
                    double reward = mixed == 1
                            ? (data.rewards(0)[row] + data.rewards(1)[row]) / 2
                            : data.rewards(o / LEVELS.length)[row];
                    double behind = t == length - 1 ? value[o] : (1 - LAMBDA) * value[o] + LAMBDA * after[o];
                    y[o] = reward + goesOn * behind;
                    sum += (joint[o] - y[o]) * (joint[o] - y[o]);
                    count++;
                }
                after = y;
            }
        }
        return sum / count;
    }

    private static double[] mix(MixerSpec spec, double[] p, double[] q, double[] s) {
        return spec.kind() == Kind.IQL ? q : new double[] {new ReferenceMixer(spec, p).value(q, s)};
    }

    private static double[] state(SequenceBatch data, int row) {
        double[] s = new double[STATE];
        for (int k = 0; k < STATE; k++) {
            s[k] = data.states().get(row, k);
        }
        return s;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void lossAndGradientsAreThoseOfTheFormulas(Kind kind) {
        isTheFormulas(kind, config(kind, Map.of()));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void soTheyAreWithMemoryAfterABurnInAndWindowsShorterThanEpisodes(Kind kind) {
        isTheFormulas(kind, config(kind, Map.of("gru", "4", "window", "2", "burn-in", "1")));
    }

    private static void isTheFormulas(Kind kind, QmixConfig config) {
        Qmix learner = new Qmix(setup(), config);
        boolean whole = config.window() == 0;
        int time = whole ? HORIZON : config.window();
        SequenceReplay replay = new SequenceReplay(10_000, time, !whole, 0);
        fill(learner::add);
        fill(replay::add);
        learner.update((k, v) -> {}); // so that the target networks are others
        Tensors before = saved(learner);
        Map<String, Double> metrics = new HashMap<>();

        learner.update(metrics::put);

        Tensors after = saved(learner);
        SequenceBatch data = new SequenceBatch(AGENTS, INPUTS, LEVELS.length, STATE, config.burnIn(), time, 1, BATCH);
        replay.sample(Streams.of(Streams.of(SEED).seed("qmix", 0)).stream("update", 1), 0, data);
        if (!whole) { // else the test would not see what it is for
            assertThat(IntStream.range(0, BATCH).map(data::warmUp)).contains(0, config.burnIn());
        }
        MixerSpec spec = QmixShapes.mixer(setup(), config);
        NetworkSpec actor = learner.actor();
        boolean mixes = !spec.tensors().isEmpty();
        double[] agents = doubles(before.floats("agents"));
        double[] target = doubles(before.floats("target.agents"));
        double[] mixer = mixes ? doubles(before.floats("mixer")) : new double[0];
        double[] targetMixer = mixes ? doubles(before.floats("target.mixer")) : mixer;
        assertThat(agents).isNotEqualTo(target);
        double[][][] memory = memory(actor, agents, data);
        double[][][] future = values(actor, target, memory(actor, target, data), data);
        // the target does not move with the online values: only the first argument is differentiated, and picks stay
        DoubleSupplier loss = () -> loss(spec, values(actor, agents, memory, data), mixer, future, targetMixer, data);
        double expected = loss.getAsDouble();
        assertThat(metrics.get("train/loss")).isCloseTo(expected, within(1e-5 * (1 + expected)));
        check(before, after, "adam.agents", agents, loss, kind);
        if (mixes) {
            check(before, after, "adam.mixer", mixer, loss, kind);
        }
    }

    private static void check(
            Tensors before, Tensors after, String adam, double[] parameters, DoubleSupplier loss, Kind kind) {
        float[] m1 = before.floats(adam);
        float[] m2 = after.floats(adam);
        for (int k = 0; k < parameters.length; k++) {
            double gradient = (m2[k] - (1 - FIRST_MOMENT) * m1[k]) / FIRST_MOMENT;
            double old = parameters[k];
            parameters[k] = old + STEP;
            double above = loss.getAsDouble();
            parameters[k] = old - STEP;
            double below = loss.getAsDouble();
            parameters[k] = old;
            double difference = (above - below) / (2 * STEP);
            assertThat(gradient)
                    .as(kind + " " + adam + " " + k)
                    .isCloseTo(difference, within(2e-4 * (1 + Math.abs(difference))));
        }
    }

    @Test
    void goesOnWithTheSameBits() {
        Qmix straight = new Qmix(setup(), config(Kind.QMIX, Map.of("calibrate", "true", "target-interval", "3")));
        Qmix resumed = new Qmix(setup(), config(Kind.QMIX, Map.of("calibrate", "true", "target-interval", "3")));
        fill(straight::add);
        for (int k = 0; k < 5; k++) {
            straight.update((key, v) -> {});
        }

        resumed.load(saved(straight));
        for (int k = 0; k < 5; k++) {
            straight.update((key, v) -> {});
            resumed.update((key, v) -> {});
        }

        assertThat(resumed.updates()).isEqualTo(10);
        for (String name : saved(straight).names()) {
            if (saved(straight).isFloat(name)) {
                assertThat(saved(resumed).floats(name))
                        .as(name)
                        .isEqualTo(saved(straight).floats(name));
            } else {
                assertThat(saved(resumed).longs(name))
                        .as(name)
                        .isEqualTo(saved(straight).longs(name));
            }
        }
    }

    @Test
    void divergenceStopsBeforeAnythingMoves() {
        Qmix learner = new Qmix(setup(), config(Kind.QMIX, Map.of()));
        fill(learner::add);
        learner.update((k, v) -> {});
        learner.add(episode(Streams.of(1).stream("bad"), 4, false, Double.NaN));
        float[] before = saved(learner).floats("agents");
        float[] mixer = saved(learner).floats("mixer");

        assertThatThrownBy(() -> {
                    for (int k = 0; k < 50; k++) {
                        System.arraycopy(saved(learner).floats("agents"), 0, before, 0, before.length);
                        System.arraycopy(saved(learner).floats("mixer"), 0, mixer, 0, mixer.length);
                        learner.update((key, v) -> {});
                    }
                })
                .isInstanceOf(DivergenceException.class)
                .hasMessageContaining("loss")
                .hasMessageContaining("seed 7");

        assertThat(saved(learner).floats("agents")).isEqualTo(before);
        assertThat(saved(learner).floats("mixer")).isEqualTo(mixer);
    }

    @Test
    void originalHasThePublishedCounts() {
        int n = 7;
        LearnerSetup published = new LearnerSetup(2, n * 9, MultiDiscrete.of(3, 3, 3, 3, 3, 3, 3), 0, 10, n, 9, 0, 1);
        Qmix learner = new Qmix(
                published,
                Settings.of(QmixConfig.original()).with(Map.of("batch", "2")).get(QmixConfig.class));

        assertThat(learner.actor().parameters()).isEqualTo(142_997);
        assertThat(QmixShapes.mixer(published, QmixConfig.original()).state()).isEqualTo(84);
        assertThat(saved(learner).floats("mixer")).hasSize(291_329);
        assertThat(QmixShapes.stateInputs(published, QmixConfig.original(), learner.heads()))
                .startsWith(0, 1, 2, 3, 4, 5, 9, 10)
                .hasSize(42);
    }

    @Test
    void seedHasTheCountsOfItsDocuments() {
        LearnerSetup four = new LearnerSetup(4, 20, new io.marllb.core.rl.Discrete(4), 74, 50, 0, 0, 0, 1);
        Qmix learner = new Qmix(
                four, Settings.of(QmixConfig.seed()).with(Map.of("batch", "2")).get(QmixConfig.class));

        assertThat(learner.actor().parameters()).isEqualTo(41_860);
        assertThat(saved(learner).floats("mixer")).hasSize(27_265);
    }

    @Test
    void theDefaultNetworkHasTheSameParametersForAnyNumberOfServers() {
        int[] counts = new int[2];
        for (int k = 0; k < 2; k++) {
            int n = k == 0 ? 3 : 6;
            int[] levels = new int[n + 1];
            Arrays.fill(levels, 5);
            levels[n] = 4; // the pool's head
            LearnerSetup s = new LearnerSetup(2, n * 4 + 2, MultiDiscrete.of(levels), 6, 5, n, 4, 2, 1);
            Qmix learner = new Qmix(
                    s,
                    Settings.of(QmixConfig.defaults())
                            .with(Map.of("batch", "3", "window", "3", "burn-in", "2"))
                            .get(QmixConfig.class));
            counts[k] = learner.actor().parameters();
            RandomGenerator random = Streams.of(2).stream("x");
            for (int e = 0; e < 6; e++) {
                Episode episode = new Episode(2, s.inputs(), n + 1, 6, 5);
                episode.begin(noise(random, 2, s.inputs()), noise(random, 1, 6)[0]);
                for (int t = 0; t < 5; t++) {
                    float[][] acted = new float[2][n + 1];
                    episode.append(
                            acted,
                            new double[] {random.nextDouble(), 0},
                            false,
                            t == 4,
                            noise(random, 2, s.inputs()),
                            noise(random, 1, 6)[0]);
                }
                learner.add(episode);
            }
            assertThat(learner.ready()).isTrue();
            Map<String, Double> metrics = new HashMap<>();
            learner.update(metrics::put);
            assertThat(metrics.get("train/loss")).isFinite().isPositive();
        }
        assertThat(counts[0]).isEqualTo(counts[1]);
    }

    @Test
    void explorationFallsInALine() {
        Qmix learner = new Qmix(setup(), config(Kind.VDN, Map.of("epsilon-steps", "1000")));

        assertThat(learner.epsilon(0)).isEqualTo(1);
        assertThat(learner.epsilon(500)).isCloseTo(0.525, within(1e-12));
        assertThat(learner.epsilon(5_000)).isCloseTo(0.05, within(1e-12));
    }

    @Test
    void messagesTeach() {
        assertThatThrownBy(() -> config(Kind.QMIX, Map.of("discount", "1", "batch", "0", "burn-in", "3")))
                .hasMessageContaining("discount must be in [0, 1), but was 1.0")
                .hasMessageContaining("batch must be >= 1")
                .hasMessageContaining("burnIn needs a window");
        assertThatThrownBy(() -> new Qmix(setup(), QmixConfig.defaults()))
                .hasMessageContaining("network=per-server needs")
                .hasMessageContaining("set network=recurrent");
        assertThatThrownBy(() -> new Qmix(setup(), config(Kind.QMIX, Map.of("last-action", "true"))))
                .hasMessageContaining("set lastAction=false");
        assertThatThrownBy(() -> new Qmix(setup(), config(Kind.QMIX, Map.of())).jointValues(null, null))
                .hasMessageContaining("one head only");
    }
}
