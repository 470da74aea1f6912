package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.apache.commons.math3.stat.descriptive.moment.Kurtosis;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.moment.Skewness;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;
import org.apache.datasketches.sampling.ReservoirLongsSketch;
import org.apache.datasketches.sampling.ReservoirLongsUnion;
import org.junit.jupiter.api.Test;

/**
 * The same numbers from independent libraries: Apache DataSketches 6.2.0 and Commons Math 3.6.1.
 *
 * <p>DataSketches draws from an unseeded generator. Where it does, a correct peer fails with probability 1e-6, as any test here; elsewhere
 * its sketches are still exact, as they hold every item.
 */
class PeerTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void weightedPercentileIsThatOfAnExactKllSketch() {
        RandomGenerator random = Streams.of(1).stream("values");
        double secondsPerHalving = Math.log(0.5) / Math.log(0.9);
        for (int round = 0; round < 300; round++) {
            int n = 1 + random.nextInt(128);
            ReservoirBank bank = new ReservoirBank(1, n);
            KllDoublesSketch sketch = KllDoublesSketch.newHeapInstance(65_535); // exact to 65,535 items
            for (int i = 0; i < n; i++) {
                double value = Exponential.sample(random);
                int halvings = random.nextInt(6);
                bank.add(0, value, 1000 * SECOND - Math.round(halvings * secondsPerHalving * SECOND), 0);
                for (int copy = 0; copy < 32 >> halvings; copy++) {
                    sketch.update(value);
                }
            }

            assertThat(bank.statistic(0, Statistic.DISCOUNTED_P90, 1000 * SECOND))
                    .isEqualTo(sketch.getQuantile(0.9, QuantileSearchCriteria.INCLUSIVE));
        }
    }

    @Test
    void momentsAndPercentileAreThoseOfCommonsMath() {
        RandomGenerator random = Streams.of(2).stream("values");
        for (int round = 0; round < 200; round++) {
            double[] values = new double[5 + random.nextInt(200)];
            ReservoirBank bank = new ReservoirBank(1, values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] = Exponential.sample(random);
                bank.add(0, values[i], i, 0);
            }
            int n = values.length;

            assertThat(bank.statistic(0, Statistic.MEAN, n)).isCloseTo(new Mean().evaluate(values), within(1e-13));
            assertThat(bank.statistic(0, Statistic.STD, n))
                    .isCloseTo(new StandardDeviation(false).evaluate(values), within(1e-13));
            assertThat(bank.statistic(0, Statistic.P90, n))
                    .isCloseTo(
                            new Percentile()
                                    .withEstimationType(Percentile.EstimationType.R_7)
                                    .evaluate(values, 90),
                            within(1e-12));
            // Commons Math corrects for the size of the sample; undo that
            double skewness = new Skewness().evaluate(values) * (n - 2) / Math.sqrt((double) n * (n - 1));
            assertThat(bank.statistic(0, Statistic.SKEWNESS, n)).isCloseTo(skewness, within(1e-10));
            double g = new Kurtosis().evaluate(values);
            double kurtosis = (g * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1.0);
            assertThat(bank.statistic(0, Statistic.KURTOSIS, n)).isCloseTo(kurtosis, within(1e-10));
        }
    }

    @Test
    void bothLibrariesSampleUniformly() {
        int n = 40;
        int k = 4;
        int trials = 50_000;
        AlgorithmR ours = new AlgorithmR(Streams.of(3).stream("reservoir"), k);
        long[] oursByTenth = new long[10];
        long[] theirsByTenth = new long[10];

        for (int trial = 0; trial < trials; trial++) {
            ours.clear();
            ReservoirLongsSketch theirs = ReservoirLongsSketch.newInstance(k);
            for (int i = 0; i < n; i++) {
                ours.add(i, i);
                theirs.update(i);
            }
            oursByTenth[(int) ours.timeNanos(0) / 4]++; // one of the slots: trials are then independent
            theirsByTenth[(int) theirs.getSamples()[0] / 4]++;
        }

        Fit.assertFits(oursByTenth, slotZero(n, k));
        Fit.assertFits(theirsByTenth, slotZero(n, k));
    }

    /** Which tenth of n offers slot 0 holds: offer 1 stays unless replaced, every later one of ordinal i > k enters it with 1/i. */
    private static double[] slotZero(int n, int k) {
        double[] offer = new double[n];
        offer[0] = 1;
        for (int i = k; i < n; i++) {
            for (int j = 0; j < i; j++) {
                offer[j] *= 1 - 1.0 / (i + 1);
            }
            offer[i] = 1.0 / (i + 1);
        }
        double[] tenth = new double[10];
        for (int i = 0; i < n; i++) {
            tenth[i / 4] += offer[i];
        }
        return tenth;
    }

    @Test
    void bothLibrariesMergeByWhatWasOffered() {
        int k = 8;
        int trials = 20_000;
        RandomGenerator random = Streams.of(4).stream("reservoir");
        long ours = 0;
        long theirs = 0;
        for (int trial = 0; trial < trials; trial++) {
            AlgorithmR few = new AlgorithmR(random, k);
            AlgorithmR many = new AlgorithmR(random, k);
            ReservoirLongsSketch fewPeer = ReservoirLongsSketch.newInstance(k);
            ReservoirLongsSketch manyPeer = ReservoirLongsSketch.newInstance(k);
            for (int i = 0; i < 40; i++) {
                (i < 10 ? few : many).add(i < 10 ? 1 : 0, i);
                (i < 10 ? fewPeer : manyPeer).update(i < 10 ? 1 : 0);
            }

            few.merge(many);
            ReservoirLongsUnion union = ReservoirLongsUnion.newInstance(k);
            union.update(fewPeer);
            union.update(manyPeer);

            for (int i = 0; i < k; i++) {
                ours += (long) few.value(i);
            }
            theirs += Arrays.stream(union.getResult().getSamples()).sum();
        }

        // hypergeometric: mean k/4, variance k (1/4) (3/4) (40 - k) / 39
        double sd = Math.sqrt(k * 3 / 16.0 * (40 - k) / 39 * trials);
        assertThat((double) ours).isCloseTo(trials * k / 4.0, within(5 * sd));
        assertThat((double) theirs).isCloseTo(trials * k / 4.0, within(5 * sd));
    }
}
