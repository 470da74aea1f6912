package io.marllb.agents.train;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows as Stable-Baselines3 prints them: a box, a line per group, the keys of the group indented. */
public final class ConsoleTable implements TrainingLog {

    private static final double EXACT_UP_TO = 1e7; // whole numbers below are written out

    private final PrintWriter out;

    /**
     * A table.
     *
     * @param out where to; flushed after each row, never closed
     */
    public ConsoleTable(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void row(long steps, Map<String, Double> values) {
        List<String> keys = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        String group = "";
        for (Map.Entry<String, Double> e : values.entrySet()) {
            int slash = e.getKey().indexOf('/');
            String itsGroup = e.getKey().substring(0, slash + 1);
            if (!itsGroup.equals(group)) {
                group = itsGroup;
                keys.add(group);
                texts.add("");
            }
            keys.add("   " + e.getKey().substring(slash + 1));
            texts.add(number(e.getValue()));
        }
        int keyWidth = keys.stream().mapToInt(String::length).max().orElse(0);
        int textWidth = texts.stream().mapToInt(String::length).max().orElse(0);
        String line = "-".repeat(keyWidth + textWidth + 7);
        out.println(line);
        for (int i = 0; i < keys.size(); i++) {
            out.println("| " + pad(keys.get(i), keyWidth) + " | " + pad(texts.get(i), textWidth) + " |");
        }
        out.println(line);
        out.flush();
    }

    private static String pad(String s, int width) {
        return s + " ".repeat(width - s.length());
    }

    /** Three significant digits, whole numbers whole. */
    static String number(double x) {
        if (x == Math.rint(x) && Math.abs(x) < EXACT_UP_TO) {
            return Long.toString((long) x);
        }
        double size = Math.abs(x);
        if (size >= 1e-3 && size < 1e5) {
            int digits = Math.max(0, 2 - (int) Math.floor(Math.log10(size)));
            return String.format(Locale.ROOT, "%." + digits + "f", x);
        }
        return String.format(Locale.ROOT, "%.2e", x);
    }

    @Override
    public void close() {
        out.flush();
    }
}
