package io.marllb.bench.report;

import static io.marllb.bench.chart.InlineSvg.escape;

import io.marllb.bench.chart.Chart;
import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.InlineSvg;
import io.marllb.bench.replay.SeedResult;
import io.marllb.env.scenario.Scenario;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The page itself: one HTML text that needs nothing else, readable without scripts, on paper, on a phone, in light and dark. */
final class HtmlPage {

    private static final int WIDE = 960;
    private static final int WIDE_HEIGHT = 400;
    private static final int NARROW = 370;
    private static final int NARROW_HEIGHT = 290;
    private static final int HALF = 460;
    private static final int HALF_HEIGHT = 310;
    private static final int PANEL = 300;
    private static final int PANEL_HEIGHT = 185;
    private static final int MOST_HALVES = 4; // figures of at most so many panels have two columns, others three

    private final Ranking ranking;
    private final Provenance provenance;
    private final TimeUnit unit;
    private final Figures figures;
    private final Verdict verdict;
    private final List<Figure> drawn = new ArrayList<>();
    private final StringBuilder out = new StringBuilder(1 << 18);

    HtmlPage(Ranking ranking, Provenance provenance) {
        this.ranking = ranking;
        this.provenance = provenance;
        unit = TimeUnit.of(ranking);
        figures = new Figures(ranking);
        verdict = new Verdict(ranking);
    }

    /** The figures of the page, in its order; after {@link #html}. */
    List<Figure> figures() {
        return List.copyOf(drawn);
    }

    String html() {
        String scenario = ranking.result().scenario().name();
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append("<meta name=\"generator\" content=\"MARLLB\">\n<title>")
                .append(escape(scenario))
                .append(" – MARLLB replay</title>\n<style>\n")
                .append(resource("report.css"))
                .append("</style>\n</head>\n<body>\n<main>\n");
        header(scenario);
        results();
        distributions();
        overTime();
        servers();
        method();
        reproduction();
        out.append("</main>\n<script>\n").append(resource("report.js")).append("</script>\n</body>\n</html>\n");
        return out.toString();
    }

    private void header(String scenario) {
        Scenario s = ranking.result().scenario();
        long flows = ranking.rows().stream()
                .mapToLong(r -> r.result().total(SeedResult::flows))
                .max()
                .orElse(0);
        out.append("<header>\n<p class=\"over\">MARLLB replay of <b>")
                .append(escape(scenario))
                .append("</b></p>\n<h1>");
        Verdict.Answer answer = verdict.answer();
        out.append(escape(answer.headline())).append("</h1>\n");
        if (!answer.support().isEmpty()) {
            out.append("<p class=\"support\">").append(escape(answer.support())).append("</p>\n");
        }
        out.append("<dl class=\"facts\">");
        fact("Policies", Integer.toString(ranking.rows().size()));
        fact("Seeds", Integer.toString(ranking.finishedSeeds()));
        fact("Flows each", Numbers.count(flows));
        fact("Servers", Integer.toString(s.servers().size()));
        fact("Balancers", Integer.toString(s.balancers()));
        fact("Capacities", s.weightsKnown() ? "known" : "unknown");
        out.append("</dl>\n");
        List<String> warnings = verdict.warnings();
        if (!warnings.isEmpty() || !provenance.notes().isEmpty()) {
            out.append("<ul class=\"notes\">");
            provenance.notes().forEach(n -> out.append("<li>").append(escape(n)).append("</li>"));
            warnings.forEach(w -> out.append("<li>").append(escape(w)).append("</li>"));
            out.append("</ul>\n");
        }
        out.append("<nav><a href=\"#results\">Results</a><a href=\"#distributions\">Response times</a>"
                + "<a href=\"#over-time\">Over time</a><a href=\"#servers\">Servers</a><a href=\"#method\">Method</a>"
                + "<a href=\"#reproduce\">Reproduce</a></nav>\n</header>\n");
    }

    private void fact(String name, String value) {
        out.append("<div><dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
                .append("</dd></div>");
    }

    // Results

    private void results() {
        out.append("<section id=\"results\">\n<h2>Results</h2>\n");
        figure(figures.means());
        figures.versus().ifPresent(this::figure);
        table();
        Headroom.of(ranking).ifPresent(this::headroom);
        out.append("</section>\n");
    }

    private void table() {
        String u = " (" + unit.symbol() + ")";
        String reference = ranking.reference().orElse("");
        out.append(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Results\"><table class=\"sortable\">\n<thead><tr>");
        List<String> heads = new ArrayList<>(List.of("Policy", "Mean" + u, "95 % interval"));
        boolean compared = ranking.rows().stream().anyMatch(r -> r.versus().isPresent());
        if (compared) {
            heads.addAll(List.of("vs " + reference, "95 % interval", "p (Holm)"));
        }
        heads.addAll(List.of("p50", "p90", "p99", "p99.9", "Rejected", "Jain", "ns/choice"));
        for (int i = 0; i < heads.size(); i++) {
            out.append(i == 0 ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">")
                    .append(escape(heads.get(i)))
                    .append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        for (RankedPolicy r : ranking.rows()) {
            row(r, reference, compared);
        }
        out.append("</tbody></table></div>\n<p class=\"caption\">");
        if (ranking.rows().stream().anyMatch(RankedPolicy::oracle)) {
            out.append("<span class=\"badge\">oracle</span> sees what no real balancer can. ");
        }
        out.append("Intervals of means are over ")
                .append(ranking.finishedSeeds() == 1 ? "batches of the one run" : ranking.finishedSeeds() + " seeds");
        if (compared) {
            out.append("; ratios to ")
                    .append(escape(reference))
                    .append(" are paired by seed, and <b>=</b> marks those that the test cannot tell from 1 at 5 %");
        }
        out.append(".</p>\n");
    }

    private void row(RankedPolicy r, String reference, boolean compared) {
        var fct = r.result().fct();
        boolean any = fct.getTotalCount() > 0;
        out.append("<tr")
                .append(r.name().equals(reference) ? " class=\"reference\"" : "")
                .append(" data-s=\"")
                .append(escape(r.name()))
                .append("\"><th scope=\"row\"><span class=\"key ")
                .append(figures.looks().of(r.name()).cssClass())
                .append("\"></span><code>")
                .append(escape(r.name()))
                .append("</code>")
                .append(r.oracle() ? " <span class=\"badge\">oracle</span>" : "")
                .append("</th>");
        cell(r.meanNanos(), unit.format(r.meanNanos()));
        cell(
                r.interval().map(i -> i.halfWidth()).orElse(Double.NaN),
                r.interval()
                        .map(i -> unit.format(i.low()) + " – " + unit.format(i.high()))
                        .orElse("–"));
        if (compared) {
            versus(r, reference);
        }
        for (double percentile : new double[] {50, 90, 99, 99.9}) {
            double v = any ? fct.getValueAtPercentile(percentile) : Double.NaN;
            cell(v, unit.format(v));
        }
        cell(r.rejectedShare(), Numbers.percent(r.rejectedShare()));
        double jain = r.result().mean(SeedResult::jain);
        cell(jain, Numbers.fixed(jain, 3));
        double choice = r.result().decisionNanos().getTotalCount() == 0
                ? Double.NaN
                : r.result().decisionNanos().getValueAtPercentile(50); // the mean is one compilation away from anything
        cell(choice, Numbers.fixed(choice, 0));
        out.append("</tr>\n");
    }

    private void versus(RankedPolicy r, String reference) {
        if (r.versus().isEmpty()) {
            boolean self = r.name().equals(reference);
            cell(self ? 1 : Double.NaN, self ? "1" : "–");
            cell(Double.NaN, "");
            cell(Double.NaN, "");
            return;
        }
        PairedRatio ratio = r.versus().get();
        var interval = ratio.interval();
        cell(ratio.ratio(), (r.differs() ? "" : "= ") + Numbers.ratio(ratio.ratio()));
        cell(interval.halfWidth(), Numbers.ratio(interval.low()) + " – " + Numbers.ratio(interval.high()));
        cell(r.adjustedP(), Numbers.p(r.adjustedP()));
    }

    private void cell(double value, String text) {
        out.append("<td data-v=\"")
                .append(Double.isFinite(value) ? Double.toString(value) : "")
                .append("\">");
        out.append(escape(text)).append("</td>");
    }

    private void headroom(Headroom ladder) {
        out.append("<h3>What there was to win</h3>\n<ol class=\"ladder\">");
        double worst =
                ladder.rungs().stream().mapToDouble(Headroom.Rung::ratio).max().orElse(1);
        for (Headroom.Rung rung : ladder.rungs()) {
            double share = worst > 1 ? Math.max(0, (rung.ratio() - 1) / (worst - 1)) : 0;
            out.append("<li><span class=\"what\">")
                    .append(escape(rung.what()))
                    .append(" <code>")
                    .append(escape(rung.policy()))
                    .append("</code></span><span class=\"bar\"><span style=\"width:")
                    .append(Numbers.fixed(share * 100, 1))
                    .append("%\"></span></span><span class=\"value\">")
                    .append(Numbers.ratio(rung.ratio()))
                    .append("</span></li>");
        }
        out.append("</ol>\n<p class=\"caption\">Mean response time relative to the all-seeing policy. ")
                .append(escape(ladder.sentence()))
                .append("</p>\n");
    }

    // Figures

    private void distributions() {
        out.append("<section id=\"distributions\">\n<h2>Response times</h2>\n");
        figures.distributions().forEach(this::figure);
        figure(figures.tail());
        out.append("</section>\n");
    }

    private void overTime() {
        out.append("<section id=\"over-time\">\n<h2>Over time</h2>\n");
        figures.responseOverTime()
                .ifPresentOrElse(this::figure, () -> out.append("<p>The cluster was not recorded over time.</p>\n"));
        moments();
        figures.fairness().ifPresent(this::figure);
        figures.loadOverTime().ifPresent(this::figure);
        figures.weightsOverTime().ifPresent(this::figure);
        out.append("</section>\n");
    }

    private void moments() {
        List<ScenarioMoments.Moment> moments = figures.moments().moments();
        if (moments.isEmpty()) {
            return;
        }
        out.append("<h3>What changed when</h3>\n<ol class=\"moments\">");
        for (ScenarioMoments.Moment m : moments) {
            out.append("<li><time>")
                    .append(Numbers.plain(m.seconds(), 6))
                    .append(" s</time> ")
                    .append(escape(m.what()))
                    .append("</li>");
        }
        out.append("</ol>\n");
    }

    private void servers() {
        out.append("<section id=\"servers\">\n<h2>Servers</h2>\n");
        figures.busyWorkers().ifPresent(this::figure);
        figures.utilisation()
                .ifPresentOrElse(this::figure, () -> out.append("<p>How busy servers were was not recorded.</p>\n"));
        out.append("</section>\n");
    }

    private void figure(Figure figure) {
        drawn.add(figure);
        out.append("<figure id=\"")
                .append(figure.id())
                .append("\">\n<h3>")
                .append(escape(figure.title()))
                .append("</h3>\n");
        if (!figure.legend().isEmpty()) {
            out.append("<ul class=\"legend\">");
            for (Figure.LegendEntry entry : figure.legend()) {
                out.append("<li data-s=\"")
                        .append(escape(entry.name()))
                        .append("\"><span class=\"key ")
                        .append(entry.style().cssClass())
                        .append("\"></span>")
                        .append(escape(entry.name()))
                        .append("</li>");
            }
            out.append("</ul>\n");
        }
        if (figure.panels().size() == 1) {
            Chart chart = figure.panels().get(0);
            if (chart instanceof Chart.Bars) {
                out.append("<div class=\"panels\">")
                        .append(InlineSvg.draw(chart, figure.title(), PANEL, PANEL_HEIGHT))
                        .append("</div>\n");
            } else {
                out.append("<div class=\"wide\">")
                        .append(InlineSvg.draw(chart, figure.title(), WIDE, WIDE_HEIGHT))
                        .append("</div>\n");
                out.append("<div class=\"narrow\">")
                        .append(InlineSvg.draw(chart, figure.title(), NARROW, NARROW_HEIGHT))
                        .append("</div>\n");
            }
        } else {
            boolean halves = figure.panels().size() <= MOST_HALVES;
            out.append(halves ? "<div class=\"panels halves\">\n" : "<div class=\"panels\">\n");
            for (Chart chart : figure.panels()) {
                String description = figure.title() + ": " + chart.title();
                out.append(InlineSvg.draw(
                                chart, description, halves ? HALF : PANEL, halves ? HALF_HEIGHT : PANEL_HEIGHT))
                        .append('\n');
            }
            out.append("</div>\n");
        }
        out.append("<figcaption>")
                .append(escape(figure.caption()))
                .append(" <span class=\"files\"><a href=\"")
                .append(figure.id())
                .append(".png\">PNG</a> <a href=\"")
                .append(figure.id())
                .append(".svg\">SVG</a></span></figcaption>\n</figure>\n");
    }

    // Method and reproduction

    private void method() {
        out.append("<section id=\"method\">\n<h2>Method</h2>\n<ul>\n");
        item(
                "Every policy met the same flows: under one seed, arrivals, sizes and the choice of balancer are the same for all (common random numbers).");
        item(
                "Counts and times cover flows that arrived after warm-up. A response time runs from the client's send to the end, network included, and exists for completed flows only.");
        item(
                "The interval of a mean is Student's over per-seed means; with one seed, over at least 30 batch means. Quantiles are pooled over seeds and exact to 0.1 %.");
        item(
                "Ratios are geometric means over seeds, each of two runs on the same flows. Intervals and p-values are of paired t-tests of their logarithms, the latter corrected for the number of comparisons by Holm's method. The reference is the policy with the lowest mean, which was found in the same data: an advantage is on the optimistic side.");
        item("Charts over time show the first seed only.");
        out.append("</ul>\n</section>\n");
    }

    private void item(String text) {
        out.append("<li>").append(escape(text)).append("</li>\n");
    }

    private void reproduction() {
        out.append("<section id=\"reproduce\">\n<h2>Reproduce</h2>\n<pre class=\"command\"><code>")
                .append(escape(provenance.command()))
                .append("</code></pre>\n<dl class=\"versions\">");
        List<Long> seeds = ranking.result().seeds();
        versionRow(
                "Seeds", seeds.size() == 1 ? "" + seeds.get(0) : seeds.get(0) + " to " + seeds.get(seeds.size() - 1));
        versionRow(
                "MARLLB",
                provenance.version()
                        + provenance.revision().map(r -> ", revision " + r).orElse(""));
        versionRow("Java", provenance.java());
        versionRow("System", provenance.system() + ", " + provenance.processors() + " processors");
        versionRow("Written", provenance.writtenAt().toString());
        versionRow(
                "Engine",
                Numbers.count(ranking.result().events()) + " arrivals and departures and "
                        + Numbers.count(ranking.result().otherEvents()) + " other events"
                        + (ranking.result().wallNanos() > 0
                                ? " in " + TimeUnit.significant(ranking.result().wallNanos() / 1e9) + " s of run time"
                                : ""));
        out.append("</dl>\n");
        if (!provenance.inputs().isEmpty()) {
            out.append(
                    "<h3>Input files</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Input files\">"
                            + "<table><thead><tr><th scope=\"col\">File</th><th scope=\"col\" class=\"n\">Bytes</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>");
            for (Provenance.InputFile f : provenance.inputs()) {
                out.append("<tr><td class=\"t\">")
                        .append(escape(f.name()))
                        .append("</td><td>")
                        .append(Numbers.count(f.bytes()));
                out.append("</td><td class=\"t\"><code>").append(f.sha256()).append("</code></td></tr>");
            }
            out.append("</tbody></table></div>\n");
        }
        out.append("<h3>Scenario</h3>\n<pre class=\"yaml\"><code>")
                .append(escape(provenance.scenarioYaml()))
                .append("</code></pre>\n<p class=\"caption\">Numbers: <a href=\"results.csv\">results.csv</a>, "
                        + "<a href=\"results.json\">results.json</a>.</p>\n</section>\n");
    }

    private void versionRow(String name, String value) {
        out.append("<div><dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
                .append("</dd></div>");
    }

    private static String resource(String name) {
        try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, () -> name + " is missing from the jar")
                            .readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
