package io.marllb.bench.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One axis.
 *
 * @param label what it measures, with its unit, such as {@code "response time (ms)"}; empty for none
 * @param logarithmic whether it is logarithmic, base 10; values {@code <= 0} are then left out
 * @param percent whether values in [0, 1] are written as percentages
 * @param min smallest value shown; NaN to follow the data
 * @param max largest value shown; NaN to follow the data
 */
public record Axis(String label, boolean logarithmic, boolean percent, double min, double max) {

    /**
     * A linear axis that follows the data.
     *
     * @param label what it measures, with its unit
     * @return the axis
     */
    public static Axis linear(String label) {
        return new Axis(label, false, false, Double.NaN, Double.NaN);
    }

    /**
     * A logarithmic axis that follows the data.
     *
     * @param label what it measures, with its unit
     * @return the axis
     */
    public static Axis log(String label) {
        return new Axis(label, true, false, Double.NaN, Double.NaN);
    }

    /**
     * A linear axis of shares, written as percentages.
     *
     * @param label what it measures
     * @return the axis, from 0 to 1
     */
    public static Axis share(String label) {
        return new Axis(label, false, true, 0, 1);
    }

    /**
     * The same axis from another smallest value on.
     *
     * @param value smallest value shown; NaN to follow the data
     * @return new axis
     */
    public Axis from(double value) {
        return new Axis(label, logarithmic, percent, value, max);
    }

    /**
     * The same axis up to another largest value.
     *
     * @param value largest value shown; NaN to follow the data
     * @return new axis
     */
    public Axis to(double value) {
        return new Axis(label, logarithmic, percent, min, value);
    }

    /** The axis with both ends fixed, given the data; ends that follow the data are moved out to round values. */
    Axis fitted(double dataMin, double dataMax, int ticks) {
        double low = Double.isNaN(min) ? dataMin : min;
        double high = Double.isNaN(max) ? dataMax : max;
        if (!(low <= high)) { // no data
            low = logarithmic ? 1 : 0;
            high = logarithmic ? 10 : 1;
        }
        if (logarithmic) {
            low = Double.isNaN(min) ? roundDown(low) : low;
            high = Double.isNaN(max) ? -roundDownNegated(high) : high;
            if (!(high > low)) {
                high = low * 10;
            }
        } else {
            if (!(high > low)) {
                double margin = low == 0 ? 1 : Math.abs(low) * 0.1;
                low = Double.isNaN(min) ? low - margin : low;
                high = low + 2 * margin;
            }
            double step = step(low, high, ticks);
            low = Double.isNaN(min) ? Math.floor(low / step + 1e-9) * step : low;
            high = Double.isNaN(max) ? Math.ceil(high / step - 1e-9) * step : high;
        }
        return new Axis(label, logarithmic, percent, low, high);
    }

    /** The largest of 1, 2, 5 times a power of ten that is not above. */
    private static double roundDown(double x) {
        double decade = Math.pow(10, Math.floor(Math.log10(x) + 1e-9));
        double m = x / decade;
        return (m >= 5 - 1e-9 ? 5 : m >= 2 - 1e-9 ? 2 : 1) * decade;
    }

    private static double roundDownNegated(double x) {
        double down = roundDown(x);
        if (down >= x * (1 - 1e-9)) {
            return -down;
        }
        double decade = Math.pow(10, Math.floor(Math.log10(down) + 1e-9));
        double m = Math.rint(down / decade);
        return -(m == 1 ? 2 * decade : m == 2 ? 5 * decade : 10 * decade);
    }

    private static double step(double low, double high, int ticks) {
        double raw = (high - low) / Math.max(1, ticks);
        double decade = Math.pow(10, Math.floor(Math.log10(raw)));
        double m = raw / decade;
        return (m <= 1.0001 ? 1 : m <= 2.0001 ? 2 : m <= 5.0001 ? 5 : 10) * decade;
    }

    /** Where labelled ticks go on a fitted axis. */
    List<Double> ticks(int wanted) {
        List<Double> ticks = new ArrayList<>();
        if (!logarithmic) {
            double step = step(min, max, wanted);
            for (double k = Math.ceil(min / step - 1e-9); k * step <= max + step * 1e-9; k++) {
                ticks.add(k * step);
            }
            return ticks;
        }
        int first = (int) Math.floor(Math.log10(min) + 1e-9);
        int last = (int) Math.ceil(Math.log10(max) - 1e-9);
        int stride = Math.max(1, (int) Math.ceil((last - first) / (double) Math.max(1, wanted)));
        double decades = Math.log10(max) - Math.log10(min);
        int[] multiples = decades * 3 <= wanted + 1 ? new int[] {1, 2, 5} : new int[] {1};
        for (int d = first; d <= last; d++) {
            for (int m : multiples) {
                double t = m * Math.pow(10, d);
                if (t >= min * (1 - 1e-9) && t <= max * (1 + 1e-9) && Math.floorMod(d - first, stride) == 0) {
                    ticks.add(t);
                }
            }
        }
        return ticks;
    }

    /** Position on a fitted axis, 0 at its smallest and 1 at its largest value. */
    double position(double value) {
        return logarithmic
                ? (Math.log10(value) - Math.log10(min)) / (Math.log10(max) - Math.log10(min))
                : (value - min) / (max - min);
    }

    boolean shows(double value) {
        return Double.isFinite(value) && !(logarithmic && value <= 0);
    }

    /** A tick's label. */
    String format(double value) {
        if (percent) {
            double p = value * 100;
            return number(p) + " %";
        }
        return number(value);
    }

    private static String number(double value) {
        if (value == 0) {
            return "0";
        }
        double magnitude = Math.abs(value);
        if (magnitude >= 1e6) {
            return trimmed(String.format(Locale.ROOT, "%.2f", value / 1e6)) + "M";
        }
        if (magnitude >= 1e4) {
            return trimmed(String.format(Locale.ROOT, "%.1f", value / 1e3)) + "k";
        }
        int decimals = magnitude >= 100 ? 0 : Math.max(0, 2 - (int) Math.floor(Math.log10(magnitude)));
        return trimmed(String.format(Locale.ROOT, "%." + Math.min(decimals, 9) + "f", value));
    }

    private static String trimmed(String s) {
        return s.indexOf('.') < 0 ? s : s.replaceAll("\\.?0+$", "");
    }
}
