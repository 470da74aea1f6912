package io.marllb.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class QuantityProperties {

    @Property(tries = 2_000, seed = "1")
    void wholeNanosecondsReadBackExactly(@ForAll @LongRange(min = 0, max = 1_000_000_000_000_000_000L) long nanos) {
        assertThat(Quantity.nanos(Quantity.printDuration(nanos), "1ms")).isEqualTo(nanos);
    }

    @Property(tries = 2_000, seed = "2")
    void everyDoubleThatIsATimeReadsBackToTheSameBits(@ForAll long bits) {
        double nanos = Math.abs(Double.longBitsToDouble(bits));
        if (nanos <= 1e18) {
            assertThat(Quantity.duration(Quantity.printDuration(nanos), "1ms").doubleValue())
                    .isEqualTo(nanos);
        }
    }

    @Property(tries = 2_000, seed = "3")
    void everyFiniteDoubleReadsBackToTheSameBits(@ForAll long bits) {
        double x = Double.longBitsToDouble(bits);
        if (Double.isFinite(x)) {
            assertThat(Quantity.number(Quantity.printNumber(x))).isEqualTo(x);
        }
    }
}
