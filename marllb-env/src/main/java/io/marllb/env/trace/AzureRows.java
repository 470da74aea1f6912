package io.marllb.env.trace;

import java.time.LocalDate;
import java.util.List;

/** {@code TIMESTAMP,ContextTokens,GeneratedTokens}; a token costs a configured time of either kind. */
final class AzureRows extends Rows {

    /** Our choice, of the order of a model with tens of billions of weights; the trace says nothing about times. */
    static final long CONTEXT_TOKEN_NANOS = 200_000;

    /** Our choice as well: a generated token costs a hundred times a read one. */
    static final long GENERATED_TOKEN_NANOS = 20_000_000;

    static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";
    static final String LABEL = "llm";

    static final long MAX_TOKENS = 1_000_000_000;
    private static final String RULE = "a time as 2023-11-16 18:15:46.6805900, UTC";
    private static final int DATE = 10; // characters of 2023-11-16
    private static final int DATE_AND_TIME = 19;

    private final long contextNanos;
    private final long generatedNanos;

    AzureRows(LineReader in, TraceOptions options) {
        super(in);
        contextNanos = options.duration("context-token").orElse(CONTEXT_TOKEN_NANOS);
        generatedNanos = options.duration("generated-token").orElse(GENERATED_TOKEN_NANOS);
        if (in.next() && !in.text().equalsIgnoreCase(HEADER)) {
            throw in.error(in.start(), in.end(), "the header " + HEADER, "");
        }
    }

    @Override
    boolean next() {
        if (!in.next()) {
            return false;
        }
        int first = in.find(in.start(), ',');
        int second = first == in.end() ? first : in.find(first + 1, ',');
        int third = second == in.end() ? second : in.find(second + 1, ',');
        if (second == in.end() || third < in.end()) {
            throw in.error(third < in.end() ? third : in.start(), in.end(), "3 columns, " + HEADER, "");
        }
        at = timestamp(in.start(), first);
        long context = tokens(first + 1, second, "ContextTokens");
        long generated = tokens(second + 1, in.end(), "GeneratedTokens");
        cpuNanos = (double) context * contextNanos + (double) generated * generatedNanos;
        return true;
    }

    private long tokens(int from, int to, String what) {
        long tokens = Numbers.integer(in, from, to, what);
        if (tokens > MAX_TOKENS) {
            throw in.error(from, to, what + ", at most " + MAX_TOKENS, "");
        }
        return tokens;
    }

    private long timestamp(int from, int to) {
        byte[] b = in.buffer();
        int zone = to;
        if (to - from > DATE_AND_TIME && b[to - 1] == 'Z') {
            zone = to - 1;
        } else if (to - from > DATE_AND_TIME + 6 && in.text(to - 6, to).equals("+00:00")) {
            zone = to - 6;
        }
        boolean shape = zone - from >= DATE_AND_TIME
                && b[from + 4] == '-'
                && b[from + 7] == '-'
                && (b[from + DATE] == ' ' || b[from + DATE] == 'T')
                && b[from + 13] == ':'
                && b[from + 16] == ':';
        int year = shape ? digits(from, 4) : -1;
        int month = shape ? digits(from + 5, 2) : -1;
        int day = shape ? digits(from + 8, 2) : -1;
        int hour = shape ? digits(from + 11, 2) : -1;
        int minute = shape ? digits(from + 14, 2) : -1;
        int second = shape ? digits(from + 17, 2) : -1;
        boolean valid = year >= 1970
                && year < 2200
                && month >= 1
                && month <= 12
                && day >= 1
                && day <= LocalDate.of(year, month, 1).lengthOfMonth()
                && hour >= 0
                && hour < 24
                && minute >= 0
                && minute < 60
                && second >= 0
                && second < 60;
        if (!valid) {
            throw in.error(from, to, RULE, "");
        }
        long seconds = LocalDate.of(year, month, day).toEpochDay() * 86_400L + hour * 3_600L + minute * 60L + second;
        return seconds * 1_000_000_000L + fraction(from, from + DATE_AND_TIME, zone, to);
    }

    /** A moment as the format has it, with 7 decimals or as many more as it needs. */
    static void appendTimestamp(StringBuilder text, long epochNanos) {
        long second = epochNanos / 1_000_000_000L;
        long ofDay = second % 86_400;
        text.append(LocalDate.ofEpochDay(second / 86_400)).append(' ');
        two(text, ofDay / 3_600).append(':');
        two(text, ofDay / 60 % 60).append(':');
        int from = text.length();
        Decimals.seconds(text, ofDay % 60 * 1_000_000_000L + epochNanos % 1_000_000_000L, 7);
        if (text.charAt(from + 1) == '.') {
            text.insert(from, '0');
        }
    }

    private static StringBuilder two(StringBuilder text, long x) {
        return text.append(x < 10 ? "0" : "").append(x);
    }

    private long fraction(int from, int dot, int zone, int to) {
        if (dot == zone) {
            return 0;
        }
        byte[] b = in.buffer();
        int digits = zone - dot - 1;
        if (b[dot] != '.' || digits < 1 || digits > 9) {
            throw in.error(from, to, RULE, "");
        }
        int value = digits(dot + 1, digits);
        if (value < 0) {
            throw in.error(from, to, RULE, "");
        }
        for (int i = digits; i < 9; i++) {
            value *= 10;
        }
        return value;
    }

    /** The number in some digits, or -1. */
    private int digits(int from, int count) {
        byte[] b = in.buffer();
        int x = 0;
        for (int i = from; i < from + count; i++) {
            if (b[i] < '0' || b[i] > '9') {
                return -1;
            }
            x = 10 * x + (b[i] - '0');
        }
        return x;
    }

    @Override
    List<String> labels() {
        return List.of(LABEL);
    }

    @Override
    boolean sized() {
        return true;
    }
}
