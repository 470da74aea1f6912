package io.marllb.env;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Locale;

/** Draws one moment of a load-balancing environment, for a terminal or as an image. */
final class LoadPicture {

    private static final int BAR = 30; // columns of the longest bar in a terminal
    private static final String GLYPHS = "#=+o*%@&"; // one per balancer, in turn
    // Okabe and Ito's palette, distinguishable with colour-blindness
    private static final int[] COLOURS = {0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0xF0E442, 0x999999
    };

    private LoadPicture() {}

    /** What is drawn; filled by the environment. */
    static final class Snapshot {
        final String scenario;
        final int step;
        final int horizon;
        final double seconds;
        final int[] inSystem;
        final double[] capacity;
        final boolean[] active;
        final int[][] inFlight;
        final double[][] weights;
        final double[][] duration;
        final double[] rewards;

        Snapshot(String scenario, int step, int horizon, double seconds, int m, int n) {
            this.scenario = scenario;
            this.step = step;
            this.horizon = horizon;
            this.seconds = seconds;
            inSystem = new int[n];
            capacity = new double[n];
            active = new boolean[n];
            inFlight = new int[m][n];
            weights = new double[m][n];
            duration = new double[m][n];
            rewards = new double[m];
        }

        String title() {
            StringBuilder s = new StringBuilder(
                    String.format(Locale.ROOT, "%s, step %d of %d, %.2f s, reward", scenario, step, horizon, seconds));
            for (double r : rewards) {
                s.append(String.format(Locale.ROOT, " %.3f", r));
            }
            return s.toString();
        }

        int largest() {
            int most = 1;
            for (int j = 0; j < inSystem.length; j++) {
                int seen = 0;
                for (int[] flows : inFlight) {
                    seen += flows[j];
                }
                most = Math.max(most, Math.max(seen, inSystem[j]));
            }
            return most;
        }
    }

    static String text(Snapshot s) {
        StringBuilder out = new StringBuilder(s.title()).append('\n');
        out.append(String.format(Locale.ROOT, "server cores flows %-" + BAR + "s", "of each balancer"));
        for (int b = 0; b < s.weights.length; b++) {
            out.append(String.format(Locale.ROOT, " | %c weight  tau ms", glyph(b)));
        }
        out.append('\n');
        double unit = Math.max(1.0, s.largest() / (double) BAR);
        for (int j = 0; j < s.inSystem.length; j++) {
            out.append(String.format(Locale.ROOT, "%6d %5.1f %5d ", j, s.capacity[j], s.inSystem[j]));
            StringBuilder bar = new StringBuilder();
            int flows = 0;
            for (int b = 0; b < s.inFlight.length; b++) {
                flows += s.inFlight[b][j];
                int end = Math.min(BAR, (int) Math.round(flows / unit));
                bar.append(String.valueOf(glyph(b)).repeat(Math.max(0, end - bar.length())));
            }
            out.append(String.format("%-" + BAR + "s", s.active[j] ? bar : bar.append(" (inactive)")));
            for (int b = 0; b < s.weights.length; b++) {
                out.append(String.format(Locale.ROOT, " | %8.2f", s.weights[b][j]));
                out.append(
                        Double.isNaN(s.duration[b][j])
                                ? "       -"
                                : String.format(Locale.ROOT, "%8.1f", 1e3 * s.duration[b][j]));
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static char glyph(int balancer) {
        return GLYPHS.charAt(balancer % GLYPHS.length());
    }

    static BufferedImage image(Snapshot s, int width, int height) {
        if (width < 200 || height < 120) {
            throw new IllegalArgumentException(
                    "an image must be at least 200 x 120 pixels, but was " + width + " x " + height);
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, width, height);
            g.setColor(Color.BLACK);
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            g.drawString(s.title(), 8, 16);
            int top = 28;
            int bottom = height - 22;
            bars(g, s, width, top, bottom);
        } finally {
            g.dispose();
        }
        return image;
    }

    private static void bars(Graphics2D g, Snapshot s, int width, int top, int bottom) {
        int n = s.inSystem.length;
        int m = s.weights.length;
        double most = s.largest();
        double heaviest = 0;
        for (double[] row : s.weights) {
            for (double w : row) {
                heaviest = Math.max(heaviest, w);
            }
        }
        for (double c : s.capacity) {
            most = Math.max(most, c);
        }
        double slot = (width - 16.0) / n;
        for (int j = 0; j < n; j++) {
            int x = (int) (8 + j * slot + 0.1 * slot);
            int w = Math.max(2, (int) (0.8 * slot));
            double base = bottom;
            for (int b = 0; b < m; b++) {
                double h = s.inFlight[b][j] / most * (bottom - top);
                g.setColor(new Color(COLOURS[b % COLOURS.length]));
                g.fillRect(x, (int) Math.round(base - h), w, (int) (Math.round(base) - Math.round(base - h)));
                base -= h;
            }
            g.setColor(Color.BLACK);
            int capacity = (int) Math.round(bottom - s.capacity[j] / most * (bottom - top));
            g.setStroke(new BasicStroke(2));
            g.drawLine(x - 2, capacity, x + w + 2, capacity);
            g.setStroke(new BasicStroke(1));
            for (int b = 0; b < m; b++) { // weights as dots, each balancer's beside the others'
                int y = (int) Math.round(bottom - s.weights[b][j] / heaviest * (bottom - top));
                int dx = (int) Math.round((b + 0.5) * w / m);
                g.setColor(new Color(COLOURS[b % COLOURS.length]).darker());
                g.fillOval(x + dx - 4, y - 4, 8, 8);
                g.setColor(Color.WHITE);
                g.drawOval(x + dx - 4, y - 4, 8, 8);
            }
            g.setColor(s.active[j] ? Color.BLACK : Color.GRAY);
            if (slot > 14) {
                g.drawString(s.active[j] ? Integer.toString(j) : j + " x", x, bottom + 16);
            }
        }
        g.setColor(Color.BLACK);
        g.drawLine(8, bottom, width - 8, bottom);
    }
}
