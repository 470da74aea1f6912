package io.marllb.bench.report;

import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.env.scenario.Scenario;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The results as text for a terminal: the table, the answer in words, the headroom ladder and what to beware of. Columns that do not fit the
 * width are left out, the least important first.
 */
public final class TerminalTable {

    private static final String BOLD = "\u001b[1m";
    private static final String FAINT = "\u001b[2m";
    private static final String RESET = "\u001b[0m";
    private static final int GAP = 2;
    private static final int DISPENSABLE = 5; // columns up to this rank go before names are cut
    private static final int LEAST_NAME = 16;

    private final Ranking ranking;
    private final TimeUnit unit;
    private final int width;
    private final boolean colour;
    private final StringBuilder out = new StringBuilder();

    /**
     * A column.
     *
     * @param title above it
     * @param cell of a row
     * @param rank order in which columns are left out, 0 never
     */
    private record Column(String title, Function<RankedPolicy, String> cell, int rank) {}

    private TerminalTable(Ranking ranking, int width, boolean colour) {
        this.ranking = ranking;
        unit = TimeUnit.of(ranking);
        this.width = width;
        this.colour = colour;
    }

    /**
     * Renders the results.
     *
     * @param ranking what was measured and compared
     * @param notes what a reader must know of the scenario, one sentence each; they come first
     * @param width characters per line, at least 40 are used
     * @param colour whether the terminal understands ANSI codes
     * @return lines, each with a line feed
     */
    public static String render(Ranking ranking, List<String> notes, int width, boolean colour) {
        return new TerminalTable(ranking, Math.max(40, width), colour).render(notes);
    }

    private String render(List<String> notes) {
        header();
        notes.forEach(n -> wrapped(n, "  "));
        out.append('\n');
        table();
        out.append('\n');
        Verdict verdict = new Verdict(ranking);
        wrapped(verdict.answer().toString(), "");
        Headroom.of(ranking).ifPresent(this::headroom);
        for (String warning : verdict.warnings()) {
            wrapped(warning, "! ");
        }
        return out.toString();
    }

    private void header() {
        ReplayResult result = ranking.result();
        Scenario s = result.scenario();
        long flows = ranking.rows().stream()
                .mapToLong(r -> r.result().total(SeedResult::flows))
                .max()
                .orElse(0);
        int seeds = ranking.finishedSeeds();
        wrapped(
                s.name() + ": " + plural(s.servers().size(), "server") + ", " + plural(s.balancers(), "balancer") + "; "
                        + plural(seeds, "seed") + " of " + Numbers.count(seeds == 0 ? 0 : flows / seeds)
                        + " flows after warm-up, the same for every policy",
                "");
    }

    private static String plural(int n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }

    private void table() {
        List<RankedPolicy> rows = ranking.rows();
        List<Column> columns = new ArrayList<>(columns());
        List<Integer> droppable = IntStream.range(0, columns.size())
                .boxed()
                .filter(c -> columns.get(c).rank > 0)
                .sorted(Comparator.comparingInt(c -> columns.get(c).rank))
                .toList();
        String[][] cells = new String[rows.size() + 1][columns.size()];
        int[] widths = new int[columns.size()];
        int total = -GAP;
        for (int c = 0; c < columns.size(); c++) {
            cells[0][c] = columns.get(c).title;
            for (int r = 0; r < rows.size(); r++) {
                cells[r + 1][c] = columns.get(c).cell.apply(rows.get(r));
            }
            for (String[] row : cells) {
                widths[c] = Math.max(widths[c], row[c].length());
            }
            total += widths[c] + GAP;
        }
        for (int c : droppable) {
            if (columns.get(c).rank > DISPENSABLE
                    && total > width) { // long names are cut before columns that matter go
                int cut = Math.min(total - width, Math.max(0, widths[0] - Math.max(LEAST_NAME, width / 4)));
                widths[0] -= cut;
                total -= cut;
            }
            if (total > width) {
                total -= widths[c] + GAP;
                widths[c] = 0;
            }
        }
        widths[0] = Math.max(LEAST_NAME / 2, widths[0] - Math.max(0, total - width));
        String head = text(cells[0], widths);
        line(head, BOLD);
        boolean ruled = false;
        for (int r = 0; r < rows.size(); r++) {
            RankedPolicy row = rows.get(r);
            if (row.oracle() && !ruled && !ranking.deployable().isEmpty()) {
                line("-".repeat(head.length()), FAINT);
                ruled = true;
            }
            boolean reference = ranking.reference().filter(row.name()::equals).isPresent();
            line(text(cells[r + 1], widths), reference ? BOLD : row.oracle() ? FAINT : "");
        }
        footnotes(rows);
    }

    /** One line; columns of width 0 are left out, the first is aligned left and cut if it is too long. */
    private static String text(String[] cells, int[] widths) {
        StringBuilder text = new StringBuilder();
        String name = cells[0].length() <= widths[0] ? cells[0] : cells[0].substring(0, widths[0] - 1) + "…";
        text.append(name).append(" ".repeat(widths[0] - name.length()));
        for (int c = 1; c < cells.length; c++) {
            if (widths[c] > 0) {
                text.append(" ".repeat(GAP + widths[c] - cells[c].length())).append(cells[c]);
            }
        }
        return text.toString();
    }

    private void footnotes(List<RankedPolicy> rows) {
        List<String> notes = new ArrayList<>();
        if (rows.stream().anyMatch(RankedPolicy::oracle)) {
            notes.add("* oracle: sees what no real balancer can");
        }
        if (rows.stream().anyMatch(r -> r.versus().isPresent() && !r.differs())) {
            notes.add("= not told apart from " + ranking.reference().orElse("") + " (paired t-test, Holm, 5 %)");
        }
        for (String note : notes) {
            wrapped(note, "");
        }
    }

    private List<Column> columns() {
        String u = " " + unit.symbol();
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("policy", r -> r.name() + (r.oracle() ? " *" : ""), 0));
        columns.add(new Column("mean" + u, r -> unit.format(r.meanNanos()), 0));
        columns.add(new Column(
                "95 % CI",
                r -> r.interval()
                        .map(i -> "[" + unit.format(i.low()) + ", " + unit.format(i.high()) + "]")
                        .orElse(""),
                8));
        columns.add(new Column("p50", r -> quantile(r, 50), 4));
        columns.add(new Column("p99", r -> quantile(r, 99), 9));
        columns.add(new Column("rejected", r -> rejected(r), 7));
        columns.add(new Column("jain", r -> Numbers.fixed(r.result().mean(SeedResult::jain), 3), 5));
        columns.add(new Column("ns/choice", TerminalTable::choice, 1));
        ranking.reference().ifPresent(reference -> {
            columns.add(new Column("vs " + reference, r -> ratio(r, reference), 10));
            columns.add(new Column(
                    "95 % CI ",
                    r -> r.versus()
                            .map(c -> c.interval())
                            .map(i -> "[" + Numbers.ratio(i.low()) + ", " + Numbers.ratio(i.high()) + "]")
                            .orElse(""),
                    6));
            columns.add(new Column("p", r -> r.versus().isPresent() ? Numbers.p(r.adjustedP()) : "", 3));
        });
        if (ranking.rows().stream().allMatch(r -> r.result().decisionNanos().getTotalCount() == 0)) {
            columns.removeIf(c -> c.title.equals("ns/choice"));
        }
        return columns;
    }

    private static String ratio(RankedPolicy r, String reference) {
        if (r.name().equals(reference)) {
            return "1  ";
        }
        return r.versus()
                .map(c -> Numbers.ratio(c.ratio()) + (r.differs() ? "  " : " ="))
                .orElse("");
    }

    private static String choice(RankedPolicy r) {
        return r.result().decisionNanos().getTotalCount() == 0
                ? ""
                : Long.toString(r.result().decisionNanos().getValueAtPercentile(50));
    }

    private String quantile(RankedPolicy r, double percentile) {
        var fct = r.result().fct();
        return fct.getTotalCount() == 0 ? "–" : unit.format(fct.getValueAtPercentile(percentile));
    }

    private static String rejected(RankedPolicy r) {
        return r.result().total(SeedResult::rejected) == 0 ? "0" : Numbers.percent(r.rejectedShare());
    }

    private void headroom(Headroom headroom) {
        out.append('\n');
        int widest = headroom.rungs().stream()
                .mapToInt(r -> r.what().length() + r.policy().length() + 3)
                .max()
                .orElse(0);
        wrapped(
                "Headroom: mean relative to the all-seeing "
                        + headroom.rungs().get(headroom.rungs().size() - 1).policy(),
                "");
        for (Headroom.Rung rung : headroom.rungs()) {
            String name = rung.what() + " (" + rung.policy() + ")";
            String text = "  " + name + " ".repeat(widest - name.length() + 2) + Numbers.ratio(rung.ratio());
            String interval = rung.interval()
                    .map(i -> "  [" + Numbers.ratio(i.low()) + ", " + Numbers.ratio(i.high()) + "]")
                    .orElse("");
            line(text + (text.length() + interval.length() <= width ? interval : ""), "");
        }
        if (!headroom.sentence().isEmpty()) {
            wrapped(headroom.sentence(), "  ");
        }
    }

    private void line(String text, String code) {
        String stripped = text.stripTrailing();
        if (colour && !code.isEmpty()) {
            out.append(code).append(stripped).append(RESET);
        } else {
            out.append(stripped);
        }
        out.append('\n');
    }

    private void wrapped(String text, String prefix) {
        StringBuilder current = new StringBuilder(prefix);
        for (String word : text.split(" ", -1)) {
            if (current.length() > prefix.length() && current.length() + 1 + word.length() > width) {
                out.append(current).append('\n');
                current = new StringBuilder(" ".repeat(prefix.length()));
            }
            if (current.length() > prefix.length()) {
                current.append(' ');
            }
            current.append(word);
        }
        out.append(current).append('\n');
    }
}
