package io.marllb.bench.chart;

import java.util.List;

/**
 * One figure: a chart, or several small ones that are read together.
 *
 * @param id file name without extension and anchor in the page: lower-case letters, digits and hyphens
 * @param title what it shows, in a few words
 * @param caption how to read it, in a sentence or two
 * @param legend what the looks mean; empty if the charts name everything themselves
 * @param panels at least one
 */
public record Figure(String id, String title, String caption, List<LegendEntry> legend, List<Chart> panels) {

    /**
     * What a look means.
     *
     * @param name in the legend
     * @param style the look
     */
    public record LegendEntry(String name, Style style) {}

    /** Checks the id and copies the lists. */
    public Figure {
        if (!id.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("id must be lower-case words joined by hyphens, but was '" + id + "'");
        }
        if (panels.isEmpty()) {
            throw new IllegalArgumentException("figure '" + id + "' has no panel");
        }
        legend = List.copyOf(legend);
        panels = List.copyOf(panels);
    }
}
