package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.marllb.core.Reduction;
import io.marllb.core.rng.Streams;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What runs per flow or per interval allocates nothing, by the JVM's own count of this thread. */
class AllocationTest {

    private static void assertAllocatesNothing(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocations");
        long least = Long.MAX_VALUE; // the JVM itself allocates when it links a class or a branch for the first time
        for (int run = 0; run < 5; run++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            work.run();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }

        assertThat(least).as("bytes").isZero();
    }

    @Test
    void bankAddsAndReducesWithoutAllocation() {
        RandomGenerator random = Streams.of(1).stream("words");
        double[] out = new double[5];
        for (Discounting discounting : List.of(Discounting.NORMALISED, Discounting.PRODUCTS)) {
            ReservoirBank bank = new ReservoirBank(4, 128, 0.5, discounting);
            assertAllocatesNothing(() -> {
                for (int i = 0; i < 2000; i++) {
                    bank.add(i & 3, i % 17, 1000L * i, random.nextLong());
                }
                for (int i = 0; i < 4; i++) {
                    bank.reduceAll(i, 2_000_000L, out);
                    bank.reduce(i, Reduction.DISCOUNTED_P90, 2_000_000L);
                }
            });
        }
    }

    @Test
    void everyReservoirAddsAndReadsWithoutAllocation() {
        Streams streams = Streams.of(2);
        List<Reservoir> reservoirs = List.of(
                new RecencyReservoir(streams.stream("recency"), 64),
                new AlgorithmR(streams.stream("uniform"), 64),
                new SlidingWindow(50, 64));
        Statistic[] statistics = Statistic.values();
        for (Reservoir reservoir : reservoirs) {
            assertAllocatesNothing(() -> {
                for (int i = 0; i < 1000; i++) {
                    reservoir.add(i % 13, i);
                }
                for (Statistic s : statistics) {
                    reservoir.statistic(s, 1000);
                }
            });
        }
    }

    @Test
    void decayedStatisticsAddAndReadWithoutAllocation() {
        DecayedMean mean = new DecayedMean(1000);
        DecayedRate rate = new DecayedRate(1000, 0);
        double[] sink = new double[1];
        assertAllocatesNothing(() -> {
            for (int i = 0; i < 1000; i++) {
                mean.add(i % 7, i);
                rate.add(i);
                sink[0] += mean.mean() + mean.std() + rate.perSecond(i + 1);
            }
        });
    }
}
