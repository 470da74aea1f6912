package io.marllb.bench.sampling;

import io.marllb.core.Words;
import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Normal;
import io.marllb.core.rng.Streams;
import io.marllb.core.select.AliasTable;
import io.marllb.core.select.MaglevTable;
import io.marllb.core.select.MinimumTree;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
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

/** What a choice of server costs, by number of servers. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SelectBenchmark {

    private static final int MASK = 8191;

    /** Number of servers. */
    @Param({"8", "64", "4096"})
    private int servers;

    private final long[] random = new long[MASK + 1];
    private AliasTable alias;
    private MaglevTable maglev;
    private MinimumTree tree;
    private double[] keys;
    private double[] weights;
    private RandomGenerator generator;
    private Words words;
    private int i;

    /** Builds every structure for the number of servers. */
    @Setup
    public void build() {
        generator = Streams.of(1).stream("benchmark");
        words = generator::nextLong;
        for (int k = 0; k < random.length; k++) {
            random[k] = generator.nextLong();
        }
        weights = new double[servers];
        keys = new double[servers];
        tree = new MinimumTree(servers);
        for (int k = 0; k < servers; k++) {
            weights[k] = 1 + (k & 1);
            keys[k] = (1 + (int) (5 * Exponential.sample(generator))) / weights[k];
            tree.set(k, keys[k]);
        }
        alias = new AliasTable(servers);
        alias.build(weights);
        maglev = new MaglevTable(servers, MaglevTable.DEFAULT_SLOTS);
        maglev.build(weights);
    }

    /**
     * The cost of walking through the random words.
     *
     * @return a word
     */
    @Benchmark
    public long baseline() {
        return random[i++ & MASK];
    }

    /**
     * A draw from an alias table.
     *
     * @return the server
     */
    @Benchmark
    public int aliasDraw() {
        return alias.draw(random[i++ & MASK]);
    }

    /**
     * Rebuilding the alias table.
     *
     * @return the table
     */
    @Benchmark
    public AliasTable aliasBuild() {
        alias.build(weights);
        return alias;
    }

    /**
     * A look-up in a Maglev table.
     *
     * @return the server
     */
    @Benchmark
    public int maglevLookup() {
        return maglev.lookup(random[i++ & MASK]);
    }

    /**
     * SED's work per flow: draw the minimum, raise its key, lower that of a server where a flow ended.
     *
     * @return the server
     */
    @Benchmark
    public int treeChooseAndUpdate() {
        int chosen = tree.draw(words);
        keys[chosen] += 1 / weights[chosen];
        tree.set(chosen, keys[chosen]);
        int ended = Words.below(random[i++ & MASK], servers);
        keys[ended] = Math.max(1 / weights[ended], keys[ended] - 1 / weights[ended]);
        tree.set(ended, keys[ended]);
        return chosen;
    }

    /**
     * The same with a scan instead of the tree, first of the minima.
     *
     * @return the server
     */
    @Benchmark
    public int scanChooseAndUpdate() {
        int chosen = 0;
        for (int k = 1; k < servers; k++) {
            chosen = keys[k] < keys[chosen] ? k : chosen;
        }
        keys[chosen] += 1 / weights[chosen];
        int ended = Words.below(random[i++ & MASK], servers);
        keys[ended] = Math.max(1 / weights[ended], keys[ended] - 1 / weights[ended]);
        return chosen;
    }

    /**
     * An exponential variate; does not depend on the number of servers.
     *
     * @return the variate
     */
    @Benchmark
    public double exponential() {
        return Exponential.sample(generator);
    }

    /**
     * A normal variate; does not depend on the number of servers.
     *
     * @return the variate
     */
    @Benchmark
    public double normal() {
        return Normal.sample(generator);
    }

    /**
     * A random word; does not depend on the number of servers.
     *
     * @return the word
     */
    @Benchmark
    public long word() {
        return generator.nextLong();
    }
}
