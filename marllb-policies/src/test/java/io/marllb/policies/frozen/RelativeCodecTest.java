package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.sampling.ServiceRates;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelativeCodecTest {

    private static final long INTERVAL = 250_000_000L;

    /** A balancer whose counters grow at random; all times scale with {@code slower}. */
    private static final class Counters implements Observation {
        final int n;
        final double slower;
        final long[] completed;
        final long[] busy;
        final double[] area;
        final int[] inFlight;
        final long[] peers;
        final boolean[] active;
        long now;

        Counters(int n, double slower) {
            this.n = n;
            this.slower = slower;
            completed = new long[n];
            busy = new long[n];
            area = new double[n];
            inFlight = new int[n];
            peers = new long[n];
            active = new boolean[n];
            Arrays.fill(active, true);
        }

        void live(Random random) {
            now += (long) (INTERVAL * slower);
            for (int j = 0; j < n; j++) {
                completed[j] += random.nextInt(6) * (j + 1L);
                busy[j] += (long) (INTERVAL * slower * random.nextDouble());
                area[j] += INTERVAL * slower * random.nextInt(8) * random.nextDouble();
                inFlight[j] = random.nextInt(5);
                peers[j] = random.nextInt(50);
            }
        }

        @Override
        public int n() {
            return n;
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public boolean active(int server) {
            return active[server];
        }

        @Override
        public double staticWeight(int server) {
            return 1;
        }

        @Override
        public int inFlight(int server) {
            return inFlight[server];
        }

        @Override
        public long peersInFlight(int server) {
            return peers[server];
        }

        @Override
        public long started(int server) {
            return completed[server] + inFlight[server];
        }

        @Override
        public long completed(int server) {
            return completed[server];
        }

        @Override
        public long busyNanos(int server) {
            return busy[server];
        }

        @Override
        public double inFlightNanos(int server) {
            return area[server];
        }

        @Override
        public double flowCompletionTime(int server, Reduction reduction) {
            throw new AssertionError("reservoirs were not asked for");
        }

        @Override
        public double flowDuration(int server, Reduction reduction) {
            throw new AssertionError("reservoirs were not asked for");
        }
    }

    @Test
    void theNeutralActionIsTheEstimatedRateAndTheBiasOverM() {
        for (String text : new String[] {"relative", "relative:levels=5"}) {
            CodecSpec spec = Codecs.parse(text);
            Codec codec = spec.create(4, 2, INTERVAL);
            ServiceRates rates = new ServiceRates(4, 20e9, 3);
            Counters counters = new Counters(4, 1);
            Random random = new Random(1);
            double[] weights = new double[4];
            float[] inputs = new float[codec.inputs()];
            for (int i = 0; i < 50; i++) {
                counters.live(random);
                rates.observe(counters);
                codec.observe(counters, Reports.NONE, inputs);

                assertThat(codec.act(spec.neutral(4), weights)).isEqualTo(0.5);
                for (int j = 0; j < 4; j++) {
                    assertThat(weights[j]).isEqualTo(rates.rate(j));
                }
            }
        }
    }

    @Test
    void actionsCorrectWeightsAndBiasByFactors() {
        Codec codec = Codecs.parse("relative:reach=0.5:bias-reach=2:bias=3/m").create(2, 6, INTERVAL);
        double[] weights = new double[2];
        codec.observe(new Counters(2, 1), Reports.NONE, new float[codec.inputs()]);

        double bias = codec.act(new float[] {1, -0.5f, -1}, weights); // nothing is known yet: all rates are 1

        assertThat(weights[0]).isCloseTo(Math.exp(0.5), within(1e-12));
        assertThat(weights[1]).isCloseTo(Math.exp(-0.25), within(1e-12));
        assertThat(bias).isCloseTo(0.5 * Math.exp(-2), within(1e-12));

        Codec levels = Codecs.parse("relative:levels=3:reach=0.5").create(2, 1, INTERVAL);
        levels.observe(new Counters(2, 1), Reports.NONE, new float[levels.inputs()]);
        bias = levels.act(new float[] {0, 2, 1}, weights);
        assertThat(weights[0]).isCloseTo(Math.exp(-0.5), within(1e-12));
        assertThat(weights[1]).isCloseTo(Math.exp(0.5), within(1e-12));
        assertThat(bias).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"relative", "relative:exchange=yes", "relative:levels=7:exchange=yes"})
    void inputsAreFiniteAndBounded(String text) {
        Codec codec = Codecs.parse(text).create(5, 3, INTERVAL);
        Counters counters = new Counters(5, 1);
        Random random = new Random(7);
        float[] inputs = new float[codec.inputs()];
        double[] weights = new double[5];
        for (int i = 0; i < 400; i++) {
            if (i % 40 > 5) { // and stretches without any traffic
                counters.live(random);
            } else {
                counters.now += INTERVAL;
            }
            counters.active[random.nextInt(5)] = random.nextInt(4) > 0;
            codec.observe(counters, Reports.NONE, inputs);
            for (float x : inputs) {
                assertThat(x).isFinite().isBetween(-4f, 4f);
            }
            double bias = codec.act(codec.actionSpace().sample(random), weights);
            assertThat(bias).isFinite().isPositive();
            for (double w : weights) {
                assertThat(w).isFinite().isPositive();
            }
        }
    }

    @Test
    void inputsDoNotDependOnTheUnitOfTime() {
        // intervals, memory and durations ten times as long: same inputs
        Codec fast = Codecs.parse("relative:exchange=yes").create(3, 2, INTERVAL);
        Codec slow = Codecs.parse("relative:exchange=yes:memory=200s").create(3, 2, 10 * INTERVAL);
        Counters a = new Counters(3, 1);
        Counters b = new Counters(3, 10);
        Random first = new Random(3);
        Random second = new Random(3);
        float[] x = new float[fast.inputs()];
        float[] y = new float[slow.inputs()];
        for (int i = 0; i < 100; i++) {
            a.live(first);
            b.live(second);
            fast.observe(a, Reports.NONE, x);
            slow.observe(b, Reports.NONE, y);
            for (int k = 0; k < x.length; k++) {
                assertThat(y[k]).as("input %d", k).isCloseTo(x[k], within(1e-4f));
            }
        }
    }

    @Test
    void aServersInputsFollowItWhenServersAreRenumbered() {
        CodecSpec spec = Codecs.parse("relative:exchange=yes");
        Codec codec = spec.create(3, 2, INTERVAL);
        Codec swapped = spec.create(3, 2, INTERVAL);
        Random random = new Random(5);
        Counters a = new Counters(3, 1);
        Counters b = new Counters(3, 1);
        float[] x = new float[codec.inputs()];
        float[] y = new float[codec.inputs()];
        int f = spec.features();
        for (int i = 0; i < 60; i++) {
            a.live(random);
            b.now = a.now;
            for (int j = 0; j < 3; j++) {
                int k = (j + 1) % 3;
                b.completed[k] = a.completed[j];
                b.busy[k] = a.busy[j];
                b.area[k] = a.area[j];
                b.inFlight[k] = a.inFlight[j];
                b.peers[k] = a.peers[j];
            }
            codec.observe(a, Reports.NONE, x);
            swapped.observe(b, Reports.NONE, y);
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < f; k++) {
                    assertThat(y[(j + 1) % 3 * f + k]).isCloseTo(x[j * f + k], within(1e-5f));
                }
            }
            for (int k = 3 * f; k < x.length; k++) {
                assertThat(y[k]).isCloseTo(x[k], within(1e-5f));
            }
        }
    }

    @Test
    void resetForgetsEverything() {
        Codec codec = Codecs.parse("relative:exchange=yes").create(3, 2, INTERVAL);
        float[][] seen = new float[2][codec.inputs()];
        double[][] weights = new double[2][3];
        for (int round = 0; round < 2; round++) {
            codec.reset();
            Counters counters = new Counters(3, 1);
            Random random = new Random(11);
            for (int i = 0; i < 20; i++) {
                counters.live(random);
                codec.observe(counters, Reports.NONE, seen[round]);
                codec.act(new float[] {0.5f, -0.5f, 1, 0.1f}, weights[round]);
            }
        }
        assertThat(seen[1]).isEqualTo(seen[0]);
        assertThat(weights[1]).isEqualTo(weights[0]);
    }

    @Test
    void saysWhatItIs() {
        CodecSpec spec =
                Codecs.parse("relative:levels=5:exchange=yes:bias=0.5/m:memory=10s:prior=2:reach=1:bias-reach=1.5");
        assertThat(Codecs.parse(spec.text())).isEqualTo(spec);
        assertThat(spec.actionSpace(4)).isEqualTo(MultiDiscrete.uniform(5, 5));
        assertThat(spec.needs()).containsExactlyInAnyOrder(Need.FLOW_END, Need.PEERS);
        assertThat(spec.inputs(4)).isEqualTo(spec.create(4, 2, INTERVAL).inputs());

        CodecSpec plain = Codecs.parse("relative");
        assertThat(plain.actionSpace(4)).isEqualTo(Box.of(-1f, 1f, 5));
        assertThat(plain.needs()).containsExactly(Need.FLOW_END);
        assertThat(plain.actionSpace(4).contains(plain.neutral(4))).isTrue();
        assertThat(spec.actionSpace(4).contains(spec.neutral(4))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "relative:levels=4",
                "relative:levels=1",
                "relative:levels=2.5",
                "relative:exchange=maybe",
                "relative:bias=1",
                "relative:bias=0/m",
                "relative:bias=x/m",
                "relative:memory=20",
                "relative:memory=20ms",
                "relative:memory=NaNs",
                "relative:reach=-1",
                "relative:prior=NaN",
                "relative:raech=1"
            })
    void refusesBadParameters(String text) {
        String key = text.substring(text.indexOf(':') + 1, text.indexOf('='));
        assertThatThrownBy(() -> Codecs.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }
}
