package io.marllb.bench.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.text.FieldPosition;
import java.text.NumberFormat;
import java.text.ParsePosition;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.axis.ValueTick;
import org.jfree.chart.plot.IntervalMarker;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.chart.renderer.xy.XYBarRenderer;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.Layer;
import org.jfree.chart.ui.RectangleAnchor;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.Range;
import org.jfree.data.xy.DefaultIntervalXYDataset;
import org.jfree.data.xy.XYIntervalSeries;
import org.jfree.data.xy.XYIntervalSeriesCollection;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** Turns {@link Chart} values into JFreeChart charts in our theme. */
final class JFreeCharts {

    private JFreeCharts() {}

    static JFreeChart of(Chart chart) {
        XYPlot plot;
        if (chart instanceof Chart.Lines c) {
            plot = lines(c);
        } else if (chart instanceof Chart.Intervals c) {
            plot = intervals(c);
        } else if (chart instanceof Chart.Boxes c) {
            plot = boxes(c);
        } else if (chart instanceof Chart.Bars c) {
            plot = bars(c);
        } else {
            throw new IllegalArgumentException("unknown chart " + chart);
        }
        JFreeChart result = new JFreeChart(null, Theme.LABEL, plot, false);
        result.setBackgroundPaint(Theme.PAPER);
        result.setPadding(new RectangleInsets(2, 2, 2, 2));
        if (!chart.title().isEmpty()) {
            TextTitle title = new TextTitle(chart.title(), Theme.PANEL_TITLE);
            title.setPaint(Theme.INK);
            title.setHorizontalAlignment(HorizontalAlignment.LEFT);
            title.setPadding(2, 8, 0, 0);
            result.setTitle(title);
        }
        return result;
    }

    private static XYPlot lines(Chart.Lines c) {
        Bounds xs = new Bounds(c.x());
        Bounds ys = new Bounds(c.y());
        YIntervalSeriesCollection data = new YIntervalSeriesCollection();
        boolean bands = c.lines().stream().anyMatch(Line::hasBand);
        DeviationRenderer deviation = new DeviationRenderer(true, false);
        deviation.setAlpha(1);
        XYLineAndShapeRenderer renderer = bands ? deviation : new XYLineAndShapeRenderer(true, false);
        for (Line line : c.lines()) {
            YIntervalSeries series = null; // one per unbroken part: NaN inside a series would spoil the whole band
            for (int i = 0; i < line.size(); i++) {
                if (!c.x().shows(line.x(i)) || !c.y().shows(line.y(i))) {
                    series = null;
                    continue;
                }
                if (series == null) {
                    series = new YIntervalSeries(data.getSeriesCount() + " " + line.name(), false, true);
                    style(renderer, data.getSeriesCount(), line.style());
                    data.addSeries(series);
                }
                boolean band = line.hasBand() && c.y().shows(line.low(i)) && c.y().shows(line.high(i));
                double low = band ? line.low(i) : line.y(i);
                double high = band ? line.high(i) : line.y(i);
                series.add(line.x(i), line.y(i), low, high);
                xs.add(line.x(i));
                ys.add(low);
                ys.add(high);
            }
        }
        renderer.setDrawSeriesLineAsPath(!bands); // so that dashes run through
        Axis x = c.x().logarithmic() || !Double.isNaN(c.x().max())
                ? c.x()
                : c.x().to(xs.max > xs.min ? xs.max : Double.NaN);
        XYPlot plot = new XYPlot(
                data, axis(x.fitted(xs.min, xs.max, 8), 8), axis(c.y().fitted(ys.min, ys.max, 5), 5), renderer);
        Theme.apply(plot);
        if (c.shadedUntil() > 0) {
            IntervalMarker shade = new IntervalMarker(0, c.shadedUntil(), Theme.SHADE);
            plot.addDomainMarker(shade, Layer.BACKGROUND);
        }
        for (Chart.Marker m : c.markers()) {
            ValueMarker marker =
                    new ValueMarker(m.x(), Theme.MUTED, new BasicStroke(1, 0, 0, 1, new float[] {3, 3}, 0));
            marker.setLabel(m.label());
            marker.setLabelFont(Theme.TICK);
            marker.setLabelPaint(Theme.INK);
            marker.setLabelBackgroundColor(Theme.PAPER);
            marker.setLabelAnchor(RectangleAnchor.TOP_RIGHT);
            marker.setLabelTextAnchor(TextAnchor.TOP_LEFT);
            plot.addDomainMarker(marker, Layer.BACKGROUND);
        }
        return plot;
    }

    private static void style(XYLineAndShapeRenderer renderer, int series, Style style) {
        renderer.setSeriesPaint(series, Theme.colour(style));
        renderer.setSeriesFillPaint(series, Theme.faint(style));
        renderer.setSeriesStroke(series, Theme.stroke(style));
        renderer.setSeriesShapesVisible(series, false);
    }

    private static XYPlot intervals(Chart.Intervals c) {
        int n = c.rows().size();
        XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
        XYErrorRenderer renderer = new XYErrorRenderer();
        renderer.setDrawYError(false);
        renderer.setCapLength(0);
        renderer.setErrorStroke(new BasicStroke(2.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        Bounds xs = new Bounds(c.x());
        xs.add(c.reference());
        String[] names = new String[n];
        for (int i = 0; i < n; i++) {
            Chart.Interval row = c.rows().get(i);
            int y = n - 1 - i;
            names[y] = row.name();
            XYIntervalSeries series = new XYIntervalSeries(i + " " + row.name());
            boolean interval = c.x().shows(row.low()) && c.x().shows(row.high());
            if (c.x().shows(row.value())) {
                double low = interval ? row.low() : row.value();
                double high = interval ? row.high() : row.value();
                series.add(row.value(), low, high, y, y, y);
                xs.add(low);
                xs.add(high);
            }
            data.addSeries(series);
            renderer.setSeriesPaint(i, Theme.colour(row.style()));
            renderer.setSeriesShape(i, Theme.dot(4));
        }
        XYPlot plot = new XYPlot(data, axis(c.x().fitted(xs.min, xs.max, 8), 8), rows(names), renderer);
        rowGrid(plot);
        if (c.x().shows(c.reference())) {
            plot.addDomainMarker(new ValueMarker(c.reference(), Theme.MUTED, new BasicStroke(1)), Layer.BACKGROUND);
        }
        return plot;
    }

    private static XYPlot boxes(Chart.Boxes c) {
        List<Chart.Box> all = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Integer> heights = new ArrayList<>(); // from the top, with one free row between groups
        int n = 0;
        for (Chart.BoxGroup group : c.groups()) {
            n += n == 0 ? 0 : 1;
            for (int i = 0; i < group.boxes().size(); i++) {
                all.add(group.boxes().get(i));
                names.add(i == group.boxes().size() / 2 ? group.name() : "");
                heights.add(n++);
            }
        }
        String[] labels = new String[n];
        java.util.Arrays.fill(labels, "");
        Bounds xs = new Bounds(c.x());
        XYIntervalSeriesCollection whiskers = new XYIntervalSeriesCollection();
        XYErrorRenderer dots = new XYErrorRenderer();
        dots.setDrawYError(false);
        dots.setCapLength(0);
        dots.setErrorStroke(new BasicStroke(1.2f));
        DefaultIntervalXYDataset bodies = new DefaultIntervalXYDataset();
        XYBarRenderer bodyRenderer = barRenderer();
        DefaultIntervalXYDataset medians = new DefaultIntervalXYDataset();
        XYBarRenderer medianRenderer = barRenderer();
        for (Chart.Box box : all) {
            xs.add(box.p5());
            xs.add(box.p95());
        }
        Axis fitted = c.x().fitted(xs.min, xs.max, 8);
        double hair = (fitted.max() - fitted.min()) * 0.0015;
        for (int i = 0; i < all.size(); i++) {
            Chart.Box box = all.get(i);
            int y = n - 1 - heights.get(i);
            labels[y] = names.get(i);
            XYIntervalSeries series = new XYIntervalSeries(i + " " + box.name());
            series.add(box.mean(), box.p5(), box.p95(), y, y, y);
            whiskers.addSeries(series);
            dots.setSeriesPaint(i, Theme.colour(box.style()));
            dots.setSeriesShape(i, Theme.dot(2.2));
            bodies.addSeries("body " + i, row(y, box.q1(), Math.max(box.q3(), box.q1() + 2 * hair), 0.32));
            bodyRenderer.setSeriesPaint(i, blend(Theme.colour(box.style())));
            medians.addSeries("median " + i, row(y, box.median() - hair, box.median() + hair, 0.32));
            medianRenderer.setSeriesPaint(i, Theme.colour(box.style()));
        }
        XYPlot plot = new XYPlot(whiskers, axis(fitted, 8), rows(labels), dots);
        plot.setDataset(1, medians);
        plot.setRenderer(1, medianRenderer);
        plot.setDataset(2, bodies); // the last is drawn first
        plot.setRenderer(2, bodyRenderer);
        plot.setDatasetRenderingOrder(org.jfree.chart.plot.DatasetRenderingOrder.REVERSE);
        rowGrid(plot);
        return plot;
    }

    private static Color blend(Color c) {
        return new Color((c.getRed() + 2 * 255) / 3, (c.getGreen() + 2 * 255) / 3, (c.getBlue() + 2 * 255) / 3);
    }

    private static double[][] row(double y, double from, double to, double half) {
        return new double[][] {{(from + to) / 2}, {from}, {to}, {y}, {y - half}, {y + half}};
    }

    private static XYBarRenderer barRenderer() {
        XYBarRenderer renderer = new XYBarRenderer();
        renderer.setBarPainter(new org.jfree.chart.renderer.xy.StandardXYBarPainter());
        renderer.setShadowVisible(false);
        renderer.setUseYInterval(true);
        renderer.setDrawBarOutline(false);
        return renderer;
    }

    private static XYPlot bars(Chart.Bars c) {
        DefaultIntervalXYDataset data = new DefaultIntervalXYDataset();
        XYBarRenderer renderer = barRenderer();
        Bounds ys = new Bounds(c.y());
        ys.add(0);
        String[] names = new String[c.bars().size()];
        for (int i = 0; i < c.bars().size(); i++) {
            Chart.Bar bar = c.bars().get(i);
            names[i] = bar.name();
            double value = Double.isFinite(bar.value()) ? bar.value() : 0;
            ys.add(value);
            data.addSeries(
                    Integer.toString(i), new double[][] {{i}, {i - 0.37}, {i + 0.37}, {value / 2}, {0}, {value}});
            renderer.setSeriesPaint(i, Theme.colour(bar.style()));
        }
        SymbolAxis x = rows(names);
        x.setLabel(c.xLabel());
        XYPlot plot = new XYPlot(data, x, axis(c.y().from(0).fitted(ys.min, ys.max, 4), 4), renderer);
        Theme.apply(plot);
        return plot;
    }

    private static void rowGrid(XYPlot plot) {
        Theme.apply(plot);
        plot.setDomainGridlinesVisible(true);
        plot.setDomainGridlinePaint(Theme.GRID);
        plot.setRangeGridlinesVisible(false);
    }

    private static SymbolAxis rows(String[] names) {
        SymbolAxis axis = new SymbolAxis(null, names);
        Theme.apply(axis);
        axis.setTickLabelPaint(Theme.INK);
        axis.setTickLabelFont(new Font(Font.MONOSPACED, Font.PLAIN, 11));
        axis.setGridBandsVisible(false);
        axis.setRange(-0.6, Math.max(1, names.length) - 0.4);
        axis.setTickMarksVisible(false);
        return axis;
    }

    private static ValueAxis axis(Axis fitted, int ticks) {
        ValueAxis axis = fitted.logarithmic() ? new LogTicks(fitted, ticks) : new LinearTicks(fitted, ticks);
        axis.setLabel(fitted.label().isEmpty() ? null : fitted.label());
        axis.setRange(new Range(fitted.min(), fitted.max()), true, false);
        Theme.apply(axis);
        return axis;
    }

    /** Smallest and largest of what an axis shows. */
    private static final class Bounds {
        private final Axis axis;
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;

        Bounds(Axis axis) {
            this.axis = axis;
        }

        void add(double v) {
            if (axis.shows(v)) {
                min = Math.min(min, v);
                max = Math.max(max, v);
            }
        }
    }

    private static List<ValueTick> ticksOf(Axis fitted, int wanted) {
        List<ValueTick> ticks = new ArrayList<>();
        for (double t : fitted.ticks(wanted)) {
            ticks.add(new NumberTick(t, fitted.format(t), TextAnchor.CENTER, TextAnchor.CENTER, 0));
        }
        return ticks;
    }

    /** Ticks where {@link Axis} puts them, so that files and pages agree. */
    private static final class LinearTicks extends NumberAxis {
        private static final long serialVersionUID = 1;

        @SuppressWarnings("serial")
        private final Axis fitted;

        private final int wanted;

        LinearTicks(Axis fitted, int wanted) {
            this.fitted = fitted;
            this.wanted = wanted;
        }

        @Override
        public List<ValueTick> refreshTicks(
                java.awt.Graphics2D g2,
                org.jfree.chart.axis.AxisState state,
                java.awt.geom.Rectangle2D dataArea,
                RectangleEdge edge) {
            return anchored(ticksOf(fitted, wanted), edge);
        }
    }

    private static final class LogTicks extends org.jfree.chart.axis.LogAxis {
        private static final long serialVersionUID = 1;

        @SuppressWarnings("serial")
        private final Axis fitted;

        private final int wanted;

        LogTicks(Axis fitted, int wanted) {
            this.fitted = fitted;
            this.wanted = wanted;
            setNumberFormatOverride(new NumberFormat() {
                private static final long serialVersionUID = 1;

                @Override
                public StringBuffer format(double number, StringBuffer to, FieldPosition pos) {
                    return to.append(fitted.format(number));
                }

                @Override
                public StringBuffer format(long number, StringBuffer to, FieldPosition pos) {
                    return to.append(fitted.format(number));
                }

                @Override
                public Number parse(String source, ParsePosition position) {
                    throw new UnsupportedOperationException("ticks are only written");
                }
            });
        }

        @Override
        public List<ValueTick> refreshTicks(
                java.awt.Graphics2D g2,
                org.jfree.chart.axis.AxisState state,
                java.awt.geom.Rectangle2D dataArea,
                RectangleEdge edge) {
            return anchored(ticksOf(fitted, wanted), edge);
        }
    }

    private static List<ValueTick> anchored(List<ValueTick> ticks, RectangleEdge edge) {
        TextAnchor anchor = RectangleEdge.isTopOrBottom(edge) ? TextAnchor.TOP_CENTER : TextAnchor.CENTER_RIGHT;
        List<ValueTick> result = new ArrayList<>();
        for (ValueTick t : ticks) {
            result.add(new NumberTick(t.getValue(), t.getText(), anchor, anchor, 0));
        }
        return result;
    }
}
