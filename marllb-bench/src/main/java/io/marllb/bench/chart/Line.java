package io.marllb.bench.chart;

import java.util.Objects;

/** One line of a {@link Chart.Lines}, with an optional band around it. Immutable. NaN breaks the line. */
public final class Line {

    private final String name;
    private final Style style;
    private final double[] x;
    private final double[] y;
    private final double[] low;
    private final double[] high;

    private Line(String name, Style style, double[] x, double[] y, double[] low, double[] high) {
        this.name = Objects.requireNonNull(name, "name");
        this.style = Objects.requireNonNull(style, "style");
        if (x.length != y.length || low.length != high.length || (low.length > 0 && low.length != x.length)) {
            throw new IllegalArgumentException("line '" + name + "' has " + x.length + " x, " + y.length + " y, "
                    + low.length + " low and " + high.length + " high values; they must be equally many");
        }
        this.x = x.clone();
        this.y = y.clone();
        this.low = low.clone();
        this.high = high.clone();
    }

    /**
     * A line.
     *
     * @param name what it shows, for the legend
     * @param style its look
     * @param x positions, ascending, {@code [points]}
     * @param y values, {@code [points]}
     * @return the line
     */
    public static Line of(String name, Style style, double[] x, double[] y) {
        return new Line(name, style, x, y, new double[0], new double[0]);
    }

    /**
     * The same line with a band.
     *
     * @param lower lower edge, {@code [points]}
     * @param upper upper edge, {@code [points]}
     * @return new line
     */
    public Line withBand(double[] lower, double[] upper) {
        return new Line(name, style, x, y, lower, upper);
    }

    /**
     * What it shows.
     *
     * @return name
     */
    public String name() {
        return name;
    }

    /**
     * Its look.
     *
     * @return style
     */
    public Style style() {
        return style;
    }

    int size() {
        return x.length;
    }

    double x(int i) {
        return x[i];
    }

    double y(int i) {
        return y[i];
    }

    boolean hasBand() {
        return low.length > 0;
    }

    double low(int i) {
        return low[i];
    }

    double high(int i) {
        return high[i];
    }
}
