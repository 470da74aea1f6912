package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlReportTest {

    private static final String YAML = """
            name: "<b>\\"odd\\" & name</b>"
            balancers: 2
            servers:
              - {count: 2, cores: 2, workers: 16, backlog: 16}
              - {count: 2, cores: 1, workers: 16, backlog: 16}
            traffic:
              arrivals: {type: poisson, rate: 400}
              classes:
                - {name: page, share: 0.3, cpu: {type: lognormal, mean: 25ms, cv: 1.5}, io: {type: exponential, mean: 5ms}}
                - {name: file, share: 0.7, cpu: {type: exponential, mean: 4ms}}
            events:
              - {at: 3s, servers: [0], speed: 0.5}
              - {at: 3s, rate: 1.2}
              - {at: 5s, servers: [2, 3], down: true}
              - {at: 6s, servers: [2, 3], down: false}
              - {at: 1200s, add: {cores: 2}}
            run: {duration: 10s, seed: 7}
            """;

    @TempDir
    private static Path parent;

    private static Path folder;
    private static String page;

    @BeforeAll
    static void writeOne() throws IOException {
        Scenario scenario = Scenarios.parse(YAML, "odd.yaml", Path.of("."));
        ReplayResult result = ReplayExperiment.of(
                        scenario,
                        Stream.of("ecmp", "sed", "sed:bias=1/m", "rate", "oracle-sed")
                                .map(PolicyRegistry::parse)
                                .toList(),
                        ReplayOptions.of(3, 2).withTrajectories())
                .run();
        folder = parent.resolve("report");
        Path file = HtmlReport.write(Ranking.of(result), provenance(), folder);
        page = Files.readString(file);
    }

    private static Provenance provenance() {
        return new Provenance(
                "marllb replay 'my trace.csv' --report report",
                YAML,
                List.of("No scenario was given: <this>."),
                List.of(new Provenance.InputFile("my trace.csv", 12345, "ab".repeat(32))),
                "0.1.0",
                Optional.of("cafe123"),
                "OpenJDK 17",
                "Linux 6 amd64",
                2,
                Instant.parse("2026-11-21T08:00:00Z"));
    }

    private static List<String> all(String regex) {
        Matcher m = Pattern.compile(regex, Pattern.DOTALL).matcher(page);
        List<String> found = new ArrayList<>();
        while (m.find()) {
            found.add(m.group(m.groupCount()));
        }
        return found;
    }

    private static Document xml(String text) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(text)));
    }

    @Test
    void needsNothingFromOutside() throws IOException {
        assertThat(page).doesNotContain("http://").doesNotContain("https://").doesNotContain("@import");
        assertThat(page)
                .doesNotContain("url(")
                .doesNotContain("<link")
                .doesNotContain("<iframe")
                .doesNotContain("src=");
        for (String target : all("href=\"([^\"]*)\"")) {
            boolean inPage = target.startsWith("#") && page.contains("id=\"" + target.substring(1) + "\"");
            assertThat(inPage || Files.exists(folder.resolve(target)))
                    .as("link to %s", target)
                    .isTrue();
        }
    }

    @Test
    void isSmall() throws IOException {
        assertThat(Files.size(folder.resolve("index.html"))).isLessThan(3_000_000);
    }

    @Test
    void everyInlineChartIsWellFormed() throws Exception {
        List<String> charts = all("<div class=\"(?:wide|narrow)\">(<svg .*?</svg>)</div>");

        assertThat(charts).hasSizeGreaterThanOrEqualTo(12);
        for (String chart : charts) {
            Element root = xml(chart).getDocumentElement();
            assertThat(root.getAttribute("viewBox")).startsWith("0 0 ");
            assertThat(root.getAttribute("aria-label")).isNotEmpty();
            assertThat(chart)
                    .doesNotContain("NaN")
                    .doesNotContain("Infinity")
                    .doesNotContain("fill=\"")
                    .doesNotContain("stroke=\"");
        }
    }

    @Test
    void thePageIsWellFormedButForWhatHtmlNeedNotClose() throws Exception {
        String strict = page.replaceFirst("<!DOCTYPE html>", "")
                .replaceAll("<meta ([^>]*)>", "<meta $1/>")
                .replaceAll("(?s)<script>.*?</script>", "")
                .replaceAll("(?s)<style>.*?</style>", "");

        assertThat(xml(strict).getDocumentElement().getTagName()).isEqualTo("html");
    }

    @Test
    void idsAreUnique() {
        assertThat(all(" id=\"([^\"]*)\""))
                .doesNotHaveDuplicates()
                .contains("means", "cdf", "cdf-by-class", "tail", "fairness");
    }

    @Test
    void showsTextOfOthersAsText() {
        assertThat(page).doesNotContain("<b>\"odd\"").contains("&lt;b&gt;&quot;odd&quot; &amp; name&lt;/b&gt;");
        assertThat(page).contains("No scenario was given: &lt;this&gt;.");
    }

    @Test
    void theTableHasARowPerPolicyThatReadsWithoutScripts() {
        String table = all("(<table class=\"sortable\">.*?</table>)").get(0);

        assertThat(table).contains("<code>sed:bias=1/m</code>").contains("<span class=\"badge\">oracle</span>");
        assertThat(table.split("<tr", -1)).hasSize(1 + 1 + 5);
        int cells = table.substring(0, table.indexOf("</thead>")).split("<th ", -1).length - 1;
        Matcher rows = Pattern.compile("<tr[^>]*data-s.*?</tr>", Pattern.DOTALL).matcher(table);
        while (rows.find()) {
            assertThat(rows.group().split("<t[dh][ >]", -1).length - 1).isEqualTo(cells);
        }
    }

    @Test
    void saysWhatChangedWhen() {
        assertThat(page)
                .contains("<time>3 s</time> server 0 runs at speed 0.5; arrivals at 1.2 times the base rate")
                .contains("<time>5 s</time> servers 2 and 3 die")
                .contains("<time>6 s</time> servers 2 and 3 come back")
                .contains("<time>1200 s</time> server 4 joins (2 cores, speed 1)");
    }

    @Test
    void canBeReproduced() throws IOException {
        assertThat(page)
                .contains("marllb replay &#39;my trace.csv&#39; --report report")
                .contains("ab".repeat(32))
                .contains("revision cafe123")
                .contains("<dd>7 to 9</dd>")
                .contains("arrivals: {type: poisson, rate: 400}");
        assertThat(folder.resolve("scenario.yaml")).hasContent(YAML);
        assertThat(Files.readString(folder.resolve("results.json"))).contains("\"schema\" : 1");
        assertThat(Files.readString(folder.resolve("results.csv"))).contains("sed:bias=1/m");
    }

    @Test
    void everyFigureIsAlsoAPictureInTwoFormats() throws Exception {
        List<String> figures = all("<figure id=\"([^\"]*)\"");

        assertThat(figures).contains("busy-workers", "load-over-time", "weights-over-time", "utilisation", "versus");
        for (String figure : figures) {
            assertThat(ImageIO.read(folder.resolve(figure + ".png").toFile()).getWidth())
                    .isEqualTo(1920);
            String svg = Files.readString(folder.resolve(figure + ".svg"));
            NodeList texts = xml(svg).getElementsByTagName("text");
            assertThat(texts.getLength()).as("text of %s.svg", figure).isPositive();
            assertThat(svg.contains("NaN")).as("NaN in %s.svg", figure).isFalse();
            assertThat(svg.replace("http://www.w3.org/2000/svg", "")
                            .replace("http://www.w3.org/1999/xlink", "")
                            .contains("http"))
                    .isFalse();
            assertThat(svg.length()).as("size of %s.svg", figure).isLessThan(1_000_000);
        }
    }

    @Test
    void theHeadlineIsTheHonestAnswer() {
        assertThat(all("<h1>(.*?)</h1>").get(0)).contains("mean response time");
        assertThat(page).contains("over 3 seeds");
    }

    @Test
    void aThousandServersAreBoxesNotBars() throws IOException {
        Scenario scenario = Scenarios.parse("""
                name: wide
                servers:
                  - {count: 500, cores: 2}
                  - {count: 500, cores: 1}
                traffic:
                  arrivals: {type: poisson, rate: 100000}
                  classes: [{name: all, share: 1, cpu: {type: exponential, mean: 10ms}}]
                run: {flows: 5000}
                """, "wide.yaml", Path.of("."));
        ReplayResult result = ReplayExperiment.of(
                        scenario,
                        Stream.of("sed", "lsq").map(PolicyRegistry::parse).toList(),
                        ReplayOptions.of(2, 2).withTrajectories())
                .run();

        Path index = HtmlReport.write(Ranking.of(result), provenance(), parent.resolve("wide"));

        assertThat(Files.size(index)).isLessThan(150_000);
        assertThat(Files.readString(index)).contains("id=\"utilisation\"").doesNotContain("class=\"bar\" x=");
    }

    @Test
    void aFigureOfServersThatNobodySawIsNotDrawn() throws IOException {
        ReplayResult result = MadeUp.result(
                MadeUp.policy("a", false, List.of(MadeUp.seenFromOutside(1, 10e6), MadeUp.seenFromOutside(2, 12e6))),
                MadeUp.policy("b", false, List.of(MadeUp.seenFromOutside(1, 11e6), MadeUp.seenFromOutside(2, 13e6))));

        Path index = HtmlReport.write(Ranking.of(result), provenance(), parent.resolve("outside"));

        assertThat(Files.readString(index))
                .contains("How busy servers were was not recorded.")
                .doesNotContain("id=\"utilisation\"");
        assertThat(parent.resolve("outside/utilisation.svg")).doesNotExist();
    }

    @Test
    void withoutTrajectoriesThePageSaysSo() throws IOException {
        ReplayResult result = MadeUp.result(MadeUp.policy("a", false, 10, 12), MadeUp.policy("b", false, 11, 13));

        Path index = HtmlReport.write(Ranking.of(result), provenance(), parent.resolve("plain"));

        assertThat(Files.readString(index)).contains("The cluster was not recorded over time.");
    }
}
