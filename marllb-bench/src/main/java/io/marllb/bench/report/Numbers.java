package io.marllb.bench.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** How numbers are written: for programs with nine significant digits on every JDK, for people with as many as they can use. */
final class Numbers {

    private static final MathContext DIGITS = new MathContext(9);

    private Numbers() {}

    /** Nine significant digits, the same on every JDK (Double.toString is not); null if not finite. */
    static BigDecimal exact(double x) {
        if (!Double.isFinite(x)) {
            return null;
        }
        BigDecimal rounded = new BigDecimal(x).round(DIGITS).stripTrailingZeros();
        return rounded.scale() < 1 ? rounded.setScale(1) : rounded; // a real number stays one in every reader
    }

    /** At most so many significant digits, no exponent and no needless zeros. */
    static String plain(double x, int digits) {
        return new BigDecimal(x)
                .round(new MathContext(digits))
                .stripTrailingZeros()
                .toPlainString();
    }

    static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    static String percent(double share) {
        if (!Double.isFinite(share)) {
            return "–";
        }
        double p = share * 100;
        return p == 0 ? "0 %" : p < 0.01 ? "< 0.01 %" : String.format(Locale.ROOT, p < 10 ? "%.2f %%" : "%.1f %%", p);
    }

    static String fixed(double x, int decimals) {
        return Double.isFinite(x) ? String.format(Locale.ROOT, "%." + decimals + "f", x) : "–";
    }

    /** A ratio: three decimals while it is near 1, fewer when it is large. */
    static String ratio(double r) {
        return fixed(r, r >= 100 ? 0 : r >= 10 ? 1 : r >= 2 ? 2 : 3);
    }

    static String p(double p) {
        return !Double.isFinite(p)
                ? "–"
                : p < 0.001 ? "< 0.001" : String.format(Locale.ROOT, p < 0.1 ? "%.3f" : "%.2f", p);
    }

    /** "= 0.03" or "< 0.001", to follow a p. */
    static String pRelation(double p) {
        return p < 0.001 ? "< 0.001" : "= " + p(p);
    }
}
