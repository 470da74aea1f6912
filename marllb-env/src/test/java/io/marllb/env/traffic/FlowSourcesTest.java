package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.marllb.core.rng.Streams;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlowSourcesTest {

    private static final long SECOND = 1_000_000_000L;
    private static final List<FlowClass> ONE =
            List.of(new FlowClass("job", 1, new Distribution.Exponential(1e6), Optional.empty()));
    private static final List<FlowClass> TWO = List.of(
            new FlowClass(
                    "wiki",
                    .459,
                    new Distribution.Lognormal(33e6, 1.5),
                    Optional.of(new Distribution.Exponential(11e6))),
            new FlowClass("static", .541, new Distribution.Exponential(1.8e6), Optional.empty()));

    @TempDir
    Path folder;

    @Test
    void sendsPoissonArrivalsWithExponentialGaps() {
        FlowSource source = source(new Arrivals.Poisson(500), ONE, RateChanges.NONE, 1);
        double[] gaps = new double[50_000];
        long previous = 0;
        for (int i = 0; i < gaps.length; i++) {
            source.advance();
            gaps[i] = source.at() - previous;
            previous = source.at();
        }

        Statistic.assertFollows(gaps, x -> 1 - Math.exp(-x * 500e-9));
    }

    @Test
    void multipliesThePoissonRateAtTheMomentOfAChange() {
        RateChanges changes = RateChanges.of(new long[] {100 * SECOND, 200 * SECOND}, new double[] {3, 0.5});
        FlowSource source = source(new Arrivals.Poisson(100), ONE, changes, 2);
        long[] counts = new long[3];
        while (source.advance() && source.at() < 300 * SECOND) {
            counts[(int) (source.at() / (100 * SECOND))]++;
        }

        double[] expected = {10_000, 30_000, 5_000};
        for (int i = 0; i < 3; i++) {
            assertThat(Math.abs(counts[i] - expected[i])).isLessThan(4.9 * Math.sqrt(expected[i])); // 1e-6
        }
    }

    @Test
    void warpsTheSameFlowsAndTouchesNoOtherDraw() {
        RateChanges changes = RateChanges.of(new long[] {SECOND}, new double[] {2});
        FlowSource plain = source(new Arrivals.Poisson(1000), TWO, RateChanges.NONE, 3);
        FlowSource warped = source(new Arrivals.Poisson(1000), TWO, changes, 3);
        for (int i = 0; i < 5_000; i++) {
            plain.advance();
            warped.advance();

            long expected = plain.at() < SECOND ? plain.at() : SECOND + (plain.at() - SECOND) / 2;
            assertThat(warped.at()).isBetween(expected - 1, expected + 1);
            assertThat(warped.flowClass()).isEqualTo(plain.flowClass());
            assertThat(warped.cpuNanos()).isEqualTo(plain.cpuNanos());
            assertThat(warped.ioNanos()).isEqualTo(plain.ioNanos());
        }
    }

    @Test
    void givesTheSameWorkUnderOtherArrivals() {
        FlowSource poisson = source(new Arrivals.Poisson(1000), TWO, RateChanges.NONE, 4);
        FlowSource mmpp =
                source(new Arrivals.Mmpp(List.of(100.0, 1000.0), List.of(1e9, 1e9)), TWO, RateChanges.NONE, 4);
        for (int i = 0; i < 1_000; i++) {
            poisson.advance();
            mmpp.advance();
            assertThat(mmpp.flowClass()).isEqualTo(poisson.flowClass());
            assertThat(mmpp.cpuNanos()).isEqualTo(poisson.cpuNanos());
        }
    }

    @Test
    void mixesClassesByTheirShares() {
        FlowSource source = source(new Arrivals.Poisson(1000), TWO, RateChanges.NONE, 5);
        long[] counts = new long[2];
        for (int i = 0; i < 100_000; i++) {
            source.advance();
            counts[source.flowClass()]++;
            assertThat(source.flowClass() == 1 && source.ioNanos() > 0).isFalse();
        }

        Statistic.assertCounts(counts, new double[] {45_900, 54_100});
    }

    @Test
    void visitsTheStatesOfAnMmppForTheirStays() {
        // Two states: counts in long windows have mean rate x t; the index of dispersion tends to
        // 1 + 2 (l1 - l2)^2 p1 p2 / ((r1 + r2) m), with r the rates of leaving, p the shares of time and m the mean
        // rate.
        Arrivals.Mmpp mmpp = new Arrivals.Mmpp(List.of(50.0, 500.0), List.of(0.5e9, 0.25e9));
        FlowSource source = source(mmpp, ONE, RateChanges.NONE, 6);
        int windows = 2_000;
        long window = 20 * SECOND;
        double[] counts = new double[windows];
        while (source.advance() && source.at() < windows * window) {
            counts[(int) (source.at() / window)]++;
        }
        double mean = 0;
        double squares = 0;
        for (double c : counts) {
            mean += c / windows;
            squares += c * c / windows;
        }

        double p1 = 2.0 / 3;
        double rate = p1 * 50 + (1 - p1) * 500;
        double leaving = 1 / 0.5 + 1 / 0.25;
        double limit = 1 + 2 * 450.0 * 450 * p1 * (1 - p1) / (leaving * rate);
        double atWindow = 1 + (limit - 1) * (1 - (1 - Math.exp(-leaving * 20)) / (leaving * 20));
        double dispersion = (squares - mean * mean) / mean;
        assertThat(mean / 20).isCloseTo(rate, within(4.9 * Math.sqrt(rate * atWindow / (20.0 * windows))));
        assertThat(dispersion / atWindow).isCloseTo(1, within(4.9 * Math.sqrt(2.0 / windows)));
        assertThat(mmpp.meanRate()).isCloseTo(rate, within(1e-9));
    }

    @Test
    void followsAProfileStepByStepAndStartsAgain() throws IOException {
        Path profile = Files.writeString(folder.resolve("p.csv"), "minute,requests\n0,600\n1,0\n2,1800\n");
        Arrivals nhpp = new Arrivals.Nhpp(profile, OptionalDouble.of(80), Optional.of(10e9));
        FlowSource source = source(nhpp, ONE, RateChanges.NONE, 7);
        long[] counts = new long[6];
        while (source.advance() && source.at() < 60 * SECOND) {
            counts[(int) (source.at() / (10 * SECOND))]++;
        }

        assertThat(counts[1]).isZero();
        assertThat(counts[4]).isZero();
        Statistic.assertCounts(
                new long[] {counts[0], counts[2], counts[3], counts[5]}, new double[] {600, 1800, 600, 1800});
        assertThat(FlowSources.offered(nhpp, ONE).rate()).isCloseTo(80, within(1e-9));
    }

    @Test
    void leavesAProfileAsItIsWithoutARate() throws IOException {
        Path profile = Files.writeString(folder.resolve("p.csv"), "second,rate\n0,12.5\n1,7.5\n");

        assertThat(FlowSources.offered(new Arrivals.Nhpp(profile, OptionalDouble.empty(), Optional.empty()), ONE)
                        .rate())
                .isCloseTo(10, within(1e-12));
    }

    @Test
    void givesTheSameFlowsUnderTheSameSeed() {
        FlowSource a = source(new Arrivals.Poisson(690.9), TWO, RateChanges.NONE, 1);
        FlowSource b = source(new Arrivals.Poisson(690.9), TWO, RateChanges.NONE, 1);
        for (int i = 0; i < 1_000; i++) {
            a.advance();
            b.advance();
            assertThat(a.at()).isEqualTo(b.at());
            assertThat(a.cpuNanos()).isEqualTo(b.cpuNanos());
        }
    }

    /** Written down from this code: a change of any stream, sampler or order of draws moves these numbers, and every published result. */
    @Test
    void keepsTheNumbersOfSeedOne() {
        FlowSource source = source(new Arrivals.Poisson(690.9), TWO, RateChanges.NONE, 1);
        StringBuilder flows = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            source.advance();
            flows.append(source.at()).append(' ').append(source.flowClass()).append(' ');
            flows.append(source.cpuNanos()).append(' ').append(source.ioNanos()).append('\n');
        }

        assertThat(flows).hasToString("""
                        2168261 1 4301093.2617142005 0
                        2375993 1 3130105.01875878 0
                        2379833 1 1845758.322766854 0
                        3414806 0 6.332300464697337E7 550297
                        6004467 0 875974.5783282244 8502129
                        """);
    }

    @Test
    void allocatesNothingPerFlow() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        FlowSource source = source(
                new Arrivals.Mmpp(List.of(100.0, 1000.0), List.of(1e9, 1e9)),
                TWO,
                RateChanges.of(new long[] {SECOND}, new double[] {2}),
                8);
        run(source, 20_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        run(source, 100_000);
        long after = threads.getCurrentThreadAllocatedBytes();

        assertThat(after - before)
                .isLessThan(10_000); // a tenth of a byte per flow: what the JVM itself may do meanwhile
    }

    private static void run(FlowSource source, int flows) {
        for (int i = 0; i < flows; i++) {
            source.advance();
        }
    }

    @Test
    void endsTrafficThatNeverComes() {
        FlowSource source = source(new Arrivals.Poisson(1e-300), ONE, RateChanges.NONE, 1);

        assertThat(source.advance()).isFalse();
        assertThat(source.advance()).isFalse();
    }

    @Test
    void refusesClassesThatDoNotAddUp() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source(new Arrivals.Poisson(1), List.of(), RateChanges.NONE, 1))
                .withMessageContaining("at least one class");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source(new Arrivals.Poisson(1), List.of(TWO.get(0), ONE.get(0)), RateChanges.NONE, 1))
                .withMessageContaining("must sum to 1, but sum to 1.459");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source(new Arrivals.Poisson(1), List.of(TWO.get(0), TWO.get(0)), RateChanges.NONE, 1))
                .withMessageContaining("'wiki' is there twice");
    }

    @Test
    void knowsTheLoadThatIsOffered() {
        OfferedLoad load = FlowSources.offered(new Arrivals.Poisson(690.9), TWO);

        assertThat(load.meanCpuNanos()).isCloseTo(.459 * 33e6 + .541 * 1.8e6, within(1e-3));
        assertThat(load.cores()).isCloseTo(690.9 * (.459 * 33e-3 + .541 * 1.8e-3), within(1e-9));
    }

    private static FlowSource source(Arrivals arrivals, List<FlowClass> classes, RateChanges changes, long seed) {
        return FlowSources.of(arrivals, classes, changes, Streams.of(seed));
    }
}
