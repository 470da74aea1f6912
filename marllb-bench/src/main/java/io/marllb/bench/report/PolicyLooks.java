package io.marllb.bench.report;

import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.Style;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives every policy one look for all charts: the best deployable ones a colour each, the best oracles a dashed line in ink, all others thin and
 * grey. At most eight lines stand out.
 */
final class PolicyLooks {

    private static final Style[] REFERENCES = {Style.REFERENCE_1, Style.REFERENCE_2};

    private final Map<String, Style> styles = new HashMap<>(); // looked up only
    private final List<Figure.LegendEntry> legend = new ArrayList<>();

    PolicyLooks(Ranking ranking) {
        int colours = 0;
        int references = 0;
        int others = 0;
        for (RankedPolicy row : ranking.rows()) {
            Style style = Style.QUIET;
            if (row.oracle() && references < REFERENCES.length) {
                style = REFERENCES[references++];
            } else if (!row.oracle() && colours < Style.COLOUR_COUNT) {
                style = Style.colour(colours++);
            } else {
                others++;
            }
            styles.put(row.name(), style);
            if (style != Style.QUIET) {
                legend.add(new Figure.LegendEntry(row.name(), style));
            }
        }
        if (others > 0) {
            legend.add(new Figure.LegendEntry(others + (others == 1 ? " other" : " others"), Style.QUIET));
        }
    }

    Style of(String policy) {
        return styles.get(policy);
    }

    List<Figure.LegendEntry> legend() {
        return List.copyOf(legend);
    }
}
