package io.marllb.env.trace;

import io.marllb.core.check.Nearest;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The options of a format as {@code key=value}, checked against the keys that it knows. */
final class TraceOptions {

    private static final Map<String, Integer> UNIT_DIGITS = units(); // decimal digits from the unit to nanoseconds
    private static final BigDecimal SECONDS_PER_MINUTE = BigDecimal.valueOf(60);
    private static final BigDecimal SECONDS_PER_HOUR = BigDecimal.valueOf(3600);

    private final String owner;
    private final Map<String, String> values = new LinkedHashMap<>();

    private TraceOptions(String owner) {
        this.owner = owner;
    }

    /** @throws IllegalArgumentException for a pair without {@code =}, an unknown key, or a key that is there twice */
    static TraceOptions of(String owner, List<String> pairs, List<String> known) {
        TraceOptions options = new TraceOptions(owner);
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(owner + ": option '" + pair + "' must be key=value");
            }
            String key = pair.substring(0, equals);
            if (!known.contains(key)) {
                throw new IllegalArgumentException(owner + ": unknown option '" + key + "'"
                        + (known.isEmpty() ? "; it has none" : Nearest.hint(key, known)));
            }
            if (options.values.put(key, pair.substring(equals + 1)) != null) {
                throw new IllegalArgumentException(owner + ": option '" + key + "' is there twice");
            }
        }
        return options;
    }

    String text(String key, String byDefault, List<String> allowed) {
        String value = values.getOrDefault(key, byDefault);
        if (!allowed.contains(value)) {
            throw new IllegalArgumentException(
                    owner + ": option " + key + " has no value '" + value + "'" + Nearest.hint(value, allowed));
        }
        return value;
    }

    long integer(String key, long byDefault) {
        String value = values.get(key);
        try {
            return value == null ? byDefault : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw bad(key, value, "an integer", e);
        }
    }

    /** A finite number {@code > 0}. */
    double positive(String key, double byDefault) {
        String value = values.get(key);
        double x = byDefault;
        if (value != null) {
            try {
                x = Double.parseDouble(value);
            } catch (NumberFormatException e) {
                throw bad(key, value, "a number", e);
            }
        }
        if (!(x > 0 && x < Double.POSITIVE_INFINITY)) {
            throw bad(key, value, "a finite number > 0", null);
        }
        return x;
    }

    /** A time {@code >= 0} with its unit, in nanoseconds. */
    Optional<Long> duration(String key) {
        String value = values.get(key);
        return value == null ? Optional.empty() : Optional.of(parseDuration(key, value));
    }

    private long parseDuration(String key, String value) {
        int unitAt = value.length();
        while (unitAt > 0 && !Character.isDigit(value.charAt(unitAt - 1)) && value.charAt(unitAt - 1) != '.') {
            unitAt--;
        }
        String unit = value.substring(unitAt).strip();
        String number = value.substring(0, unitAt).strip();
        String rule = "a time with its unit, such as 0.2ms or 60s";
        if (!UNIT_DIGITS.containsKey(unit) || !number.matches("[0-9]{1,15}(\\.[0-9]{1,15})?")) {
            throw bad(key, value, rule, null);
        }
        BigDecimal amount = new BigDecimal(number);
        amount = unit.equals("min") ? amount.multiply(SECONDS_PER_MINUTE) : amount;
        amount = unit.equals("h") ? amount.multiply(SECONDS_PER_HOUR) : amount;
        BigDecimal nanos = amount.movePointRight(UNIT_DIGITS.get(unit)).setScale(0, RoundingMode.HALF_UP);
        if (nanos.toBigInteger().bitLength() > 62) {
            throw bad(key, value, "a time below 146 years", null);
        }
        return nanos.longValueExact();
    }

    private static Map<String, Integer> units() {
        Map<String, Integer> units = new LinkedHashMap<>();
        units.put("ns", 0);
        units.put("us", 3);
        units.put("ms", 6);
        units.put("s", 9);
        units.put("min", 9);
        units.put("h", 9);
        return units;
    }

    private IllegalArgumentException bad(String key, String value, String rule, Exception cause) {
        return new IllegalArgumentException(
                owner + ": option " + key + " must be " + rule + ", but was '" + value + "'", cause);
    }
}
