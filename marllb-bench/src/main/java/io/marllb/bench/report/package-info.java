/**
 * What an experiment says: ranked and tested ({@link io.marllb.bench.report.Ranking}), as a terminal table
 * ({@link io.marllb.bench.report.TerminalTable}), as JSON and CSV for other programs ({@link io.marllb.bench.report.JsonResults},
 * {@link io.marllb.bench.report.CsvResults}), and as a self-contained page with charts ({@link io.marllb.bench.report.HtmlReport}).
 *
 * <p>Only the page loads chart and table libraries, so that a plain replay starts fast.
 */
package io.marllb.bench.report;
