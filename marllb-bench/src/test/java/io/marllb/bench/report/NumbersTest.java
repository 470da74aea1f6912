package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersTest {

    @Test
    void exactNumbersHaveNineSignificantDigits() {
        assertThat(Numbers.exact(1.0 / 3).toPlainString()).isEqualTo("0.333333333");
        assertThat(Numbers.exact(123456789.6).toPlainString()).isEqualTo("123456790.0");
        assertThat(Numbers.exact(2.0E-3).toPlainString())
                .as("Double.toString gives 0.0020 before JDK 19 and 0.002 after")
                .isEqualTo("0.002");
        assertThat(Numbers.exact(0).toPlainString()).isEqualTo("0.0");
        assertThat(Numbers.exact(-250).toPlainString()).isEqualTo("-250.0");
    }

    @Test
    void whatIsNotFiniteIsNotANumber() {
        assertThat(Numbers.exact(Double.NaN)).isNull();
        assertThat(Numbers.exact(Double.POSITIVE_INFINITY)).isNull();
    }

    @Test
    void peopleGetAsManyDigitsAsTheyCanUse() {
        assertThat(TimeUnit.significant(1.23456)).isEqualTo("1.235");
        assertThat(TimeUnit.significant(18.66)).isEqualTo("18.66");
        assertThat(TimeUnit.significant(184.71)).isEqualTo("184.7");
        assertThat(TimeUnit.significant(1619.4)).isEqualTo("1619");
        assertThat(TimeUnit.significant(13312.7)).isEqualTo("13,313");
        assertThat(TimeUnit.significant(Double.NaN)).isEqualTo("–");
        assertThat(Numbers.ratio(1.0204)).isEqualTo("1.020");
        assertThat(Numbers.ratio(5.159)).isEqualTo("5.16");
        assertThat(Numbers.ratio(43.33)).isEqualTo("43.3");
        assertThat(Numbers.percent(0.00001)).isEqualTo("< 0.01 %");
        assertThat(Numbers.percent(0.172)).isEqualTo("17.2 %");
        assertThat(Numbers.p(0.0004)).isEqualTo("< 0.001");
        assertThat(Numbers.p(0.0312)).isEqualTo("0.031");
    }
}
