package io.marllb.bench.report;

import java.util.Locale;

/** The unit in which a report shows times: one for all, so that columns can be compared, chosen so that the typical mean has few zeros. */
enum TimeUnit {
    MICROSECONDS("µs", 1e3),
    MILLISECONDS("ms", 1e6),
    SECONDS("s", 1e9);

    private final String symbol;
    private final double nanos;

    TimeUnit(String symbol, double nanos) {
        this.symbol = symbol;
        this.nanos = nanos;
    }

    static TimeUnit of(Ranking ranking) {
        double best = ranking.rows().stream()
                .mapToDouble(RankedPolicy::meanNanos)
                .filter(Double::isFinite)
                .min()
                .orElse(1e6);
        return best >= 2e9 ? SECONDS : best >= 2e5 ? MILLISECONDS : MICROSECONDS;
    }

    String symbol() {
        return symbol;
    }

    double of(double inNanos) {
        return inNanos / nanos;
    }

    String format(double inNanos) {
        return significant(of(inNanos));
    }

    /** Four significant digits, grouped from five digits before the point on; a dash for NaN. */
    static String significant(double x) {
        if (!Double.isFinite(x)) {
            return "–";
        }
        double magnitude = Math.abs(x);
        int decimals = magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : magnitude >= 1 ? 3 : 4;
        return String.format(Locale.ROOT, magnitude >= 10_000 ? "%,.0f" : "%." + decimals + "f", x);
    }
}
