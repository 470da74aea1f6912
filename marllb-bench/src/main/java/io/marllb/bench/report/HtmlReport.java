package io.marllb.bench.report;

import io.marllb.bench.chart.ChartFiles;
import io.marllb.bench.chart.Figure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The report: a folder with one self-contained page ({@code index.html}), every figure as PNG and SVG, and the numbers as CSV and JSON. The folder
 * appears whole or not at all.
 */
public final class HtmlReport {

    private HtmlReport() {}

    /**
     * Checks that a report may be written to a folder, before any work is done.
     *
     * @param folder where the report is to be
     * @throws IOException if there is something that is not a report of ours; the message says what and what to do
     */
    public static void requireWritable(Path folder) throws IOException {
        ReportFolder.check(folder);
    }

    /**
     * Writes the report. An earlier report in the folder is replaced.
     *
     * @param ranking what was measured and compared; with trajectories for the charts over time
     * @param provenance where it comes from
     * @param folder where the report is to be
     * @return the page
     * @throws IOException if it cannot be written; the folder is then as it was
     */
    public static Path write(Ranking ranking, Provenance provenance, Path folder) throws IOException {
        ReportFolder.write(folder, fresh -> {
            HtmlPage page = new HtmlPage(ranking, provenance);
            Files.writeString(fresh.resolve("index.html"), page.html(), StandardCharsets.UTF_8);
            Files.writeString(
                    fresh.resolve("results.json"), JsonResults.of(ranking, provenance.notes()), StandardCharsets.UTF_8);
            Files.writeString(fresh.resolve("results.csv"), CsvResults.of(ranking.result()), StandardCharsets.UTF_8);
            Files.writeString(fresh.resolve("scenario.yaml"), provenance.scenarioYaml(), StandardCharsets.UTF_8);
            for (Figure figure : page.figures()) {
                ChartFiles.write(figure, fresh);
            }
        });
        return folder.resolve("index.html");
    }
}
