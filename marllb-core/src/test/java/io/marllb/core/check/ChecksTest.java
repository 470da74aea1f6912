package io.marllb.core.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChecksTest {

    @Test
    void reportsEveryViolationAtOnce() {
        Checks checks = new Checks("ServerSpec")
                .positive("speed", -1)
                .inRange("drain", 1.5, 0, 1)
                .atLeast("cores", 0, 1)
                .notNegative("gain", -0.5)
                .positive("interval", Duration.ZERO)
                .that(false, "shares must sum to 1, but sum to 0.9");

        assertThatThrownBy(checks::throwIfAny)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "ServerSpec: speed must be finite and > 0, but was -1.0; drain must be in [0.0, 1.0], but was 1.5; "
                                + "cores must be >= 1, but was 0; gain must be finite and >= 0, but was -0.5; "
                                + "interval must be > 0, but was PT0S; shares must sum to 1, but sum to 0.9");
        assertThat(checks.violations()).hasSize(6);
    }

    @Test
    void notANumberAlwaysFails() {
        assertThat(new Checks("X")
                        .positive("a", Double.NaN)
                        .notNegative("b", Double.NaN)
                        .inRange("c", Double.NaN, 0, 1)
                        .violations())
                .hasSize(3);
    }

    @Test
    void infinityIsNotFinite() {
        assertThat(new Checks("X")
                        .positive("a", Double.POSITIVE_INFINITY)
                        .notNegative("b", Double.POSITIVE_INFINITY)
                        .violations())
                .hasSize(2);
    }

    @Test
    void boundsThemselvesPass() {
        assertThatCode(() -> new Checks("X")
                        .inRange("a", 0, 0, 1)
                        .inRange("a", 1, 0, 1)
                        .notNegative("b", 0)
                        .atLeast("c", 1, 1)
                        .positive("d", Double.MIN_VALUE)
                        .positive("e", Duration.ofNanos(1))
                        .throwIfAny())
                .doesNotThrowAnyException();
    }

    @Test
    void violationsAreACopy() {
        Checks checks = new Checks("X");
        List<String> before = checks.violations();

        checks.that(false, "broken");

        assertThat(before).isEmpty();
    }
}
