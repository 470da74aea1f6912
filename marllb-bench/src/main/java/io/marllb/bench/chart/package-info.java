/**
 * Charts as values, and two ways to draw them: {@link io.marllb.bench.chart.InlineSvg} for pages (small, responsive, light and dark through CSS)
 * and {@link io.marllb.bench.chart.ChartFiles} for PNG and SVG files by JFreeChart in one theme of ours.
 *
 * <p>Charts know nothing of policies or runs; {@code io.marllb.bench.report} decides what is drawn.
 */
package io.marllb.bench.chart;
