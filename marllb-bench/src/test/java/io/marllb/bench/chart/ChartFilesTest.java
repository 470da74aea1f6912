package io.marllb.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartFilesTest {

    @TempDir
    private Path folder;

    private static boolean uses(BufferedImage image, int rgb) {
        return IntStream.range(0, image.getWidth() * image.getHeight())
                .anyMatch(i -> (image.getRGB(i % image.getWidth(), i / image.getWidth()) & 0xFFFFFF) == rgb);
    }

    @Test
    void drawsATracesRateAsPngAndSvg() throws IOException {
        double[] perStep = IntStream.range(0, 5_000).mapToDouble(i -> i % 60).toArray();
        Figure figure = RateChart.of("day.csv", 60, perStep);

        List<Path> files = ChartFiles.write(figure, folder);

        assertThat(files).containsExactly(folder.resolve("rate.png"), folder.resolve("rate.svg"));
        BufferedImage image = ImageIO.read(files.get(0).toFile());
        assertThat(uses(image, 0x0072B2)).as("the line is there").isTrue();
        assertThat(image.getRGB(5, 5) & 0xFFFFFF).as("paper is white").isEqualTo(0xFFFFFF);
        String svg = Files.readString(files.get(1));
        assertThat(svg)
                .contains("Arrival rate of day.csv")
                .contains("time (days)")
                .contains("arrival rate (flows/s)");
        assertThat(svg).contains("viewBox=\"0 0 960 ");
        assertThat(figure.caption())
                .startsWith("Mean 0.4903 flows/s, highest 0.9833 in one step of 60 s.")
                .contains("The band spans");
    }

    @Test
    void refusesARateThatIsNone() {
        assertThatThrownBy(() -> RateChart.of("x", 0, new double[] {1}))
                .hasMessageContaining("stepSeconds must be finite and > 0");
        assertThatThrownBy(() -> RateChart.of("x", 1, new double[0])).hasMessageContaining("flowsPerStep is empty");
        assertThatThrownBy(() -> RateChart.of("x", 1, new double[] {1, Double.NaN}))
                .hasMessage("flowsPerStep[1] must be >= 0, but was NaN");
    }

    @Test
    void drawsFiguresOfSeveralPanelsAndEveryKind() throws IOException {
        Line line = Line.of("l", Style.REFERENCE_1, new double[] {1, 2, 3}, new double[] {1, Double.NaN, 2});
        Figure figure = new Figure(
                "all-kinds",
                "All kinds",
                "",
                List.of(new Figure.LegendEntry("l", Style.REFERENCE_1), new Figure.LegendEntry("m", Style.STEP_2)),
                List.of(
                        new Chart.Lines(
                                "lines",
                                Axis.log("x"),
                                Axis.linear("y"),
                                List.of(line),
                                List.of(new Chart.Marker(2, "1")),
                                1.5),
                        new Chart.Intervals(
                                "intervals",
                                Axis.linear("x"),
                                List.of(new Chart.Interval("a", Style.COLOUR_2, 1, 2, 3)),
                                1),
                        new Chart.Boxes(
                                "boxes",
                                Axis.linear("x"),
                                List.of(new Chart.BoxGroup(
                                        "g", List.of(new Chart.Box("b", Style.STEP_4, 0, 1, 2, 3, 4, 2))))),
                        new Chart.Bars(
                                "bars", Axis.share(""), List.of(new Chart.Bar("0", Style.STEP_1, 0.5)), "server")));

        ChartFiles.write(figure, folder);

        BufferedImage image = ImageIO.read(folder.resolve("all-kinds.png").toFile());
        assertThat(uses(image, 0xD55E00)).as("the interval").isTrue();
        assertThat(uses(image, 0xE08A00)).as("the bar").isTrue();
        assertThat(uses(image, 0x54278F)).as("the median of the box").isTrue();
        assertThat(Files.readString(folder.resolve("all-kinds.svg")))
                .contains(">intervals<")
                .doesNotContain("NaN");
    }

    @Test
    void namesOfFiguresAreSafeAsFileNames() {
        assertThatThrownBy(() -> new Figure("../evil", "", "", List.of(), List.of()))
                .hasMessageContaining("id must be lower-case words");
    }

    /** Draws its figure only when the process already ends, as after Ctrl-C. */
    static final class DrawsAtTheEnd {

        private DrawsAtTheEnd() {}

        public static void main(String[] args) {
            Path file = Path.of(args[0]);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    ChartFiles.writePng(RateChart.of("x", 1, new double[] {1, 2}), file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
    }

    @Test
    void drawsEvenWhileTheProcessEnds() throws IOException, InterruptedException {
        Path png = folder.resolve("late.png");
        Path log = folder.resolve("log");

        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        DrawsAtTheEnd.class.getName(),
                        png.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(log).content().doesNotContain("Exception");
        assertThat(ImageIO.read(png.toFile()).getWidth()).isPositive();
    }
}
