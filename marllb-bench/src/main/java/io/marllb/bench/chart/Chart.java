package io.marllb.bench.chart;

import java.util.List;

/** What is drawn, as a value; {@link InlineSvg} and {@link ChartFiles} know how. */
public sealed interface Chart {

    /**
     * What this panel shows, where a figure has several; empty for the only one.
     *
     * @return title
     */
    String title();

    /**
     * Lines over a common axis.
     *
     * @param title of the panel
     * @param x horizontal axis
     * @param y vertical axis
     * @param lines what is drawn, the first on top
     * @param markers moments that are named
     * @param shadedUntil everything left of it is shaded (warm-up); NaN for nothing
     */
    record Lines(String title, Axis x, Axis y, List<Line> lines, List<Marker> markers, double shadedUntil)
            implements Chart {
        /** Copies the lists. */
        public Lines {
            lines = List.copyOf(lines);
            markers = List.copyOf(markers);
        }
    }

    /**
     * A named moment.
     *
     * @param x where
     * @param label its name, short
     */
    record Marker(double x, String label) {}

    /**
     * Estimates with intervals, one row each.
     *
     * @param title of the panel
     * @param x the axis of the estimates
     * @param rows from top to bottom
     * @param reference where a reference line is drawn; NaN for none
     */
    record Intervals(String title, Axis x, List<Interval> rows, double reference) implements Chart {
        /** Copies the list. */
        public Intervals {
            rows = List.copyOf(rows);
        }
    }

    /**
     * An estimate.
     *
     * @param name of the row
     * @param style its look
     * @param low lower end; NaN for no interval
     * @param value the estimate
     * @param high upper end; NaN for no interval
     */
    record Interval(String name, Style style, double low, double value, double high) {}

    /**
     * Distributions in groups, as boxes: whiskers from the 5th to the 95th percentile, box from the first to the third quartile.
     *
     * @param title of the panel
     * @param x the axis of the values
     * @param groups from top to bottom
     */
    record Boxes(String title, Axis x, List<BoxGroup> groups) implements Chart {
        /** Copies the list. */
        public Boxes {
            groups = List.copyOf(groups);
        }
    }

    /**
     * Boxes that belong together.
     *
     * @param name of the group
     * @param boxes from top to bottom
     */
    record BoxGroup(String name, List<Box> boxes) {
        /** Copies the list. */
        public BoxGroup {
            boxes = List.copyOf(boxes);
        }
    }

    /**
     * A distribution.
     *
     * @param name for the legend
     * @param style its look
     * @param p5 5th percentile
     * @param q1 first quartile
     * @param median median
     * @param q3 third quartile
     * @param p95 95th percentile
     * @param mean mean, drawn as a dot
     */
    record Box(String name, Style style, double p5, double q1, double median, double q3, double p95, double mean) {}

    /**
     * Bars from zero.
     *
     * @param title of the panel
     * @param y the axis of the values
     * @param bars from left to right
     * @param xLabel what the bars are
     */
    record Bars(String title, Axis y, List<Bar> bars, String xLabel) implements Chart {
        /** Copies the list. */
        public Bars {
            bars = List.copyOf(bars);
        }
    }

    /**
     * A bar.
     *
     * @param name below it, short
     * @param style its look
     * @param value its height
     */
    record Bar(String name, Style style, double value) {}
}
