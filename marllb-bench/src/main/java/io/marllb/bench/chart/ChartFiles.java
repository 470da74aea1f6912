package io.marllb.bench.chart;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.w3c.dom.Document;

/**
 * Figures as PNG and SVG files, by JFreeChart and Batik, in one theme: for papers and slides. Text in SVG files stays text.
 *
 * <p>Sizes are in units of 1/96 inch; PNG files have twice as many pixels.
 */
public final class ChartFiles {

    private static final int WIDTH = 960;
    private static final int MARGIN = 12;
    private static final double PNG_SCALE = 2;
    private static final Pattern DOCTYPE = Pattern.compile("<!DOCTYPE[^>]*>\\s*");

    private ChartFiles() {}

    /**
     * Writes {@code ID.png} and {@code ID.svg}.
     *
     * @param figure what to draw
     * @param folder an existing folder
     * @return the two files
     * @throws IOException if one cannot be written
     */
    public static List<Path> write(Figure figure, Path folder) throws IOException {
        Path png = folder.resolve(figure.id() + ".png");
        Path svg = folder.resolve(figure.id() + ".svg");
        writePng(figure, png);
        writeSvg(figure, svg);
        return List.of(png, svg);
    }

    /**
     * Writes a PNG file.
     *
     * @param figure what to draw
     * @param file where; replaced if it exists
     * @throws IOException if it cannot be written
     */
    public static void writePng(Figure figure, Path file) throws IOException {
        int height = height(figure);
        BufferedImage image =
                new BufferedImage((int) (WIDTH * PNG_SCALE), (int) (height * PNG_SCALE), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.scale(PNG_SCALE, PNG_SCALE);
        draw(figure, g, height);
        g.dispose();
        // In memory: ImageIO's own choice, a cache file, cannot be made any more once Ctrl-C has begun to end the
        // process.
        try (OutputStream stream = Files.newOutputStream(file);
                ImageOutputStream out = new MemoryCacheImageOutputStream(stream)) {
            if (!ImageIO.write(image, "png", out)) {
                throw new IOException("this Java runtime has no PNG writer");
            }
        }
    }

    /**
     * Writes an SVG file.
     *
     * @param figure what to draw
     * @param file where; replaced if it exists
     * @throws IOException if it cannot be written
     */
    public static void writeSvg(Figure figure, Path file) throws IOException {
        int height = height(figure);
        SVGGeneratorContext context = SVGGeneratorContext.createDefault(emptyDocument());
        context.setComment(figure.title().replace("--", "-"));
        context.setPrecision(2);
        SVGGraphics2D g = new SVGGraphics2D(context, false);
        g.setSVGCanvasSize(new java.awt.Dimension(WIDTH, height));
        draw(figure, g, height);
        org.w3c.dom.Element root = g.getRoot();
        root.setAttributeNS(null, "viewBox", "0 0 " + WIDTH + " " + height);
        StringWriter text = new StringWriter();
        g.stream(root, text, true, false);
        // Batik names a DTD on the web, which strict readers would fetch, and Java's name of a font that no reader has.
        String plain = DOCTYPE.matcher(text.toString())
                .replaceFirst("")
                .replace("font-family:'Dialog'", "font-family:sans-serif");
        Files.writeString(file, plain, StandardCharsets.UTF_8);
    }

    private static Document emptyDocument() throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .getDOMImplementation()
                    .createDocument("http://www.w3.org/2000/svg", "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IOException("this Java runtime cannot make XML documents", e);
        }
    }

    private static int columns(Figure figure) {
        int n = figure.panels().size();
        return n == 1 ? 1 : n <= 4 ? 2 : 3;
    }

    private static int rows(Figure figure) {
        return (figure.panels().size() + columns(figure) - 1) / columns(figure);
    }

    private static int panelHeight(Figure figure) {
        Chart first = figure.panels().get(0);
        if (first instanceof Chart.Intervals c) {
            return 70 + 24 * c.rows().size();
        }
        if (first instanceof Chart.Boxes c) {
            return 70
                    + 17
                            * c.groups().stream()
                                    .mapToInt(g -> g.boxes().size() + 1)
                                    .sum();
        }
        return columns(figure) == 1 ? 420 : columns(figure) == 2 ? 260 : 220;
    }

    private static int headerHeight(Figure figure, Graphics2D g) {
        return 40 + legendRows(figure, g) * 20;
    }

    private static int height(Figure figure) {
        Graphics2D g = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        int header = headerHeight(figure, g);
        g.dispose();
        return header + rows(figure) * panelHeight(figure) + MARGIN;
    }

    private static void draw(Figure figure, Graphics2D g, int height) {
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.setPaint(Theme.PAPER);
        g.fill(new Rectangle2D.Double(0, 0, WIDTH, height));
        g.setPaint(Theme.INK);
        g.setFont(Theme.TITLE);
        g.drawString(figure.title(), MARGIN, 26);
        legend(figure, g, true);
        int columns = columns(figure);
        double panelWidth = (WIDTH - 2.0 * MARGIN) / columns;
        double panelHeight = panelHeight(figure);
        int header = headerHeight(figure, g);
        for (int i = 0; i < figure.panels().size(); i++) {
            int row = i / columns;
            JFreeCharts.of(figure.panels().get(i))
                    .draw(
                            g,
                            new Rectangle2D.Double(
                                    MARGIN + (i % columns) * panelWidth,
                                    header + row * panelHeight,
                                    panelWidth,
                                    panelHeight));
        }
    }

    private static int legendRows(Figure figure, Graphics2D g) {
        return figure.legend().isEmpty() ? 0 : legend(figure, g, false);
    }

    /** Lays the legend out in rows, and draws it if asked to. Returns the number of rows. */
    private static int legend(Figure figure, Graphics2D g, boolean draw) {
        g.setFont(Theme.LABEL);
        double x = MARGIN;
        int row = 0;
        for (Figure.LegendEntry entry : figure.legend()) {
            double width = 44 + g.getFontMetrics().stringWidth(entry.name());
            if (x + width > WIDTH - MARGIN && x > MARGIN) {
                x = MARGIN;
                row++;
            }
            if (draw) {
                double y = 44 + row * 20.0;
                g.setPaint(Theme.colour(entry.style()));
                g.setStroke(Theme.stroke(entry.style()));
                g.draw(new Line2D.Double(x, y - 4, x + 22, y - 4));
                g.setPaint(Theme.INK);
                g.drawString(entry.name(), (float) (x + 28), (float) y);
            }
            x += width;
        }
        return row + 1;
    }
}
