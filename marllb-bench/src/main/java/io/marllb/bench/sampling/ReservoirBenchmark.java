package io.marllb.bench.sampling;

import io.marllb.core.Reduction;
import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Streams;
import io.marllb.sampling.AlgorithmR;
import io.marllb.sampling.Discounting;
import io.marllb.sampling.ReservoirBank;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;
import org.apache.datasketches.sampling.ReservoirItemsSketch;
import org.apache.datasketches.sampling.ReservoirLongsSketch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Adding to a reservoir and reading its five reductions, ours and DataSketches'. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReservoirBenchmark {

    private static final int SERVERS =
            64; // a power of two; reservoirs that are read and written in turn, so that none stays in the first-level
    // cache
    private static final int MASK = 8191;
    private static final long GAP_NANOS = 40_000_000L / SERVERS; // 25 samples per second and server

    /** Slots per reservoir. */
    @Param({"32", "128"})
    private int slots;

    private final double[] values = new double[MASK + 1];
    private final long[] words = new long[MASK + 1];
    private final double[] out = new double[5];
    private ReservoirBank bank;
    private ReservoirBank products;
    private AlgorithmR algorithmR;
    private ReservoirItemsSketch<Double> itemsSketch;
    private ReservoirLongsSketch longsSketch;
    private KllDoublesSketch kll;
    private int i;
    private long now;

    /** Fills every reservoir. */
    @Setup
    public void fill() {
        RandomGenerator random = Streams.of(1).stream("benchmark");
        for (int k = 0; k < values.length; k++) {
            values[k] = 0.01 * Exponential.sample(random);
            words[k] = random.nextLong();
        }
        bank = new ReservoirBank(SERVERS, slots);
        products = new ReservoirBank(SERVERS, slots, 1, Discounting.PRODUCTS);
        algorithmR = new AlgorithmR(Streams.of(2).stream("benchmark"), slots);
        itemsSketch = ReservoirItemsSketch.newInstance(slots);
        longsSketch = ReservoirLongsSketch.newInstance(slots);
        kll = KllDoublesSketch.newHeapInstance();
        for (int k = 0; k < 20 * SERVERS * slots; k++) {
            bankAdd();
            products.add((k & (SERVERS - 1)), values[k & MASK], now, words[k & MASK]);
        }
    }

    /**
     * The cost of walking through the inputs.
     *
     * @return a value
     */
    @Benchmark
    public double baseline() {
        int k = i++;
        now += GAP_NANOS;
        return values[k & MASK] + words[k & MASK] + (k & (SERVERS - 1));
    }

    /**
     * One sample into a full reservoir of the bank.
     *
     * @return how many it holds
     */
    @Benchmark
    public int bankAdd() {
        int k = i++;
        now += GAP_NANOS;
        bank.add((k & (SERVERS - 1)), values[k & MASK], now, words[k & MASK]);
        return k;
    }

    /**
     * All five reductions of a reservoir that has changed.
     *
     * @return their array
     */
    @Benchmark
    public double[] bankReduceAll() {
        int k = i++;
        now += GAP_NANOS;
        bank.add((k & (SERVERS - 1)), values[k & MASK], now, words[k & MASK]);
        bank.reduceAll((k & (SERVERS - 1)), now, out);
        return out;
    }

    /**
     * The same in the original's unnormalised form.
     *
     * @return their array
     */
    @Benchmark
    public double[] bankReduceAllProducts() {
        int k = i++;
        now += GAP_NANOS;
        products.add((k & (SERVERS - 1)), values[k & MASK], now, words[k & MASK]);
        products.reduceAll((k & (SERVERS - 1)), now, out);
        return out;
    }

    /**
     * The 90th percentile alone.
     *
     * @return its value
     */
    @Benchmark
    public double bankP90() {
        return bank.reduce(i++ & (SERVERS - 1), Reduction.P90, now);
    }

    /**
     * One sample into Algorithm R.
     *
     * @return a counter
     */
    @Benchmark
    public int algorithmRAdd() {
        int k = i++;
        algorithmR.add(values[k & MASK], k);
        return k;
    }

    /**
     * DataSketches' reservoir of objects.
     *
     * @return a counter
     */
    @Benchmark
    public int peerItemsSketchAdd() {
        int k = i++;
        itemsSketch.update(values[k & MASK]);
        return k;
    }

    /**
     * DataSketches' reservoir of longs.
     *
     * @return a counter
     */
    @Benchmark
    public int peerLongsSketchAdd() {
        int k = i++;
        longsSketch.update(Double.doubleToRawLongBits(values[k & MASK]));
        return k;
    }

    /**
     * DataSketches' quantile sketch of the whole stream.
     *
     * @return a counter
     */
    @Benchmark
    public int peerKllAdd() {
        int k = i++;
        kll.update(values[k & MASK]);
        return k;
    }

    /**
     * A percentile from that sketch after one more sample.
     *
     * @return the percentile
     */
    @Benchmark
    public double peerKllP90() {
        kll.update(values[i++ & MASK]);
        return kll.getQuantile(0.9, QuantileSearchCriteria.INCLUSIVE);
    }
}
