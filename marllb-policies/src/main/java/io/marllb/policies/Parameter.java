package io.marllb.policies;

import io.marllb.core.check.Nearest;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A parameter of a rule or a weight policy: its key, its default, and how a text becomes a value. Immutable. */
final class Parameter {

    private static final String DECIMAL = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
    private static final Pattern NUMBER = Pattern.compile("(" + DECIMAL + ")(?:/(m|" + DECIMAL + "))?");
    private static final Pattern DURATION = Pattern.compile("(" + DECIMAL + ")([a-z]*)");
    private static final Map<String, Double> UNIT_NANOS =
            Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9, "min", 6e10);

    /** A number as it was written: kept as a fraction, since {@code (q + 1/3) / w} has exact ties only as {@code (3q + 1) / w}. */
    record Fraction(double numerator, double denominator) {
        double value() {
            return numerator / denominator;
        }
    }

    private enum Kind {
        NUMBER,
        COUNT,
        DURATION,
        CHOICE
    }

    private final Kind kind;
    private final String name;
    private final String defaultValue;
    private final String meaning;
    private final double min;
    private final double max;
    private final List<String> choices;

    private Parameter(
            Kind kind, String name, String defaultValue, String meaning, double min, double max, List<String> choices) {
        this.kind = kind;
        this.name = name;
        this.defaultValue = defaultValue;
        this.meaning = meaning;
        this.min = min;
        this.max = max;
        this.choices = choices;
    }

    /** A real number in a closed range; may be written as a fraction, also of m, the number of balancers. */
    static Parameter number(String name, String defaultValue, double min, double max, String meaning) {
        return new Parameter(Kind.NUMBER, name, defaultValue, meaning, min, max, List.of());
    }

    /** A whole number in a closed range. */
    static Parameter count(String name, String defaultValue, int min, int max, String meaning) {
        return new Parameter(Kind.COUNT, name, defaultValue, meaning, min, max, List.of());
    }

    /** A time with its unit, from 1 ns to a day. */
    static Parameter duration(String name, String defaultValue, String meaning) {
        return new Parameter(Kind.DURATION, name, defaultValue, meaning, 1, 86_400e9, List.of());
    }

    /** One of some words; the first is the default. */
    static Parameter choice(String name, String meaning, String... choices) {
        return new Parameter(Kind.CHOICE, name, choices[0], meaning, 0, 0, List.of(choices));
    }

    String name() {
        return name;
    }

    String defaultValue() {
        return defaultValue;
    }

    /** Public face, with a default that a named policy may have moved. */
    PolicyInfo.Parameter info(String effectiveDefault) {
        return new PolicyInfo.Parameter(name, effectiveDefault, meaning, range());
    }

    private String range() {
        return switch (kind) {
            case NUMBER -> "a number in [" + plain(min) + ", " + plain(max) + "]";
            case COUNT -> "a whole number in [" + plain(min) + ", " + plain(max) + "]";
            case DURATION -> "a time > 0 with its unit (ns, us, ms, s, min)";
            case CHOICE -> String.join(" or ", choices);
        };
    }

    private static String plain(double x) {
        return BigDecimal.valueOf(x).stripTrailingZeros().toPlainString();
    }

    /** Throws unless the text is a valid value for one balancer. */
    void check(String text) {
        switch (kind) {
            case NUMBER -> fraction(text, 1);
            case COUNT -> count(text);
            case DURATION -> nanos(text);
            case CHOICE -> choice(text);
        }
    }

    Fraction fraction(String text, int balancers) {
        Matcher matcher = NUMBER.matcher(text);
        if (!matcher.matches()) {
            throw invalid(text, ", such as 0.5, 1/3 or 1/m (m = number of balancers)");
        }
        String below = matcher.group(2);
        double denominator = below == null ? 1 : below.equals("m") ? balancers : Double.parseDouble(below);
        Fraction fraction = new Fraction(Double.parseDouble(matcher.group(1)), denominator);
        if (!(denominator > 0 && fraction.value() >= min && fraction.value() <= max)) {
            throw invalid(text, "");
        }
        return fraction;
    }

    int count(String text) {
        if (!text.matches("\\d{1,9}") || Integer.parseInt(text) < min || Integer.parseInt(text) > max) {
            throw invalid(text, "");
        }
        return Integer.parseInt(text);
    }

    long nanos(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw invalid(text, ", such as 250ms");
        }
        Double unit = UNIT_NANOS.get(matcher.group(2));
        if (unit == null) {
            throw invalid(
                    text,
                    matcher.group(2).isEmpty() ? "; the unit is missing, write " + text + "s or " + text + "ms" : "");
        }
        double nanos = Double.parseDouble(matcher.group(1)) * unit;
        if (!(nanos >= min && nanos <= max)) {
            throw invalid(text, "");
        }
        return Math.round(nanos);
    }

    String choice(String text) {
        if (!choices.contains(text)) {
            throw invalid(
                    text,
                    Nearest.name(text, choices)
                            .map(n -> "; did you mean '" + n + "'?")
                            .orElse(""));
        }
        return text;
    }

    private IllegalArgumentException invalid(String text, String hint) {
        return new IllegalArgumentException(name + " must be " + range() + ", but was '" + text + "'" + hint);
    }
}
