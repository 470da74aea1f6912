package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.train.Settings;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.Space;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SacTest {

    private static final Metrics NONE = (key, value) -> {};
    private static final int SERVERS = 3;
    private static final int FEATURES = 2;

    private static SacConfig with(SacConfig config, String... pairs) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return Settings.of(config).with(map).get(SacConfig.class);
    }

    private static SacConfig bandit() {
        return with(
                SacConfig.seed(),
                "before",
                "16",
                "gru",
                "0",
                "actor-after",
                "none",
                "critic-after",
                "none",
                "time",
                "1",
                "burn-in",
                "0",
                "batch",
                "32",
                "warm-up",
                "0",
                "actor-rate",
                "0.02",
                "critic-rate",
                "0.02",
                "target-rate",
                "0.2",
                "temperature",
                "0.5",
                "temperature-rate",
                "0");
    }

    /** One step, observation 1, and the end. */
    private static Episode play(float[] action, double reward) {
        Episode e = new Episode(1, 1, action.length, 0, 1);
        e.begin(new float[][] {{1}}, new float[0]);
        e.append(new float[][] {action}, new double[] {reward}, true, false, new float[][] {{1}}, new float[0]);
        return e;
    }

    private static float[] outputs(Sac sac) {
        float[] flat = new float[sac.actor().parameters()];
        sac.copyActor(0, flat);
        float[] out = new float[sac.heads().outputs()];
        FrozenNetwork.of(sac.actor(), flat).runner(1).step(new float[] {1}, out);
        return out;
    }

    @Test
    void policyOfABanditIsTheSoftOptimum() {
        // r = (f + g) / 2 with a head for each: π_h is proportional to exp(own part / α)
        double[] f = {0, 1, 0.5};
        double[] g = {1.5, 0};
        Sac sac = new Sac(bandit(), new LearnerSetup(1, 1, MultiDiscrete.of(3, 2), 0, 1, 0, 0, 0, 5));
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 2; b++) {
                sac.add(play(new float[] {a, b}, (f[a] + g[b]) / 2));
            }
        }

        for (int i = 0; i < 500; i++) {
            sac.update(NONE);
        }

        float[] out = outputs(sac);
        double z = Math.exp(0) + Math.exp(2) + Math.exp(1);
        double mine = Math.exp(out[0]) + Math.exp(out[1]) + Math.exp(out[2]);
        assertThat(Math.exp(out[0]) / mine).isCloseTo(1 / z, within(0.02));
        assertThat(Math.exp(out[1]) / mine).isCloseTo(Math.exp(2) / z, within(0.02));
        assertThat(1 / (1 + Math.exp(out[4] - out[3]))).isCloseTo(1 / (1 + Math.exp(-3)), within(0.02));
    }

    @Test
    void temperatureBringsEntropyToItsTarget() {
        SacConfig config = with(bandit(), "temperature-rate", "0.03", "entropy-ratio", "0.6");
        Sac sac = new Sac(config, new LearnerSetup(1, 1, MultiDiscrete.of(4), 0, 1, 0, 0, 0, 5));
        for (int a = 0; a < 4; a++) {
            sac.add(play(new float[] {a}, a));
        }
        Map<String, Double> last = new HashMap<>();

        for (int i = 0; i < 900; i++) {
            sac.update(last::put);
        }

        assertThat(last.get("train/entropy")).isCloseTo(0.6 * Math.log(4), within(0.02));
    }

    @Test
    void meanOfAContinuousBanditIsTheBestAction() {
        SacConfig config = with(bandit(), "temperature", "0.02", "before", "32");
        Sac sac = new Sac(config, new LearnerSetup(1, 1, Box.of(-1, 1, 1), 0, 1, 0, 0, 0, 5));
        for (int k = 0; k <= 40; k++) {
            float a = -1 + k / 20f;
            sac.add(play(new float[] {a}, -4 * (a - 0.4) * (a - 0.4)));
        }

        for (int i = 0; i < 800; i++) {
            sac.update(NONE);
        }

        float[] action = new float[1];
        sac.heads().greedy(outputs(sac), action);
        assertThat((double) action[0]).isCloseTo(0.4, within(0.1));
    }

    private static LearnerSetup pair(Space actions) {
        return new LearnerSetup(2, SERVERS * FEATURES, actions, 0, 12, SERVERS, FEATURES, 0, 17);
    }

    private static SacConfig tiny(String network, boolean shared) {
        boolean recurrent = network.equals("recurrent");
        return with(
                SacConfig.seed(),
                "network",
                network,
                "before",
                "6",
                "gru",
                "5",
                "actor-after",
                recurrent ? "4" : "none",
                "critic-after",
                recurrent ? "4" : "none",
                "batch",
                "4",
                "time",
                "3",
                "burn-in",
                "2",
                "warm-up",
                "0",
                "priority-exponent",
                "0.6",
                "share-parameters",
                Boolean.toString(shared));
    }

    private static Episode random(LearnerSetup setup, int number, double scale) {
        RandomGenerator random = Streams.of(1).stream("episode", number);
        int entries = setup.actionSpace().size();
        Episode e = new Episode(setup.agents(), setup.inputs(), entries, 0, 12);
        float[][] o = new float[setup.agents()][setup.inputs()];
        e.begin(o, new float[0]);
        for (int t = 0; t < 4 + number % 5; t++) {
            float[][] a = new float[setup.agents()][entries];
            double[] r = new double[setup.agents()];
            for (int i = 0; i < setup.agents(); i++) {
                for (int k = 0; k < o[i].length; k++) {
                    o[i][k] = random.nextFloat();
                }
                for (int k = 0; k < entries; k++) {
                    a[i][k] = setup.actionSpace() instanceof Box ? random.nextFloat() : random.nextInt(3);
                }
                r[i] = scale * random.nextDouble();
            }
            e.append(a, r, false, t == 3 + number % 5, o, new float[0]);
        }
        return e;
    }

    private static float[] actors(Sac sac) {
        int count = sac.actor().parameters();
        float[] all = new float[sac.actors() * count];
        float[] one = new float[count];
        for (int i = 0; i < sac.actors(); i++) {
            sac.copyActor(i, one);
            System.arraycopy(one, 0, all, i * count, count);
        }
        return all;
    }

    @Test
    void goesOnWithTheSameBits() {
        for (Space actions : new Space[] {MultiDiscrete.uniform(SERVERS, 3), Box.of(-1, 1, SERVERS)}) {
            for (String network : new String[] {"recurrent", "per-server"}) {
                boolean shared = network.equals("per-server");
                LearnerSetup setup = pair(actions);
                Sac sac = new Sac(tiny(network, shared), setup);
                for (int e = 0; e < 5; e++) {
                    sac.add(random(setup, e, 1));
                    sac.update(NONE);
                }
                Tensors kept = new Tensors();
                sac.save(kept);
                Sac other = new Sac(tiny(network, shared), setup);
                other.load(kept);
                for (int e = 5; e < 8; e++) {
                    sac.add(random(setup, e, 1));
                    other.add(random(setup, e, 1));
                    sac.update(NONE);
                    other.update(NONE);
                }

                assertThat(other.updates()).isEqualTo(8);
                assertThat(actors(other)).isEqualTo(actors(sac));
                assertThat(sac.actors()).isEqualTo(shared ? 1 : 2);
            }
        }
    }

    @Test
    void loadRefusesWhatIsOfAnotherShape() {
        LearnerSetup setup = pair(MultiDiscrete.uniform(SERVERS, 3));
        Tensors kept = new Tensors();
        new Sac(tiny("recurrent", false), setup).save(kept);
        Sac other = new Sac(with(tiny("recurrent", false), "gru", "7"), setup);

        assertThatThrownBy(() -> other.load(kept))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sac.0.actor");
    }

    /** What is learnt: actors, critics, targets and temperatures, of all learners, without optimisers and data. */
    private static Map<String, float[]> learnt(Sac sac) {
        Tensors kept = new Tensors();
        sac.save(kept);
        Map<String, float[]> learnt = new TreeMap<>();
        for (String name : kept.names()) {
            if (name.matches("sac\\.\\d\\.(actor|critic\\.\\d|target\\.\\d)")) {
                learnt.put(name, kept.floats(name));
            } else if (name.endsWith(".temperature")) {
                learnt.put(name, new float[] {(float) Double.longBitsToDouble(kept.longs(name)[1])});
            }
        }
        return learnt;
    }

    /** Rewards of which an agent's are no numbers. */
    private static Episode broken(LearnerSetup setup, int agent) {
        Episode good = random(setup, 1, 1);
        good.rewards(agent)[0] = Float.NaN;
        return good;
    }

    @Test
    void divergenceIsToldAndLeavesParametersAsTheyWere() {
        for (Space actions : new Space[] {MultiDiscrete.uniform(SERVERS, 3), Box.of(-1, 1, SERVERS)}) {
            for (int agent = 0; agent < 2; agent++) { // the second: when the first has learnt already
                LearnerSetup setup = pair(actions);
                Sac sac = new Sac(tiny("recurrent", false), setup);
                sac.add(random(setup, 0, 1));
                sac.update(NONE);
                sac.add(broken(setup, agent));
                Map<String, float[]> before = learnt(sac);
                assertThat(before).hasSize(2 * 6);
                DivergenceException told = null;

                while (told == null && sac.updates() < 50) {
                    before = learnt(sac);
                    try {
                        sac.update(NONE);
                    } catch (DivergenceException e) {
                        told = e;
                    }
                }

                assertThat(told).isNotNull().hasMessageContaining("seed 17");
                Map<String, float[]> after = learnt(sac);
                before.forEach(
                        (name, values) -> assertThat(after.get(name)).as(name).isEqualTo(values));
            }
        }
    }

    @Test
    void capacityBelowWarmUpIsRefusedSinceLearningWouldNeverBegin() {
        LearnerSetup setup = pair(MultiDiscrete.uniform(SERVERS, 3));
        SacConfig config = with(tiny("recurrent", false), "warm-up", "100", "capacity", "103");

        assertThatThrownBy(() -> new Sac(config, setup))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("capacity must be >= warmUp + the horizon");
    }

    @Test
    void loadRefusesTheDataOfAnotherProblem() {
        LearnerSetup setup = pair(MultiDiscrete.uniform(SERVERS, 3));
        Sac sac = new Sac(tiny("recurrent", false), setup);
        sac.add(random(setup, 0, 1));
        Tensors kept = new Tensors();
        sac.save(kept);
        Tensors changed = new Tensors();
        for (String name : kept.names()) {
            if (name.equals("sac.replay.layout")) {
                long[] layout = kept.longs(name).clone();
                layout[3]++;
                changed.put(name, layout);
            } else if (kept.isFloat(name)) {
                changed.put(name, kept.floats(name));
            } else {
                changed.put(name, kept.longs(name));
            }
        }

        assertThatThrownBy(() -> new Sac(tiny("recurrent", false), setup).load(changed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sac.replay.layout")
                .hasMessageContaining("the data is of another problem");
    }

    @Test
    void actionsAreUniformUntilThereIsEnoughToLearnFrom() {
        LearnerSetup setup = pair(MultiDiscrete.uniform(SERVERS, 3));
        Sac sac = new Sac(with(tiny("recurrent", false), "warm-up", "9"), setup);
        sac.add(random(setup, 0, 1)); // 4 steps

        assertThat(sac.ready()).isFalse();
        assertThat(sac.epsilon(8)).isEqualTo(1);
        sac.add(random(setup, 1, 1)); // 5 more
        assertThat(sac.ready()).isTrue();
        assertThat(sac.epsilon(9)).isZero();
    }

    @Test
    void independentLearnersStartDifferent() {
        LearnerSetup setup = pair(MultiDiscrete.uniform(SERVERS, 3));
        float[] all = actors(new Sac(tiny("recurrent", false), setup));

        assertThat(all[0]).isNotEqualTo(all[all.length / 2]);
    }
}
