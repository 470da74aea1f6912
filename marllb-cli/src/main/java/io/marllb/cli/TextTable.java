package io.marllb.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table for people: columns aligned, two spaces apart, heading underlined. The last column is wrapped where the terminal ends, so it should be
 * the one with prose. No trailing blanks, so that output can be compared. Not thread-safe.
 */
final class TextTable {

    /** How narrow a wrapped column may get before lines are left to overflow instead. */
    private static final int NARROWEST = 16;

    private final List<String> heading;
    private final boolean[] right;
    private final List<List<String>> rows = new ArrayList<>();

    /** A heading that starts with {@code >} makes its column right-aligned, as for numbers. */
    TextTable(String... heading) {
        this.heading = new ArrayList<>();
        right = new boolean[heading.length];
        for (int i = 0; i < heading.length; i++) {
            right[i] = heading[i].startsWith(">");
            this.heading.add(right[i] ? heading[i].substring(1) : heading[i]);
        }
    }

    TextTable row(String... cells) {
        if (cells.length != heading.size()) {
            throw new IllegalStateException(cells.length + " cells for " + heading.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    void print(PrintWriter out, int columns) {
        int last = heading.size() - 1;
        int[] width = new int[heading.size()];
        for (int i = 0; i <= last; i++) {
            width[i] = length(heading.get(i));
            for (List<String> row : rows) {
                width[i] = Math.max(width[i], length(row.get(i)));
            }
        }
        int before = 0;
        for (int i = 0; i < last; i++) {
            before += width[i] + 2;
        }
        if (!right[last] && columns - before >= NARROWEST) {
            width[last] = Math.min(width[last], columns - before);
        }
        line(out, heading, width);
        List<String> rules = new ArrayList<>();
        for (int w : width) {
            rules.add("-".repeat(w));
        }
        line(out, rules, width);
        for (List<String> row : rows) {
            List<String> wrapped = wrap(row.get(last), width[last]);
            for (int i = 0; i < wrapped.size(); i++) {
                List<String> cells = i == 0 ? new ArrayList<>(row) : new ArrayList<>(blank());
                cells.set(last, wrapped.get(i));
                line(out, cells, width);
            }
        }
    }

    private List<String> blank() {
        String[] cells = new String[heading.size()];
        Arrays.fill(cells, "");
        return List.of(cells);
    }

    private void line(PrintWriter out, List<String> cells, int[] width) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String blanks = " ".repeat(Math.max(0, width[i] - length(cells.get(i))));
            line.append(i == 0 ? "" : "  ");
            line.append(right[i] ? blanks + cells.get(i) : cells.get(i) + blanks);
        }
        out.println(line.toString().stripTrailing());
    }

    /** Breaks prose at blanks into lines of at most a width; a longer word stays whole. */
    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (line.length() > 0 && length(line) + 1 + length(word) > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    private static int length(CharSequence text) {
        return text.toString().codePointCount(0, text.length());
    }
}
