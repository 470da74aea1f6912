package io.marllb.env.trace;

import java.time.LocalDate;

/** Dates with a time of day, in UTC, as nanoseconds since 1970. */
final class Timestamps {

    private static final String RULE = "a time as 2023-11-16 18:15:46.6805900, UTC";
    private static final int DATE = 10; // characters of 2023-11-16
    private static final int DATE_AND_TIME = 19;

    private Timestamps() {}

    /** Whether a field is meant as one rather than as a number of seconds. */
    static boolean isMeant(LineReader in, int from, int to) {
        return to - from > DATE && in.buffer()[from + 4] == '-';
    }

    /** A moment from 1970 to 2199, with at most 9 decimals. */
    static long parse(LineReader in, int from, int to) {
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
        int year = shape ? digits(b, from, 4) : -1;
        int month = shape ? digits(b, from + 5, 2) : -1;
        int day = shape ? digits(b, from + 8, 2) : -1;
        int hour = shape ? digits(b, from + 11, 2) : -1;
        int minute = shape ? digits(b, from + 14, 2) : -1;
        int second = shape ? digits(b, from + 17, 2) : -1;
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
        return seconds * 1_000_000_000L + fraction(in, from, from + DATE_AND_TIME, zone, to);
    }

    /** A moment as the format has it, with 7 decimals or as many more as it needs. */
    static void append(StringBuilder text, long epochNanos) {
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

    private static long fraction(LineReader in, int from, int dot, int zone, int to) {
        if (dot == zone) {
            return 0;
        }
        byte[] b = in.buffer();
        int digits = zone - dot - 1;
        if (b[dot] != '.' || digits < 1 || digits > 9) {
            throw in.error(from, to, RULE, "");
        }
        int value = digits(b, dot + 1, digits);
        if (value < 0) {
            throw in.error(from, to, RULE, "");
        }
        for (int i = digits; i < 9; i++) {
            value *= 10;
        }
        return value;
    }

    /** The number in some digits, or -1. */
    private static int digits(byte[] b, int from, int count) {
        int x = 0;
        for (int i = from; i < from + count; i++) {
            if (b[i] < '0' || b[i] > '9') {
                return -1;
            }
            x = 10 * x + (b[i] - '0');
        }
        return x;
    }
}
