package io.marllb.env.trace;

import java.math.BigDecimal;

/** Numbers as text, exactly. */
final class Decimals {

    private static final int NANO_DIGITS = 9;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final double WHOLE = 0x1.0p53;

    private Decimals() {}

    /** Nanoseconds as seconds, with at least {@code leastDecimals} and at most nine. */
    static void seconds(StringBuilder text, long nanos, int leastDecimals) {
        text.append(nanos / NANOS_PER_SECOND);
        fraction(text, nanos % NANOS_PER_SECOND, NANO_DIGITS, leastDecimals);
    }

    /** Nanoseconds as milliseconds, with as many decimals as the double needs. */
    static void millis(StringBuilder text, double nanos) {
        if (nanos < WHOLE && nanos == Math.rint(nanos)) {
            long whole = (long) nanos;
            text.append(whole / 1_000_000);
            fraction(text, whole % 1_000_000, 6, 0);
        } else {
            text.append(BigDecimal.valueOf(nanos).movePointLeft(6).toPlainString());
        }
    }

    private static void fraction(StringBuilder text, long fraction, int digits, int leastDecimals) {
        long rest = fraction;
        int decimals = digits;
        while (decimals > leastDecimals && rest % 10 == 0) {
            rest /= 10;
            decimals--;
        }
        if (decimals == 0) {
            return;
        }
        text.append('.');
        int from = text.length();
        text.append(rest);
        while (text.length() - from < decimals) {
            text.insert(from, '0');
        }
    }
}
