package io.marllb.bench.report;

import io.marllb.bench.statistics.ConfidenceInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a ranking says in words: who is best, whether that is more than chance, and what the reader should beware of. */
final class Verdict {

    private static final int FEW_SEEDS = 10;
    private static final int MOST_NAMED = 5;
    private static final double REJECTIONS_THAT_MATTER = 0.001;

    private final Ranking ranking;
    private final TimeUnit unit;

    /** Whatever the ranking's reference is, the answer is about the best policy, so that is what the others are tested against here. */
    Verdict(Ranking ranking) {
        this.ranking = Ranking.of(ranking.result());
        unit = TimeUnit.of(ranking);
    }

    /** The answer in one sentence, and what supports it. */
    record Answer(String headline, String support) {
        @Override
        public String toString() {
            return support.isEmpty() ? headline : headline + " " + support;
        }
    }

    Answer answer() {
        List<RankedPolicy> rows = completed();
        if (rows.isEmpty()) {
            return new Answer("No policy completed a flow.", "");
        }
        RankedPolicy best = rows.get(0);
        String mean = unit.format(best.meanNanos()) + " " + unit.symbol();
        if (rows.size() == 1) {
            return new Answer(best.name() + " has a mean response time of " + mean + intervalOf(best) + ".", "");
        }
        if (ranking.finishedSeeds() < 2) {
            return new Answer(
                    best.name() + " has the lowest mean response time, " + mean + ".",
                    "With one seed nothing can be tested: run more seeds.");
        }
        List<RankedPolicy> others = rows.subList(1, rows.size());
        List<RankedPolicy> untested =
                others.stream().filter(r -> Double.isNaN(r.adjustedP())).toList();
        List<RankedPolicy> equal = others.stream()
                .filter(r -> !r.differs() && !untested.contains(r))
                .toList();
        if (equal.isEmpty() && untested.isEmpty()) {
            RankedPolicy next = others.get(0);
            return new Answer(
                    best.name() + " is the best of " + rows.size() + " policies, with a mean response time of " + mean
                            + ".",
                    "That is " + below(next) + " below " + next.name() + ", the next one (paired over "
                            + next.versus().map(c -> c.pairs()).orElse(0) + " seeds, " + adjusted(rows.size() - 1)
                            + "p "
                            + Numbers.pRelation(next.adjustedP()) + ").");
        }
        double leastP = equal.stream()
                .mapToDouble(RankedPolicy::adjustedP)
                .filter(Double::isFinite)
                .min()
                .orElse(Double.NaN);
        String test = Double.isFinite(leastP)
                ? "Paired over " + ranking.finishedSeeds() + " seeds, " + adjusted(rows.size() - 1) + "p "
                        + (equal.size() == 1 ? "= " : "≥ ") + Numbers.p(leastP) + ". "
                : "";
        String open = untested.isEmpty()
                ? ""
                : few(untested.stream().map(RankedPolicy::name).toList())
                        + " completed flows under too few of the same seeds to be tested. ";
        Optional<RankedPolicy> next =
                others.stream().filter(RankedPolicy::differs).findFirst();
        String rest = next.map(r -> "All others " + (untested.isEmpty() ? "" : "that were tested ") + "are slower: "
                                + r.name() + ", the next, by " + above(r) + ". ")
                        .orElse("")
                + (ranking.finishedSeeds() < FEW_SEEDS ? "More seeds may tell." : "");
        return new Answer(
                best.name() + " has the lowest mean response time, " + mean
                        + (equal.isEmpty()
                                ? "."
                                : ", but "
                                        + few(equal.stream()
                                                .map(RankedPolicy::name)
                                                .toList())
                                        + " cannot be told from it."),
                (test + open + rest).strip());
    }

    private static String adjusted(int comparisons) {
        return comparisons > 1 ? "Holm-corrected " : "";
    }

    /** Everything that a reader must know to read the numbers right. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        List<RankedPolicy> rows = completed();
        double least =
                rows.stream().mapToDouble(RankedPolicy::rejectedShare).min().orElse(0);
        List<String> losing = rows.stream()
                .filter(r -> r.rejectedShare() > least + REJECTIONS_THAT_MATTER)
                .map(r -> r.name() + " (" + Numbers.percent(r.rejectedShare()) + ")")
                .toList();
        if (!losing.isEmpty()) {
            warnings.add(
                    "Means cover completed flows only: " + few(losing) + " rejected flows that others completed, so "
                            + (losing.size() == 1 ? "its mean flatters it." : "their means flatter them."));
        }
        overlaps(rows).ifPresent(warnings::add);
        for (RankedPolicy r : ranking.rows()) {
            long invalid = r.result().total(s -> s.invalidDecisions());
            if (invalid > 0) {
                warnings.add(r.name() + " gave invalid weights " + Numbers.count(invalid)
                        + " times; equal weights were used then.");
            }
        }
        if (ranking.finishedSeeds() > 1 && ranking.finishedSeeds() < FEW_SEEDS / 2) {
            warnings.add("Intervals over " + ranking.finishedSeeds() + " seeds are wide; 5 or more are better.");
        }
        if (ranking.result().cancelled()) {
            warnings.add("The experiment was cancelled; these are the runs that had ended.");
        }
        return warnings;
    }

    /** Overlapping intervals do not mean equal policies when runs are paired, and readers tend to think so. */
    private Optional<String> overlaps(List<RankedPolicy> rows) {
        Optional<RankedPolicy> reference = ranking.reference().flatMap(ranking::row);
        if (reference.isEmpty() || reference.get().interval().isEmpty()) {
            return Optional.empty();
        }
        ConfidenceInterval ours = reference.get().interval().get();
        List<String> despite = new ArrayList<>();
        List<String> tied = new ArrayList<>();
        for (RankedPolicy r : rows) {
            if (r.name().equals(reference.get().name())
                    || r.interval().isEmpty()
                    || r.versus().isEmpty()) {
                continue;
            }
            ConfidenceInterval theirs = r.interval().get();
            if (theirs.low() <= ours.high() && ours.low() <= theirs.high()) {
                (r.differs() ? despite : tied).add(r.name());
            }
        }
        String name = reference.get().name();
        String text = "";
        if (!tied.isEmpty()) {
            text = overlapping(name, tied) + ", and the paired test finds no difference either.";
        }
        if (!despite.isEmpty()) {
            text += (text.isEmpty() ? "" : " ") + overlapping(name, despite)
                    + ", yet on the same traffic the paired test tells them apart: judge by the ratio.";
        }
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static String overlapping(String name, List<String> others) {
        return "The interval of " + name + " overlaps " + (others.size() == 1 ? "that of " : "those of ") + few(others);
    }

    private List<RankedPolicy> completed() {
        return ranking.deployable().stream()
                .filter(r -> Double.isFinite(r.meanNanos()))
                .toList();
    }

    private static String below(RankedPolicy next) {
        return percent(1 - 1 / next.versus().orElseThrow().ratio());
    }

    private static String above(RankedPolicy other) {
        double more = other.versus().orElseThrow().ratio() - 1;
        return more >= 1 ? String.format(Locale.ROOT, "a factor of %.1f", more + 1) : percent(more);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, share < 0.1 ? "%.1f %%" : "%.0f %%", share * 100);
    }

    private String intervalOf(RankedPolicy r) {
        return r.interval()
                .map(i -> " (95 % interval " + unit.format(i.low()) + " to " + unit.format(i.high()) + ")")
                .orElse("");
    }

    /** All names if they are few, else the first and how many more. */
    private static String few(List<String> names) {
        return names.size() <= MOST_NAMED
                ? join(names)
                : String.join(", ", names.subList(0, MOST_NAMED - 2)) + " and " + (names.size() - MOST_NAMED + 2)
                        + " others";
    }

    static String join(List<String> names) {
        int n = names.size();
        return n < 2 ? String.join("", names) : String.join(", ", names.subList(0, n - 1)) + " and " + names.get(n - 1);
    }
}
