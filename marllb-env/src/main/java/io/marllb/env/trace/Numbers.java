package io.marllb.env.trace;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers in a line, parsed from its bytes without a float between: what is written in decimal arrives in nanoseconds. */
final class Numbers {

    private static final int MAX_DIGITS = 18; // fit into a long
    private static final long LARGEST = 1L << 62; // nanoseconds in 146 years; sums of two still fit into a long
    private static final int MAX_EXPONENT = 30;
    private static final int MAX_LENGTH = 64;
    private static final long[] POWERS = new long[MAX_DIGITS + 1];

    static {
        POWERS[0] = 1;
        for (int i = 1; i <= MAX_DIGITS; i++) {
            POWERS[i] = 10 * POWERS[i - 1];
        }
    }

    private Numbers() {}

    /** A non-negative integer of at most 18 digits. */
    static long integer(LineReader in, int from, int to, String what) {
        byte[] b = in.buffer();
        long x = 0;
        int i = from;
        while (i < to && b[i] >= '0' && b[i] <= '9' && i - from < MAX_DIGITS) {
            x = 10 * x + (b[i] - '0');
            i++;
        }
        if (i == from || i < to) {
            throw in.error(from, to, what + ", an integer >= 0 of at most " + MAX_DIGITS + " digits", "");
        }
        return x;
    }

    /** A non-negative decimal number times 10^scale, rounded half up; exact where the number has no more decimals than that. */
    static long scaled(LineReader in, int from, int to, int scale, String what) {
        byte[] b = in.buffer();
        long x = 0;
        int i = from;
        while (i < to && b[i] >= '0' && b[i] <= '9' && x < LARGEST / POWERS[scale] / 10) {
            x = 10 * x + (b[i] - '0');
            i++;
        }
        int whole = i - from;
        int kept = 0;
        boolean roundUp = false;
        if (i < to && b[i] == '.' && whole > 0) {
            i++;
            int fraction = i;
            while (i < to && b[i] >= '0' && b[i] <= '9') {
                if (i - fraction < scale) {
                    x = 10 * x + (b[i] - '0');
                    kept++;
                } else if (i - fraction == scale) {
                    roundUp = b[i] >= '5';
                }
                i++;
            }
            if (i == fraction) {
                whole = 0; // "1." is cut off
            }
        }
        if (i < to || whole == 0) {
            BigDecimal exact = decimal(in, from, to, what).movePointRight(scale).setScale(0, RoundingMode.HALF_UP);
            if (exact.toBigInteger().bitLength() > 62) {
                throw in.error(from, to, what + ", a number >= 0", "it is too large: 146 years at most");
            }
            return exact.longValueExact();
        }
        return x * POWERS[scale - kept] + (roundUp ? 1 : 0);
    }

    /** A non-negative decimal number of milliseconds as nanoseconds, to the nearest double. */
    static double millis(LineReader in, int from, int to, String what) {
        int dot = in.find(from, '.');
        if (to - from <= 12
                && to - dot <= 7
                && isPlain(in, from, to)) { // at most 6 decimals: a whole number of nanoseconds
            return scaled(in, from, to, 6, what);
        }
        return decimal(in, from, to, what).movePointRight(6).doubleValue();
    }

    /** A non-negative decimal number to the nearest double. */
    static double number(LineReader in, int from, int to, String what) {
        return decimal(in, from, to, what).doubleValue();
    }

    private static boolean isPlain(LineReader in, int from, int to) {
        byte[] b = in.buffer();
        for (int i = from; i < to; i++) {
            if (b[i] != '.' && (b[i] < '0' || b[i] > '9')) {
                return false;
            }
        }
        return true;
    }

    /** The slow and general way, and the one that says what is wrong. */
    private static BigDecimal decimal(LineReader in, int from, int to, String what) {
        String rule = what + ", a number >= 0";
        if (to - from > MAX_LENGTH) {
            throw in.error(from, to, rule, "it is longer than " + MAX_LENGTH + " characters");
        }
        String text = in.text(from, to);
        if (!text.matches("[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")) {
            boolean negative = text.matches("-[0-9.]+([eE][+-]?[0-9]+)?");
            boolean notFinite = text.matches("(?i)[+-]?(nan|inf|infinity)");
            throw in.error(from, to, rule, negative ? "it is negative" : notFinite ? "it is not finite" : "");
        }
        int e = Math.max(text.indexOf('e'), text.indexOf('E'));
        if (e >= 0 && Math.abs(Integer.parseInt(text.substring(e + 1))) > MAX_EXPONENT) {
            throw in.error(from, to, rule, "its exponent is beyond " + MAX_EXPONENT);
        }
        BigDecimal x = new BigDecimal(text);
        return x;
    }
}
