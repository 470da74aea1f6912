package io.marllb.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class InlineSvgTest {

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static Chart.Lines lines(Line... lines) {
        return new Chart.Lines(
                "",
                Axis.linear("time (s)").from(0),
                Axis.linear("load").from(0),
                List.of(lines),
                List.of(),
                Double.NaN);
    }

    private static Element line(Document svg) {
        NodeList paths = svg.getElementsByTagName("path");
        for (int i = 0; i < paths.getLength(); i++) {
            if (((Element) paths.item(i)).getAttribute("class").equals("line")) {
                return (Element) paths.item(i);
            }
        }
        throw new AssertionError("no line is drawn");
    }

    private static double[] wave(int n) {
        double[] y = new double[n];
        for (int i = 0; i < n; i++) {
            y[i] = 50 + 50 * Math.sin(i * 0.1);
        }
        return y;
    }

    private static double[] ramp(int n) {
        double[] x = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = i;
        }
        return x;
    }

    /** The end of a path and the number of its points, by following every relative step. */
    private static double[] follow(String d) {
        Matcher m = Pattern.compile("([Mlhv])|(-?(?:\\d+(?:\\.\\d)?|\\.\\d))").matcher(d);
        double x = 0;
        double y = 0;
        int points = 0;
        char command = 0;
        Double pending = null;
        while (m.find()) {
            if (m.group(1) != null) {
                command = m.group(1).charAt(0);
                continue;
            }
            double v = Double.parseDouble(m.group(2));
            if (command == 'h') {
                x += v;
                points++;
            } else if (command == 'v') {
                y += v;
                points++;
            } else if (pending == null) {
                pending = v;
            } else {
                x = command == 'M' ? pending : x + pending;
                y = command == 'M' ? v : y + v;
                pending = null;
                points++;
            }
        }
        return new double[] {x, y, points};
    }

    @Test
    void relativeStepsDoNotAddUpErrors() throws Exception {
        int n = 400;
        double[] y = wave(n);
        y[n - 1] = 0;

        Document svg = parse(InlineSvg.draw(lines(Line.of("wave", Style.COLOUR_1, ramp(n), y)), "a wave", 960, 400));

        Element plot =
                (Element) svg.getDocumentElement().getElementsByTagName("svg").item(0);
        double[] end = follow(line(svg).getAttribute("d"));
        assertThat(end[0]).isCloseTo(Double.parseDouble(plot.getAttribute("width")), within(0.11));
        assertThat(end[1]).isCloseTo(Double.parseDouble(plot.getAttribute("height")), within(0.11));
    }

    @Test
    void aMillionPointsTakeNoMoreRoomThanTheEyeCanUse() {
        int n = 200_000;
        String svg = InlineSvg.draw(lines(Line.of("line", Style.COLOUR_1, ramp(n), ramp(n))), "a line", 960, 400);

        assertThat(svg.length()).isLessThan(20_000);
    }

    @Test
    void missingValuesBreakTheLine() throws Exception {
        Line broken =
                Line.of("broken", Style.COLOUR_1, new double[] {0, 1, 2, 3, 4}, new double[] {1, 2, Double.NaN, 2, 1});

        Document svg = parse(InlineSvg.draw(lines(broken), "broken", 960, 400));

        assertThat(line(svg).getAttribute("d").chars().filter(c -> c == 'M').count())
                .isEqualTo(2);
    }

    @Test
    void drawsEveryKindAtEverySizeFromAnyData() throws Exception {
        double nan = Double.NaN;
        List<Chart> charts = List.of(
                lines(),
                lines(Line.of("one", Style.QUIET, new double[] {1}, new double[] {nan})),
                lines(Line.of("band", Style.STEP_1, ramp(3), ramp(3)).withBand(new double[] {0, nan, 1}, ramp(3))),
                new Chart.Lines(
                        "t",
                        Axis.log("x"),
                        Axis.log("y"),
                        List.of(Line.of("zero", Style.REFERENCE_1, new double[] {0, 1}, new double[] {0, 0})),
                        List.of(new Chart.Marker(0.5, "1")),
                        1),
                new Chart.Intervals("", Axis.linear("x"), List.of(), nan),
                new Chart.Intervals(
                        "",
                        Axis.log("x"),
                        List.of(
                                new Chart.Interval("a & <b>", Style.COLOUR_1, nan, nan, nan),
                                new Chart.Interval("b", Style.COLOUR_2, 1, 2, 3)),
                        1),
                new Chart.Boxes(
                        "",
                        Axis.linear("x"),
                        List.of(new Chart.BoxGroup("g", List.of(new Chart.Box("b", Style.STEP_1, 0, 0, 0, 0, 0, 0))))),
                new Chart.Boxes("", Axis.linear("x"), List.of()),
                new Chart.Bars(
                        "",
                        Axis.share("y"),
                        List.of(new Chart.Bar("0", Style.STEP_1, nan), new Chart.Bar("1", Style.STEP_2, 0.4)),
                        "server"),
                new Chart.Bars("", Axis.linear("y"), List.of(), "server"));

        for (Chart chart : charts) {
            for (int width : new int[] {300, 370, 960}) {
                String svg = InlineSvg.draw(chart, "x < y & \"z\"", width, 250);
                assertThat(parse(svg).getDocumentElement().getAttribute("aria-label"))
                        .isEqualTo("x < y & \"z\"");
                assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity").doesNotContain("∞");
            }
        }
    }

    @Test
    void markersThatStandTooCloseShareALabel() {
        Chart chart = new Chart.Lines(
                "",
                Axis.linear("time").from(0).to(100),
                Axis.linear("y"),
                List.of(Line.of("l", Style.COLOUR_1, ramp(101), ramp(101))),
                List.of(
                        new Chart.Marker(10, "1"),
                        new Chart.Marker(50, "2"),
                        new Chart.Marker(50.5, "3"),
                        new Chart.Marker(51, "4")),
                Double.NaN);

        assertThat(InlineSvg.draw(chart, "m", 960, 400))
                .contains(">1</text>")
                .contains(">2–4</text>")
                .doesNotContain(">3</text>");
    }

    @Test
    void unequalArraysAreRefused() {
        assertThatThrownBy(() -> Line.of("l", Style.COLOUR_1, new double[2], new double[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line 'l' has 2 x, 3 y");
    }
}
