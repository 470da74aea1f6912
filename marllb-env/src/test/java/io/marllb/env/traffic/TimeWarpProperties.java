package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class TimeWarpProperties {

    private static final long HOUR = 3_600_000_000_000L;

    @Property(tries = 300, seed = "1")
    void agreesWithTheInverseOfTheAccumulatedFactorInExactArithmetic(
            @ForAll @Size(min = 1, max = 5) List<@LongRange(min = 0, max = HOUR) Long> gaps,
            @ForAll @Size(min = 5, max = 5) List<@DoubleRange(min = 0.01, max = 100) Double> factors,
            @ForAll @Size(min = 1, max = 30) List<@LongRange(min = 0, max = HOUR) Long> steps) {
        long[] at = new long[gaps.size()];
        double[] factor = new double[gaps.size()];
        for (int i = 0; i < at.length; i++) {
            at[i] = (i == 0 ? 0 : at[i - 1]) + gaps.get(i);
            factor[i] = factors.get(i);
        }
        TimeWarp warp = new TimeWarp(RateChanges.of(at, factor));

        long operational = 0;
        long previous = 0;
        for (long step : steps) {
            operational += step;
            long run = warp.toRun((double) operational);
            assertThat(Math.abs(run - exact(operational, at, factor).doubleValue()))
                    .isLessThan(2.0); // cut to whole ns
            assertThat(run).isGreaterThanOrEqualTo(previous);
            previous = run;
        }
    }

    private static BigDecimal exact(long operational, long[] at, double[] factor) {
        BigDecimal left = BigDecimal.valueOf(operational);
        long start = 0;
        BigDecimal f = BigDecimal.ONE;
        for (int i = 0; i < at.length; i++) {
            BigDecimal room = f.multiply(BigDecimal.valueOf(at[i] - start));
            if (left.compareTo(room) < 0) {
                break;
            }
            left = left.subtract(room);
            start = at[i];
            f = new BigDecimal(factor[i]);
        }
        return left.divide(f, MathContext.DECIMAL64).add(BigDecimal.valueOf(start));
    }

    @Property(tries = 200, seed = "1")
    void changesNoBitWithoutChanges(@ForAll @LongRange(min = 0, max = 1L << 53) long nanos) {
        assertThat(new TimeWarp(RateChanges.NONE).toRun((double) nanos)).isEqualTo(nanos);
        assertThat(new TimeWarp(RateChanges.of(new long[] {0}, new double[] {1})).toRun((double) nanos))
                .isEqualTo(nanos);
    }

    @Example
    void halvesTheGapsFromTheVeryMomentOfTheChange() {
        TimeWarp warp = new TimeWarp(RateChanges.of(new long[] {100, 200}, new double[] {2, 0.5}));

        assertThat(warp.toRun(50)).isEqualTo(50);
        assertThat(warp.toRun(100)).isEqualTo(100);
        assertThat(warp.toRun(150)).isEqualTo(125);
        assertThat(warp.toRun(300)).isEqualTo(200); // 100 + 2 x 100
        assertThat(warp.toRun(310)).isEqualTo(220);
    }

    @Example
    void letsTheLastOfSeveralChangesAtOneMomentHold() {
        TimeWarp warp = new TimeWarp(RateChanges.of(new long[] {100, 100}, new double[] {7, 2}));

        assertThat(warp.toRun(120)).isEqualTo(110);
    }

    @Example
    void endsTrafficBeyondTheHorizon() {
        assertThat(new TimeWarp(RateChanges.NONE).toRun(Double.POSITIVE_INFINITY))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(new TimeWarp(RateChanges.NONE).toRun(0x1.0p63)).isEqualTo(Long.MAX_VALUE);
        assertThat(new TimeWarp(RateChanges.of(new long[] {0}, new double[] {1e-9})).toRun(1e12))
                .isEqualTo(Long.MAX_VALUE);
    }
}
