package io.marllb.bench.chart;

import java.util.List;
import java.util.Locale;

/**
 * Draws charts as SVG elements for an HTML page: no colour and no font is in the drawing, only classes, so that the page's style sheet makes them
 * light, dark or fit for print. Text is text. Coordinates have one decimal, and points that would fall on one another are left out, so that a chart
 * takes a few kilobytes however much data it stands for. Output depends on the arguments only.
 *
 * <p>Classes: {@code grid}, {@code axis}, {@code tick}, {@code label}, {@code name}, {@code line}, {@code band}, {@code bar}, {@code box},
 * {@code whisker}, {@code median}, {@code dot}, {@code marker}, {@code shade}, {@code reference}, and {@link Style#cssClass}.
 */
public final class InlineSvg {

    /** Width of one character of the monospaced names, at the size of the page's style sheet. */
    private static final double NAME_CHARACTER = 7.3;

    private static final double MIN_DISTANCE = 0.75; // points nearer than this to the one before are not drawn
    private static final double MARKER_DISTANCE = 18; // numbers of markers nearer than this are joined
    private static final double BAND_DISTANCE = 1.5; // the same for the edges of bands, which are only a hint

    private final StringBuilder out = new StringBuilder(8_192);
    private final int width;
    private final int height;
    private final boolean narrow;

    private double left;
    private double top;
    private double plotWidth;
    private double plotHeight;

    private InlineSvg(int width, int height) {
        this.width = width;
        this.height = height;
        narrow = width < 500;
    }

    /**
     * Draws a chart.
     *
     * @param chart what
     * @param description for readers who cannot see it
     * @param width of the view box; text keeps its size, so a narrow box suits a narrow screen
     * @param height of the view box; charts of rows take the height they need
     * @return an {@code <svg>} element
     */
    public static String draw(Chart chart, String description, int width, int height) {
        int needed = height;
        if (chart instanceof Chart.Intervals c) {
            needed = 44 + c.rows().size() * (width < 500 ? 38 : 26);
        } else if (chart instanceof Chart.Boxes c) {
            int boxes = c.groups().stream().mapToInt(g -> g.boxes().size()).sum();
            needed = 44 + boxes * 15 + c.groups().size() * (width < 500 ? 28 : 11);
        }
        return new InlineSvg(width, needed).drawAll(chart, description);
    }

    private String drawAll(Chart chart, String description) {
        out.append("<svg viewBox=\"0 0 ")
                .append(width)
                .append(' ')
                .append(height)
                .append("\" role=\"img\" aria-label=\"")
                .append(escape(description))
                .append("\">");
        if (chart instanceof Chart.Lines c) {
            lines(c);
        } else if (chart instanceof Chart.Intervals c) {
            intervals(c);
        } else if (chart instanceof Chart.Boxes c) {
            boxes(c);
        } else if (chart instanceof Chart.Bars c) {
            bars(c);
        }
        return out.append("</svg>").toString();
    }

    // Lines

    private void lines(Chart.Lines c) {
        double xMin = Double.POSITIVE_INFINITY;
        double xMax = Double.NEGATIVE_INFINITY;
        double yMin = Double.POSITIVE_INFINITY;
        double yMax = Double.NEGATIVE_INFINITY;
        for (Line line : c.lines()) {
            for (int i = 0; i < line.size(); i++) {
                if (c.x().shows(line.x(i)) && c.y().shows(line.y(i))) {
                    xMin = Math.min(xMin, line.x(i));
                    xMax = Math.max(xMax, line.x(i));
                    yMin = Math.min(yMin, line.hasBand() && c.y().shows(line.low(i)) ? line.low(i) : line.y(i));
                    yMax = Math.max(yMax, line.hasBand() && c.y().shows(line.high(i)) ? line.high(i) : line.y(i));
                }
            }
        }
        boolean small = width < 320;
        int xTicks = small ? 3 : narrow ? 5 : 9;
        int yTicks = small ? 4 : 5;
        // The horizontal axis of time ends where the data ends: rounding would leave a hole at the right.
        Axis x = c.x().logarithmic() ? c.x() : c.x().to(Double.isNaN(c.x().max()) && xMax > xMin ? xMax : c.x().max());
        x = x.fitted(xMin, xMax, xTicks);
        Axis y = c.y().fitted(yMin, yMax, yTicks);
        plot(c.title(), x, y, xTicks, yTicks, !c.markers().isEmpty());
        openPlot();
        if (c.shadedUntil() > x.min()) {
            double end = Math.min(1, x.position(c.shadedUntil())) * plotWidth;
            out.append("<rect class=\"shade\" x=\"0\" y=\"0\" width=\"")
                    .append(n(end))
                    .append("\" height=\"")
                    .append(n(plotHeight))
                    .append("\"/>");
        }
        for (Chart.Marker marker : c.markers()) {
            String at = n(x.position(marker.x()) * plotWidth);
            out.append("<path class=\"marker\" d=\"M")
                    .append(at)
                    .append(" 0V")
                    .append(n(plotHeight))
                    .append("\"/>");
        }
        for (int i = c.lines().size() - 1; i >= 0; i--) {
            Line line = c.lines().get(i);
            out.append("<g class=\"")
                    .append(line.style().cssClass())
                    .append("\"")
                    .append(dataName(line.name()))
                    .append('>');
            if (line.hasBand()) {
                band(line, x, y);
            }
            path(line, x, y);
            out.append("<title>").append(escape(line.name())).append("</title></g>");
        }
        out.append("</svg>");
        markerNumbers(c.markers(), x);
    }

    /** Labels of markers that stand too close are drawn as a range at the first of them. */
    private void markerNumbers(List<Chart.Marker> markers, Axis x) {
        double at = Double.NEGATIVE_INFINITY;
        String first = "";
        String label = "";
        for (Chart.Marker marker : markers) {
            double position = x.position(marker.x());
            if (position < 0 || position > 1) {
                continue;
            }
            double here = left + position * plotWidth;
            if (here - at < MARKER_DISTANCE) {
                label = first + "–" + marker.label();
                continue;
            }
            markerNumber(at, label);
            at = here;
            first = marker.label();
            label = first;
        }
        markerNumber(at, label);
    }

    private void markerNumber(double at, String label) {
        if (!label.isEmpty()) {
            text("marker-label", at, top - 5, "middle", label);
        }
    }

    private void path(Line line, Axis x, Axis y) {
        Pen pen = new Pen();
        double lastX = 0;
        double lastY = 0;
        boolean down = false;
        for (int i = 0; i < line.size(); i++) {
            if (!x.shows(line.x(i)) || !y.shows(line.y(i))) {
                down = false;
                continue;
            }
            double px = x.position(line.x(i)) * plotWidth;
            double py = clamp((1 - y.position(line.y(i))) * plotHeight);
            boolean last = i == line.size() - 1;
            if (down && !last && Math.abs(px - lastX) + Math.abs(py - lastY) < MIN_DISTANCE) {
                continue;
            }
            if (down) {
                pen.lineTo(px, py);
            } else {
                pen.moveTo(px, py);
            }
            down = true;
            lastX = px;
            lastY = py;
        }
        out.append("<path class=\"line\" d=\"").append(pen.path).append("\"/>");
    }

    /** Writes path data relative to the point before, in tenths, without letting roundings add up: a third shorter than absolute. */
    private static final class Pen {
        private final StringBuilder path = new StringBuilder();
        private long x;
        private long y;

        void moveTo(double toX, double toY) {
            x = Math.round(toX * 10);
            y = Math.round(toY * 10);
            path.append('M');
            number(x);
            separated(y);
        }

        void lineTo(double toX, double toY) {
            long nextX = Math.round(toX * 10);
            long nextY = Math.round(toY * 10);
            if (nextY == y) {
                path.append('h');
                number(nextX - x);
            } else if (nextX == x) {
                path.append('v');
                number(nextY - y);
            } else {
                path.append('l');
                number(nextX - x);
                separated(nextY - y);
            }
            x = nextX;
            y = nextY;
        }

        private void separated(long tenths) {
            if (tenths >= 0) {
                path.append(' ');
            }
            number(tenths);
        }

        private void number(long tenths) {
            long magnitude = Math.abs(tenths);
            if (tenths < 0) {
                path.append('-');
            }
            if (magnitude >= 10 || magnitude == 0) {
                path.append(magnitude / 10);
            }
            if (magnitude % 10 != 0) {
                path.append('.').append(magnitude % 10);
            }
        }
    }

    private void band(Line line, Axis x, Axis y) {
        int[] kept = new int[line.size()];
        int n = 0;
        double lastX = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < line.size(); i++) {
            if (x.shows(line.x(i)) && y.shows(line.low(i)) && y.shows(line.high(i))) {
                double px = x.position(line.x(i)) * plotWidth;
                if (px - lastX >= BAND_DISTANCE || i == line.size() - 1) {
                    kept[n++] = i;
                    lastX = px;
                }
            }
        }
        Pen pen = new Pen();
        for (int k = 0; k < 2 * n; k++) {
            int i = k < n ? kept[k] : kept[2 * n - 1 - k];
            double px = x.position(line.x(i)) * plotWidth;
            double py = clamp((1 - y.position(k < n ? line.high(i) : line.low(i))) * plotHeight);
            if (k == 0) {
                pen.moveTo(px, py);
            } else {
                pen.lineTo(px, py);
            }
        }
        if (n > 0) {
            out.append("<path class=\"band\" d=\"").append(pen.path).append("Z\"/>");
        }
    }

    /** Far outside the plot is as good as just outside, and takes fewer digits. */
    private double clamp(double y) {
        return Math.max(-20, Math.min(plotHeight + 20, y));
    }

    // Rows

    private void intervals(Chart.Intervals c) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        int longest = 0;
        for (Chart.Interval row : c.rows()) {
            for (double v : new double[] {row.low(), row.value(), row.high(), c.reference()}) {
                if (c.x().shows(v)) {
                    min = Math.min(min, v);
                    max = Math.max(max, v);
                }
            }
            longest = Math.max(longest, row.name().length());
        }
        int ticks = narrow ? 4 : 8;
        Axis x = c.x().fitted(min, max, ticks);
        rowsPlot(x, ticks, longest);
        double rowHeight = plotHeight / Math.max(1, c.rows().size());
        if (c.x().shows(c.reference())) {
            verticalLine("reference", left + x.position(c.reference()) * plotWidth, top, top + plotHeight);
        }
        for (int i = 0; i < c.rows().size(); i++) {
            Chart.Interval row = c.rows().get(i);
            double y = top + rowHeight * i + rowHeight * (narrow ? 0.74 : 0.5);
            group(row.style(), row.name());
            rowName(row.name(), y, top + rowHeight * i);
            if (x.shows(row.low()) && x.shows(row.high())) {
                horizontalLine("whisker", rowX(x, row.low()), rowX(x, row.high()), y);
            }
            if (x.shows(row.value())) {
                dot("dot", rowX(x, row.value()), y, 4);
            }
            out.append("</g>");
        }
    }

    private void boxes(Chart.Boxes c) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        int longest = 0;
        int rows = 0;
        for (Chart.BoxGroup group : c.groups()) {
            longest = Math.max(longest, group.name().length());
            rows += group.boxes().size();
            for (Chart.Box box : group.boxes()) {
                min = Math.min(min, box.p5());
                max = Math.max(max, box.p95());
            }
        }
        int ticks = narrow ? 4 : 8;
        Axis x = c.x().fitted(min, max, ticks);
        rowsPlot(x, ticks, longest);
        double gap = narrow ? 28 : 11;
        double rowHeight = (plotHeight - gap * c.groups().size()) / Math.max(1, rows);
        double y = top;
        for (Chart.BoxGroup group : c.groups()) {
            double middle = y + gap / 2 + group.boxes().size() * rowHeight / 2;
            group(null, group.name());
            rowName(group.name(), narrow ? y + gap + rowHeight / 2 : middle, y);
            out.append("</g>");
            y += narrow ? gap : gap / 2;
            for (Chart.Box box : group.boxes()) {
                box(box, x, y + rowHeight / 2, rowHeight * 0.62);
                y += rowHeight;
            }
            y += narrow ? 0 : gap / 2;
        }
    }

    private void box(Chart.Box box, Axis x, double y, double thickness) {
        out.append("<g class=\"").append(box.style().cssClass()).append("\">");
        horizontalLine("whisker thin", rowX(x, box.p5()), rowX(x, box.p95()), y);
        double from = rowX(x, box.q1());
        double to = Math.max(from + 1.5, rowX(x, box.q3()));
        out.append("<rect class=\"box\" x=\"")
                .append(n(from))
                .append("\" y=\"")
                .append(n(y - thickness / 2))
                .append("\" width=\"")
                .append(n(to - from))
                .append("\" height=\"")
                .append(n(thickness))
                .append("\" rx=\"1.5\"/>");
        verticalLine("median", rowX(x, box.median()), y - thickness / 2, y + thickness / 2);
        dot("dot hollow", rowX(x, box.mean()), y, 2.3);
        out.append("<title>")
                .append(escape(String.format(
                        Locale.ROOT,
                        "%s: median %.3g, mean %.3g, middle half %.3g to %.3g, 5th to 95th percentile %.3g to %.3g",
                        box.name(),
                        box.median(),
                        box.mean(),
                        box.q1(),
                        box.q3(),
                        box.p5(),
                        box.p95())))
                .append("</title></g>");
    }

    private double rowX(Axis x, double value) {
        return left + Math.max(0, Math.min(1, x.position(value))) * plotWidth;
    }

    private void rowName(String name, double y, double rowTop) {
        if (narrow) {
            text("name", left, rowTop + 14, "start", name);
        } else {
            text("name", left - 12, y + 4, "end", name);
        }
    }

    private void rowsPlot(Axis x, int ticks, int longestName) {
        left = narrow ? 8 : Math.min(width * 0.45, 24 + longestName * NAME_CHARACTER);
        top = 4;
        plotWidth = width - left - 18;
        plotHeight = height - top - 40;
        for (double t : x.ticks(ticks)) {
            double at = left + x.position(t) * plotWidth;
            verticalLine("grid", at, top, top + plotHeight);
            tick(at, top + plotHeight + 16, anchor(at), x.format(t));
        }
        horizontalLine("axis", left, left + plotWidth, top + plotHeight);
        text("label", left + plotWidth, height - 5.0, "end", x.label());
    }

    private String anchor(double at) {
        return at < 14 ? "start" : at > width - 14 ? "end" : "middle";
    }

    // Bars

    private void bars(Chart.Bars c) {
        double max = 0;
        for (Chart.Bar bar : c.bars()) {
            max = Math.max(max, Double.isFinite(bar.value()) ? bar.value() : 0);
        }
        Axis y = c.y().from(0).fitted(0, max, 3);
        Axis x = new Axis(c.xLabel(), false, false, 0, Math.max(1, c.bars().size()));
        plot(c.title(), x, y, 0, 4, false);
        double slot = plotWidth / Math.max(1, c.bars().size());
        int every = (int) Math.ceil(22 / slot);
        for (int i = 0; i < c.bars().size(); i++) {
            Chart.Bar bar = c.bars().get(i);
            double h = Double.isFinite(bar.value()) ? Math.min(1, y.position(bar.value())) * plotHeight : 0;
            double barWidth = Math.min(26, slot * 0.74);
            double at = left + slot * (i + 0.5);
            out.append("<g class=\"")
                    .append(bar.style().cssClass())
                    .append("\"><rect class=\"bar\" x=\"")
                    .append(n(at - barWidth / 2))
                    .append("\" y=\"")
                    .append(n(top + plotHeight - h))
                    .append("\" width=\"")
                    .append(n(barWidth))
                    .append("\" height=\"")
                    .append(n(h))
                    .append("\"/><title>")
                    .append(escape(bar.name() + ": " + y.format(bar.value())))
                    .append("</title></g>");
            if (i % every == 0) {
                tick(at, top + plotHeight + 14, "middle", bar.name());
            }
        }
        horizontalLine("axis", left, left + plotWidth, top + plotHeight);
    }

    // Shared parts

    private void plot(String title, Axis x, Axis y, int xTicks, int yTicks, boolean markerRow) {
        boolean small = width < 320;
        left = small ? (y.percent() ? 46 : 40) : narrow ? 46 : 58;
        top = (title.isEmpty() ? 8 : 26) + (y.label().isEmpty() ? 0 : 17) + (markerRow ? 15 : 0);
        plotWidth = width - left - (small ? 10 : 18);
        plotHeight = height - top - (x.label().isEmpty() ? 24 : 40);
        if (!title.isEmpty()) {
            text("name", 4, 15, "start", title);
        }
        if (!y.label().isEmpty()) {
            text("label", 4, (title.isEmpty() ? 8 : 26) + 5.0, "start", y.label());
        }
        for (double t : y.ticks(yTicks)) {
            double at = top + (1 - y.position(t)) * plotHeight;
            horizontalLine("grid", left, left + plotWidth, at);
            tick(left - 7, at + 4, "end", y.format(t));
        }
        if (xTicks > 0) {
            for (double t : x.ticks(xTicks)) {
                double at = left + x.position(t) * plotWidth;
                verticalLine("tickmark", at, top + plotHeight, top + plotHeight + 4);
                tick(at, top + plotHeight + 17, anchor(at), x.format(t));
            }
            horizontalLine("axis", left, left + plotWidth, top + plotHeight);
        }
        if (!x.label().isEmpty()) {
            text("label", left + plotWidth, height - 4.0, "end", x.label());
        }
    }

    private void openPlot() {
        // A nested svg clips without an id that would have to be unique in the page.
        out.append("<svg x=\"")
                .append(n(left))
                .append("\" y=\"")
                .append(n(top))
                .append("\" width=\"")
                .append(n(plotWidth))
                .append("\" height=\"")
                .append(n(plotHeight))
                .append("\">");
    }

    private void group(Style style, String name) {
        out.append("<g class=\"")
                .append(style == null ? "row" : style.cssClass())
                .append("\"")
                .append(dataName(name))
                .append('>');
    }

    private static String dataName(String name) {
        return " data-s=\"" + escape(name) + "\"";
    }

    private void dot(String cssClass, double x, double y, double r) {
        out.append("<circle class=\"")
                .append(cssClass)
                .append("\" cx=\"")
                .append(n(x))
                .append("\" cy=\"")
                .append(n(y))
                .append("\" r=\"")
                .append(n(r))
                .append("\"/>");
    }

    private void horizontalLine(String cssClass, double from, double to, double y) {
        out.append("<path class=\"")
                .append(cssClass)
                .append("\" d=\"M")
                .append(n(from))
                .append(' ')
                .append(n(y));
        out.append('H').append(n(to)).append("\"/>");
    }

    private void verticalLine(String cssClass, double x, double from, double to) {
        out.append("<path class=\"")
                .append(cssClass)
                .append("\" d=\"M")
                .append(n(x))
                .append(' ')
                .append(n(from));
        out.append('V').append(n(to)).append("\"/>");
    }

    private void tick(double x, double y, String anchor, String text) {
        text("tick", x, y, anchor, text);
    }

    private void text(String cssClass, double x, double y, String anchor, String text) {
        out.append("<text class=\"")
                .append(cssClass)
                .append("\" x=\"")
                .append(n(x))
                .append("\" y=\"")
                .append(n(y))
                .append('"');
        if (!anchor.equals("start")) {
            out.append(" text-anchor=\"").append(anchor).append('"');
        }
        out.append('>').append(escape(text)).append("</text>");
    }

    /** One decimal, none where it is 0. */
    private static String n(double v) {
        long tenths = Math.round(v * 10);
        String whole = (tenths < 0 ? "-" : "") + Math.abs(tenths) / 10;
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : whole + "." + Math.abs(tenths) % 10;
    }

    /**
     * Text for HTML and XML, element or attribute.
     *
     * @param text any text
     * @return the text with the five special characters replaced
     */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
