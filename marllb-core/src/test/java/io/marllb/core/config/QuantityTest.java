package io.marllb.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {

    @ParameterizedTest
    @CsvSource({
        "40us, 40000",
        "1.8ms, 1800000",
        "60s, 60000000000",
        "250ms, 250000000",
        "5m, 300000000000",
        "2h, 7200000000000",
        "7ns, 7",
        "0ms, 0",
        "33 ms, 33000000",
        "1e3us, 1000000",
        ".5us, 500"
    })
    void readsDurationsExactly(String text, long nanos) {
        assertThat(Quantity.nanos(text, "1ms")).isEqualTo(nanos);
    }

    @ParameterizedTest
    @CsvSource({
        "33, 'must be a duration with its unit, but was 33; write 33ms'",
        "0, 'must be a duration with its unit, but was 0; write 1ms'",
        "33sec, 'did you mean ''s''?'",
        "33msec, 'did you mean ''ms''?'",
        "33MS, 'did you mean ''ms''?'",
        "5min, 'did you mean ''m''?'",
        "5\u00b5s, 'did you mean ''us''?'",
        "3days, 'valid are ns, us, ms, s, m, h'",
        "-3ms, 'must be >= 0, but was -3ms'",
        "NaN, 'must be a finite duration'",
        ".inf, 'must be a finite duration'",
        "infs, 'must be a finite duration'",
        "1e9999s, 'must be at most 1000000000s'",
        "0.5ns, 'must be a whole number of nanoseconds'",
        "fast, 'must be a duration such as 1ms'",
        "1ms2us, 'unknown unit'",
        "'', 'must be a duration such as 1ms'"
    })
    void saysHowADurationIsWritten(String text, String hint) {
        assertThatThrownBy(() -> Quantity.nanos(text, "1ms"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(hint);
    }

    @Test
    void readsSharesAsPercentOrFraction() {
        assertThat(Quantity.fraction("10%")).isEqualTo(0.1);
        assertThat(Quantity.fraction("45.9 %")).isEqualTo(0.459);
        assertThat(Quantity.fraction("0.1")).isEqualTo(0.1);
    }

    @ParameterizedTest
    @CsvSource({
        "690/s, 'write 690'",
        "'1,000', 'without , or _'",
        "1_000, 'without , or _'",
        ".nan, 'must be finite'",
        "-.INF, 'must be finite'",
        "1e999, 'too large'",
        "0x10, 'must be a plain number'",
        "many, 'must be a plain number'"
    })
    void saysHowANumberIsWritten(String text, String hint) {
        assertThatThrownBy(() -> Quantity.number(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(hint);
    }

    @Test
    void printsDurationsInTheLargestFittingUnit() {
        assertThat(Quantity.printDuration(250_000_000L)).isEqualTo("250ms");
        assertThat(Quantity.printDuration(1_800_000.0)).isEqualTo("1.8ms");
        assertThat(Quantity.printDuration(150_000_000_000L)).isEqualTo("150s");
        assertThat(Quantity.printDuration(0.25)).isEqualTo("0.25ns");
        assertThat(Quantity.printDuration(0L)).isEqualTo("0ms");
    }
}
