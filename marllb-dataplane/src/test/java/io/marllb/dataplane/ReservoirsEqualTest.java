package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rng.Streams;
import io.marllb.sampling.ReservoirBank;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reservoirs and their statistics in C have the bits of {@link ReservoirBank}. */
class ReservoirsEqualTest {

    private static final int SLOTS = 128; // MARLLB_RESERVOIR_SLOTS
    private static final int RUNS = 400;

    @TempDir
    Path directory;

    @Test
    void everyStatisticInJavaHasTheBitsOfTheOneInC() throws Exception {
        Path log = directory.resolve("reservoirs.log");
        try (BufferedWriter out = Files.newBufferedWriter(log)) {
            RandomGenerator random = Streams.of(2026).stream("reservoirs");
            for (int run = 0; run < RUNS; run++) {
                play(random, run, out);
            }
        }

        NativeBuild.Result result = NativeBuild.program("replay_reservoirs", log);

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).startsWith(10 * RUNS + " reductions equal");
    }

    private static void play(RandomGenerator random, int run, BufferedWriter out) throws Exception {
        ReservoirBank bank = new ReservoirBank(1, SLOTS);
        long now = random.nextLong(1L << 52);
        double[] statistics = new double[5];
        out.write("clear\n");
        for (int reading = 0; reading < 10; reading++) {
            int samples = random.nextInt(reading == 0 ? 3 : 100);
            for (int i = 0; i < samples; i++) {
                now += gap(random, run);
                double value = value(random, run);
                long word = random.nextLong();
                bank.add(0, value, now, word);
                out.write("add " + hex(value) + " " + Long.toHexString(now) + " " + Long.toHexString(word) + "\n");
            }
            bank.reduceAll(0, now, statistics);
            out.write("reduce");
            for (double statistic : statistics) {
                out.write(" " + hex(statistic));
            }
            out.write("\n");
        }
    }

    /** From bursts to hours, where weights underflow. */
    private static long gap(RandomGenerator random, int run) {
        return switch (run % 4) {
            case 0 -> random.nextInt(1000);
            case 1 -> random.nextLong(20_000_000L);
            case 2 -> random.nextLong(3_000_000_000L);
            default -> random.nextInt(8) == 0 ? random.nextLong(3_000_000_000_000L) : 0;
        };
    }

    private static double value(RandomGenerator random, int run) {
        return switch (run % 3) {
            case 0 -> random.nextLong(1_000_000_000L) * 1e-9;
            case 1 -> random.nextInt(4) * 0.125; // many are equal
            default -> Math.scalb(1 + random.nextDouble(), random.nextInt(40) - 20);
        };
    }

    private static String hex(double x) {
        return Long.toHexString(Double.doubleToRawLongBits(x));
    }
}
