package io.marllb.core.config;

import io.marllb.core.check.Nearest;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations, numbers and shares as configuration files write them, both ways and exactly: what is printed reads back to the same bits. Parsers
 * throw {@link IllegalArgumentException} with the rule and the fix, to be put behind the name of the key.
 */
public final class Quantity {

    private static final Map<String, BigDecimal> UNITS = new LinkedHashMap<>();

    static {
        UNITS.put("ns", BigDecimal.ONE);
        UNITS.put("us", BigDecimal.valueOf(1_000));
        UNITS.put("ms", BigDecimal.valueOf(1_000_000));
        UNITS.put("s", BigDecimal.valueOf(1_000_000_000));
        UNITS.put("m", BigDecimal.valueOf(60_000_000_000L));
        UNITS.put("h", BigDecimal.valueOf(3_600_000_000_000L));
    }

    /** What people write instead, where edit distance would not find it. */
    private static final Map<String, String> OTHER_SPELLINGS = Map.ofEntries(
            Map.entry("sec", "s"),
            Map.entry("secs", "s"),
            Map.entry("second", "s"),
            Map.entry("seconds", "s"),
            Map.entry("min", "m"),
            Map.entry("mins", "m"),
            Map.entry("minute", "m"),
            Map.entry("minutes", "m"),
            Map.entry("hour", "h"),
            Map.entry("hours", "h"),
            Map.entry("msec", "ms"),
            Map.entry("millis", "ms"),
            Map.entry("usec", "us"),
            Map.entry("micros", "us"),
            Map.entry("\u00b5s", "us"),
            Map.entry("\u03bcs", "us"),
            Map.entry("nanos", "ns"),
            Map.entry("nsec", "ns"));

    /** Longest number that is looked at: the longest that {@link Double#toString} prints has 24 characters. */
    private static final int MAX_DIGITS = 40;

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,4})?");
    private static final Pattern WITH_UNIT = Pattern.compile("(" + NUMBER.pattern() + ")\\s*(\\S+)");
    private static final Pattern NOT_FINITE =
            Pattern.compile("[+-]?\\.?(nan|inf|infinity)\\s*(ns|us|ms|s|m|h|%)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern INTEGER = Pattern.compile("[+-]?\\d+");

    /** Thirty years; keeps every sum of times far from overflow. */
    private static final BigDecimal LONGEST = BigDecimal.valueOf(1_000_000_000_000_000_000L);

    private Quantity() {}

    /**
     * A duration with its unit.
     *
     * @param text such as {@code 1.8ms}
     * @param example what to write, for messages
     * @return nanoseconds, exact, {@code >= 0}
     * @throws IllegalArgumentException if it is none, with the rule and the fix
     */
    public static BigDecimal duration(String text, String example) {
        if (NOT_FINITE.matcher(text).matches()) {
            throw new IllegalArgumentException("must be a finite duration, but was " + text);
        }
        if (text.length() <= MAX_DIGITS && NUMBER.matcher(text).matches()) {
            String fix = text.equals("0") || text.startsWith("-") ? example : text + unitOf(example);
            throw new IllegalArgumentException("must be a duration with its unit, but was " + text + "; write " + fix);
        }
        Matcher m = WITH_UNIT.matcher(text);
        if (text.length() > MAX_DIGITS || !m.matches()) {
            throw new IllegalArgumentException("must be a duration such as " + example + ", but was " + quote(text)
                    + "; units are ns, us, ms, s, m, h");
        }
        String unit = m.group(m.groupCount());
        BigDecimal scale = UNITS.get(unit);
        if (scale == null) {
            String other = OTHER_SPELLINGS.get(unit.toLowerCase(Locale.ROOT));
            throw new IllegalArgumentException("has the unknown unit " + quote(unit) + " in " + text
                    + (other != null ? "; did you mean '" + other + "'?" : Nearest.hint(unit, UNITS.keySet())));
        }
        BigDecimal nanos = new BigDecimal(m.group(1)).multiply(scale);
        if (nanos.signum() < 0) {
            throw new IllegalArgumentException("must be >= 0, but was " + text);
        }
        if (nanos.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("must be at most 1000000000s, but was " + text);
        }
        return nanos;
    }

    private static String unitOf(String example) {
        return example.replaceFirst("^[0-9.]+", "");
    }

    /**
     * A duration that is a whole number of nanoseconds.
     *
     * @param text such as {@code 250ms}
     * @param example what to write, for messages
     * @return nanoseconds, {@code >= 0}
     * @throws IllegalArgumentException if it is none, with the rule and the fix
     */
    public static long nanos(String text, String example) {
        BigDecimal nanos = duration(text, example);
        try {
            return nanos.setScale(0, RoundingMode.UNNECESSARY).longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("must be a whole number of nanoseconds, but was " + text);
        }
    }

    /**
     * A plain number.
     *
     * @param text such as {@code 0.5}
     * @return finite
     * @throws IllegalArgumentException if it is none, with the rule and the fix
     */
    public static double number(String text) {
        if (NOT_FINITE.matcher(text).matches()) {
            throw new IllegalArgumentException("must be finite, but was " + text);
        }
        if (text.length() > MAX_DIGITS || !NUMBER.matcher(text).matches()) {
            Matcher m = WITH_UNIT.matcher(text);
            String fix = text.length() <= MAX_DIGITS && m.matches() ? "; write " + m.group(1) : "";
            if (text.length() <= MAX_DIGITS && text.matches("[+-]?[0-9][0-9_,]*(\\.[0-9]*)?")) {
                fix = "; write digits and a point, without , or _";
            }
            throw new IllegalArgumentException("must be a plain number, but was " + quote(text) + fix);
        }
        double x = Double.parseDouble(text);
        if (Double.isInfinite(x)) {
            throw new IllegalArgumentException("must be finite, but " + text + " is too large");
        }
        return x;
    }

    /**
     * A whole number.
     *
     * @param text digits, perhaps with a sign
     * @return the number
     * @throws IllegalArgumentException if it is none, with the rule and the fix
     */
    public static long integer(String text) {
        if (text.length() > MAX_DIGITS || !INTEGER.matcher(text).matches()) {
            throw new IllegalArgumentException("must be a whole number in digits, but was " + quote(text));
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("is out of range: " + text);
        }
    }

    /**
     * A share.
     *
     * @param text {@code 10%} or {@code 0.1}
     * @return the share; not bounded
     * @throws IllegalArgumentException if it is none, with the rule and the fix
     */
    public static double fraction(String text) {
        if (NOT_FINITE.matcher(text).matches()) {
            throw new IllegalArgumentException("must be finite, but was " + text);
        }
        String t = text.strip();
        if (t.endsWith("%") && t.length() <= MAX_DIGITS) {
            String digits = t.substring(0, t.length() - 1).strip();
            if (NUMBER.matcher(digits).matches()) {
                return new BigDecimal(digits).movePointLeft(2).doubleValue();
            }
        }
        if (t.length() > MAX_DIGITS || !NUMBER.matcher(t).matches()) {
            throw new IllegalArgumentException("must be a share such as 10% or 0.1, but was " + quote(text));
        }
        return Double.parseDouble(t);
    }

    /**
     * For a share that is too large: the per cent were meant, or nothing.
     *
     * @param x the share
     * @return words to append, perhaps none
     */
    public static String percentHint(double x) {
        return x > 1 && x <= 100 ? "; write " + printNumber(x) + "% or " + printNumber(x / 100) : "";
    }

    /**
     * The value with the largest unit that leaves it at 1 or more, at most seconds.
     *
     * @param nanos nanoseconds
     * @return such as {@code 1.8ms}
     */
    public static String printDuration(double nanos) {
        if (nanos == 0) {
            return "0ms";
        }
        BigDecimal exact = new BigDecimal(Double.toString(nanos));
        String unit = "ns";
        for (String u : List.of("us", "ms", "s")) {
            if (exact.compareTo(UNITS.get(u)) >= 0) {
                unit = u;
            }
        }
        int zeros = UNITS.get(unit).precision() - 1;
        return print(exact.movePointLeft(zeros)) + unit;
    }

    /**
     * The value with the largest unit that leaves it at 1 or more, at most seconds.
     *
     * @param nanos nanoseconds
     * @return such as {@code 250ms}
     */
    public static String printDuration(long nanos) {
        if (nanos == 0) {
            return "0ms";
        }
        BigDecimal exact = BigDecimal.valueOf(nanos);
        String unit = "ns";
        for (String u : List.of("us", "ms", "s")) {
            if (exact.compareTo(UNITS.get(u)) >= 0) {
                unit = u;
            }
        }
        return print(exact.movePointLeft(UNITS.get(unit).precision() - 1)) + unit;
    }

    /**
     * The shortest text that reads back to the same bits.
     *
     * @param x finite
     * @return such as {@code 0.5}
     */
    public static String printNumber(double x) {
        return print(new BigDecimal(Double.toString(x)));
    }

    private static String print(BigDecimal x) {
        BigDecimal plain = x.stripTrailingZeros();
        boolean handy = plain.precision() - plain.scale() <= 18 && plain.scale() <= 18;
        return handy ? plain.toPlainString() : plain.toString();
    }

    /**
     * Short enough for a message, and for an edit distance.
     *
     * @param text any
     * @return at most 60 characters of it
     */
    public static String cut(String text) {
        return text.length() > 60 ? text.substring(0, 57) + "..." : text;
    }

    /**
     * In quotes, short, without control characters.
     *
     * @param text any
     * @return for a message
     */
    public static String quote(String text) {
        return "'" + cut(text).replaceAll("\\p{Cntrl}", " ") + "'";
    }
}
