package io.marllb.bench.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.Stroke;
import java.awt.geom.Ellipse2D;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.text.TextUtils;
import org.jfree.chart.ui.RectangleInsets;

/** The one look of chart files: white paper, thin grid, ink for text, nothing that shines. */
final class Theme {

    static final Color PAPER = Color.WHITE;
    static final Color INK = new Color(0x2B2F36);
    static final Color MUTED = new Color(0x5B626D);
    static final Color GRID = new Color(0xE3E6EA);
    static final Color SHADE = new Color(0xF3F4F6);

    static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 16);
    static final Font PANEL_TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 12);
    static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    static final Font TICK = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

    private static final Stroke HAIRLINE = new BasicStroke(0.8f);

    static {
        // JFreeChart's detour for rotated text (a defect of old runtimes) turns axis labels into outlines, which nobody
        // can search or select.
        TextUtils.setUseDrawRotatedStringWorkaround(false);
    }

    private Theme() {}

    static Color colour(Style style) {
        return new Color(style.rgb());
    }

    static Color faint(Style style) {
        return new Color(style.rgb() & 0xFFFFFF | 0x2E000000, true);
    }

    static Stroke stroke(Style style) {
        float width = style == Style.QUIET ? 1f : 2f;
        float[] dash = style.dash();
        return dash.length == 0
                ? new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
                : new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dash, 0);
    }

    static Shape dot(double radius) {
        return new Ellipse2D.Double(-radius, -radius, 2 * radius, 2 * radius);
    }

    static void apply(ValueAxis axis) {
        axis.setLabelFont(LABEL);
        axis.setLabelPaint(MUTED);
        axis.setTickLabelFont(TICK);
        axis.setTickLabelPaint(MUTED);
        axis.setAxisLinePaint(MUTED);
        axis.setTickMarkPaint(MUTED);
        if (axis instanceof NumberAxis number) {
            number.setAutoRangeIncludesZero(false);
        }
    }

    static void apply(XYPlot plot) {
        plain(plot);
        plot.setDomainGridlinesVisible(false);
        plot.setRangeGridlinePaint(GRID);
        plot.setRangeGridlineStroke(HAIRLINE);
        plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
        plot.getRangeAxis().setAxisLineVisible(false);
        plot.getRangeAxis().setTickMarksVisible(false);
    }

    static void apply(CategoryPlot plot) {
        plain(plot);
        plot.setRangeGridlinePaint(GRID);
        plot.setRangeGridlineStroke(HAIRLINE);
        plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
        plot.getDomainAxis().setTickLabelFont(TICK);
        plot.getDomainAxis().setTickLabelPaint(INK);
        plot.getDomainAxis().setLabelFont(LABEL);
        plot.getDomainAxis().setLabelPaint(MUTED);
        plot.getDomainAxis().setAxisLinePaint(MUTED);
        plot.getDomainAxis().setTickMarksVisible(false);
    }

    private static void plain(Plot plot) {
        plot.setBackgroundPaint(PAPER);
        plot.setOutlineVisible(false);
        plot.setInsets(new RectangleInsets(6, 4, 4, 14));
    }
}
