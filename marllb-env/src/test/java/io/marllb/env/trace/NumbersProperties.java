package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;

class NumbersProperties {

    @Provide
    Arbitrary<String> decimals() {
        Arbitrary<String> whole = Arbitraries.longs().between(0, 4_000_000_000L).map(String::valueOf);
        Arbitrary<String> fraction =
                Arbitraries.strings().numeric().ofMaxLength(20).map(f -> f.isEmpty() ? "" : "." + f);
        Arbitrary<String> exponent = Arbitraries.of("", "", "", "e0", "e-3", "E-12", "e+0");
        return net.jqwik.api.Combinators.combine(whole, fraction, exponent).as((w, f, e) -> w + f + e);
    }

    @Property(tries = 2000, seed = "1")
    void parsesSecondsLikeExactArithmeticRoundedHalfUp(@ForAll("decimals") String text) {
        long expected = new BigDecimal(text)
                .movePointRight(9)
                .setScale(0, RoundingMode.HALF_UP)
                .longValueExact();

        assertThat(nanos(text)).isEqualTo(expected);
    }

    @Property(tries = 2000, seed = "1")
    void parsesMillisecondsToTheNearestDouble(@ForAll("decimals") String text) {
        double expected = new BigDecimal(text).movePointRight(6).doubleValue();

        assertThat(millis(text)).isEqualTo(expected);
    }

    @Property(tries = 1000, seed = "1")
    void printsSecondsThatParseToTheSame(@ForAll @LongRange(min = 0, max = (1L << 62) - 1) long nanos) {
        StringBuilder text = new StringBuilder();
        Decimals.seconds(text, nanos, 3);

        assertThat(nanos(text.toString())).isEqualTo(nanos);
    }

    @Property(tries = 1000, seed = "1")
    void printsMillisecondsThatParseToTheSame(@ForAll @DoubleRange(min = 0, max = 1e17) double nanos) {
        StringBuilder text = new StringBuilder();
        Decimals.millis(text, nanos);

        assertThat(millis(text.toString())).isEqualTo(nanos);
    }

    private static long nanos(String text) {
        return with(text, in -> Numbers.scaled(in, in.start(), in.end(), 9, "x"));
    }

    private static double millis(String text) {
        return with(text, in -> Numbers.millis(in, in.start(), in.end(), "x"));
    }

    private static <T> T with(String text, Function<LineReader, T> parse) {
        byte[] line = (text + "\n").getBytes(StandardCharsets.UTF_8);
        try (LineReader in = new LineReader(Path.of("numbers"), new ByteArrayInputStream(line))) {
            assertThat(in.next()).isTrue();
            return parse.apply(in);
        }
    }
}
