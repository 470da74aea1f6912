package io.marllb.env.trace;

import java.util.Locale;

/** The rate over time as a small bar chart of characters. */
final class RatePicture {

    private static final int COLUMNS = 64;
    private static final int ROWS = 6;
    private static final int LEVELS = 8; // of a block character
    private static final String BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
    private static final String ASCII = " ...:::##"; // as many levels, fewer looks

    private RatePicture() {}

    /** The lines of the picture, each with its line break. */
    static String draw(double[] rates, long stepNanos, boolean unicode) {
        int columns = Math.min(COLUMNS, rates.length);
        double[] bars = new double[columns];
        double highest = 0;
        for (int c = 0; c < columns; c++) {
            bars[c] = mean(rates, (double) c * rates.length / columns, (double) (c + 1) * rates.length / columns);
            highest = Math.max(highest, bars[c]);
        }
        StringBuilder text = new StringBuilder("rate over time, flows per second\n");
        String levels = unicode ? BLOCKS : ASCII;
        for (int row = ROWS - 1; row >= 0; row--) {
            String label = row == ROWS - 1 ? TraceDescription.number(highest) : row == 0 ? "0" : "";
            text.append(String.format(Locale.ROOT, "%10s %s", label, unicode ? "\u2502" : "|"));
            for (double bar : bars) {
                long eighths = highest > 0 ? Math.round(bar / highest * ROWS * LEVELS) - (long) row * LEVELS : 0;
                text.append(levels.charAt((int) Math.max(0, Math.min(LEVELS, eighths))));
            }
            text.append('\n');
        }
        String end = TraceDescription.time((double) rates.length * stepNanos);
        text.append(" ".repeat(11)).append(unicode ? "\u2514" : "+").append((unicode ? "\u2500" : "-").repeat(columns));
        text.append('\n').append(" ".repeat(12)).append('0');
        text.append(" ".repeat(Math.max(1, columns - 1 - end.length())))
                .append(end)
                .append('\n');
        return text.toString();
    }

    /** Mean over a range of steps whose ends may lie within one. */
    private static double mean(double[] rates, double from, double to) {
        double sum = 0;
        for (int i = (int) from; i < Math.min(rates.length, Math.ceil(to)); i++) {
            sum += rates[i] * (Math.min(to, i + 1) - Math.max(from, i));
        }
        return sum / (to - from);
    }
}
