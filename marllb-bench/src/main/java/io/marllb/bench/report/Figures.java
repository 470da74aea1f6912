package io.marllb.bench.report;

import io.marllb.bench.chart.Axis;
import io.marllb.bench.chart.Chart;
import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.Line;
import io.marllb.bench.chart.Style;
import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.bench.replay.Trajectory;
import io.marllb.bench.statistics.ConfidenceInterval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** Decides what is drawn of an experiment. Every method gives one figure, or none if its data are missing. */
final class Figures {

    private static final double WIDE_RATIO = 8; // beyond it, values share an axis only if it is logarithmic
    private static final int MOST_PANELS = 16;
    private static final int MOST_CLASSES = 4;
    private static final int COARSE_BINS = 90; // finer, lines that cross each other cannot be followed
    private static final double OWN_SCALE = 2.5; // panels whose peak is so far above the median peak get their own axis
    private static final double LEAST_WEIGHT_CHANGE = 1e-5; // of an equal share, more than rounding
    private static final Style[] FOLLOWED = {Style.REFERENCE_1, Style.REFERENCE_2};
    private static final int MOST_BARS = 48; // servers that still have a bar each
    private static final int MOST_SAMPLES = 400_000; // rows of the table of busy workers
    private static final String UTILISATION = "utilisation";
    private static final String BOX_CAPTION =
            " Box for the middle half, line for the median, ring for the mean, whiskers from the 5th to the 95th percentile.";
    private static final double TAIL_END = 1e-5;
    private static final double LEAST_CHANGE = 0.015; // nearer points of a curve fall together on any screen

    private final Ranking ranking;
    private final TimeUnit unit;
    private final PolicyLooks looks;
    private final ServerStrengths strengths;
    private final ScenarioMoments moments;
    private final List<Integer> followed; // servers to which something happens get their own lines
    private final double secondsPerTick;
    private final String timeLabel;

    Figures(Ranking ranking) {
        this.ranking = ranking;
        unit = TimeUnit.of(ranking);
        looks = new PolicyLooks(ranking);
        strengths = ServerStrengths.of(ranking.result().scenario());
        moments = new ScenarioMoments(ranking.result().scenario());
        followed = moments.servers().stream().limit(FOLLOWED.length).toList();
        double longest = trajectories().stream()
                .mapToDouble(t -> t.seconds()[t.bins() - 1])
                .max()
                .orElse(0);
        secondsPerTick = longest >= 3 * 86_400 ? 86_400 : longest >= 3 * 3_600 ? 3_600 : 1;
        timeLabel = secondsPerTick == 1 ? "time (s)" : secondsPerTick == 3_600 ? "time (h)" : "time (days)";
    }

    private List<Trajectory> trajectories() {
        return ranking.rows().stream()
                .map(r -> r.result().trajectory())
                .flatMap(Optional::stream)
                .filter(t -> t.bins() > 0)
                .toList();
    }

    ScenarioMoments moments() {
        return moments;
    }

    PolicyLooks looks() {
        return looks;
    }

    Figure means() {
        List<Chart.Interval> rows = new ArrayList<>();
        double min = Double.POSITIVE_INFINITY;
        double max = 0;
        for (RankedPolicy r : ranking.rows()) {
            double low = unit.of(r.interval().map(ConfidenceInterval::low).orElse(Double.NaN));
            double high = unit.of(r.interval().map(ConfidenceInterval::high).orElse(Double.NaN));
            double mean = unit.of(r.meanNanos());
            rows.add(new Chart.Interval(r.name(), looks.of(r.name()), low, mean, high));
            if (Double.isFinite(mean)) {
                min = Math.min(min, mean);
                max = Math.max(max, mean);
            }
        }
        String label = "mean response time (" + unit.symbol() + ")";
        return new Figure(
                "means",
                "Mean response time",
                "Dots are means over all seeds, bars their 95 % intervals; oracles, which see what no real balancer can, come last.",
                List.of(),
                List.of(new Chart.Intervals(
                        "", max > WIDE_RATIO * min ? Axis.log(label) : Axis.linear(label), rows, Double.NaN)));
    }

    Optional<Figure> versus() {
        if (ranking.rows().stream().allMatch(r -> r.versus().isEmpty())) {
            return Optional.empty();
        }
        String reference = ranking.reference().orElseThrow();
        List<Chart.Interval> rows = new ArrayList<>();
        double max = 1;
        for (RankedPolicy r : ranking.rows()) {
            if (r.versus().isPresent()) {
                ConfidenceInterval i = r.versus().get().interval();
                double ratio = r.versus().get().ratio();
                rows.add(new Chart.Interval(r.name(), looks.of(r.name()), i.low(), ratio, i.high()));
                max = Math.max(max, ratio);
            }
        }
        String label = "mean response time relative to " + reference;
        return Optional.of(new Figure(
                "versus",
                "Against " + reference + ", on the same traffic",
                "Ratio of means, seed by seed, with 95 % intervals: right of the line is slower than " + reference
                        + ".",
                List.of(),
                List.of(new Chart.Intervals("", max > WIDE_RATIO ? Axis.log(label) : Axis.linear(label), rows, 1))));
    }

    /** The distribution of response times, of all classes together and of each if there are several. */
    List<Figure> distributions() {
        String caption = "Share of the flows that took at most so long; further up and left is better.";
        List<Figure> figures = new ArrayList<>();
        figures.add(new Figure(
                "cdf", "Distribution", caption, looks.legend(), List.of(distribution("", PolicyResult::fct))));
        List<String> classes = classNames();
        List<Chart> panels = new ArrayList<>();
        for (int c = 0; c < Math.min(classes.size(), MOST_CLASSES); c++) {
            int flowClass = c;
            panels.add(distribution(classes.get(c), p -> p.fct(flowClass)));
        }
        if (panels.size() > 1) {
            String left = classes.size() > MOST_CLASSES
                    ? " The first " + MOST_CLASSES + " of " + classes.size() + " classes."
                    : "";
            figures.add(new Figure("cdf-by-class", "Distribution by class", caption + left, looks.legend(), panels));
        }
        return figures;
    }

    private List<String> classNames() {
        return ranking.rows().isEmpty()
                ? List.of()
                : ranking.rows().get(0).result().classNames();
    }

    private Chart distribution(String title, Function<PolicyResult, Histogram> times) {
        List<Line> lines = new ArrayList<>();
        for (RankedPolicy r : ranking.rows()) {
            lines.add(curve(r, times.apply(r.result()), false));
        }
        return new Chart.Lines(
                title,
                Axis.log("response time (" + unit.symbol() + ")"),
                Axis.share("share of flows"),
                lines,
                List.of(),
                Double.NaN);
    }

    Figure tail() {
        List<Line> lines = new ArrayList<>();
        for (RankedPolicy r : ranking.rows()) {
            lines.add(curve(r, r.result().fct(), true));
        }
        return new Figure(
                "tail",
                "The slowest flows",
                "Share of the flows that took longer than so long, on logarithmic axes: the 99th percentile is where a line crosses 1 %.",
                looks.legend(),
                List.of(new Chart.Lines(
                        "",
                        Axis.log("response time (" + unit.symbol() + ")"),
                        new Axis("share of flows that took longer", true, true, TAIL_END, 1),
                        lines,
                        List.of(),
                        Double.NaN)));
    }

    /** Points at least a hair apart; where the data jumps, the line goes straight up rather than slanting over the gap. */
    private Line curve(RankedPolicy policy, Histogram times, boolean tail) {
        double total = times.getTotalCount();
        List<double[]> points = new ArrayList<>();
        double lastX = 0;
        double lastY = tail ? 1 : 0;
        double before = lastY;
        for (HistogramIterationValue v : times.recordedValues()) {
            double x = unit.of(Math.max(1, v.getValueIteratedTo()));
            double share = v.getTotalCountToThisValue() / total;
            double y = tail ? 1 - share : share;
            boolean apart = tail ? y < lastY * (1 - LEAST_CHANGE) : y > lastY + LEAST_CHANGE / 4;
            if (apart || x > lastX * (1 + LEAST_CHANGE) || share == 1) {
                if (x > lastX * (1 + 2 * LEAST_CHANGE)) {
                    points.add(new double[] {x, before});
                }
                points.add(new double[] {x, y});
                lastX = x;
                lastY = y;
            }
            before = y;
        }
        return Line.of(
                policy.name(),
                looks.of(policy.name()),
                points.stream().mapToDouble(p -> p[0]).toArray(),
                points.stream().mapToDouble(p -> p[1]).toArray());
    }

    Optional<Figure> responseOverTime() {
        return overTime(
                "response-over-time",
                "Mean response time, moment by moment",
                "Mean of the flows that completed around each moment, under the first seed.",
                t -> Arrays.stream(t.meanFctSeconds())
                        .map(s -> unit.of(s * 1e9))
                        .toArray(),
                "mean response time (" + unit.symbol() + ")",
                true);
    }

    Optional<Figure> fairness() {
        return overTime(
                "fairness",
                "Fairness, moment by moment",
                "Jain index of flows in the system over capacity, under the first seed: 1 where every server carries its share.",
                Trajectory::jain,
                "Jain index",
                false);
    }

    private Optional<Figure> overTime(
            String id,
            String title,
            String caption,
            Function<Trajectory, double[]> values,
            String label,
            boolean mayLog) {
        List<Line> lines = new ArrayList<>();
        double warmup = 0;
        double[] all = new double[0];
        for (RankedPolicy r : ranking.rows()) {
            if (r.result().trajectory().filter(t -> t.bins() > 0).isPresent()) {
                Trajectory t = r.result().trajectory().get();
                double[] y = coarse(values.apply(t));
                lines.add(Line.of(r.name(), looks.of(r.name()), coarse(ticks(t)), y));
                warmup = t.warmupEndSeconds() / secondsPerTick;
                double[] finite = Arrays.stream(y).filter(Double::isFinite).toArray();
                int size = all.length;
                all = Arrays.copyOf(all, size + finite.length);
                System.arraycopy(finite, 0, all, size, finite.length);
            }
        }
        if (all.length == 0) {
            return Optional.empty();
        }
        Arrays.sort(all);
        boolean log = mayLog && all[all.length * 98 / 100] > 4 * WIDE_RATIO * Math.max(1e-9, all[all.length / 10]);
        Axis y = log ? Axis.log(label) : mayLog ? Axis.linear(label).from(0) : Axis.linear(label);
        return Optional.of(new Figure(
                id,
                title,
                caption + shade(warmup) + numbers(),
                looks.legend(),
                List.of(new Chart.Lines(
                        "", time(), y, lines, moments.markers(secondsPerTick), warmup > 0 ? warmup : Double.NaN))));
    }

    /** Means of neighbouring bins, NaN left out, so that at most {@value #COARSE_BINS} are left. */
    private static double[] coarse(double[] fine) {
        int n = Math.min(fine.length, COARSE_BINS);
        double[] result = new double[n];
        for (int b = 0; b < n; b++) {
            int from = (int) ((long) b * fine.length / n);
            int to = (int) ((long) (b + 1) * fine.length / n);
            result[b] = Arrays.stream(fine, from, to)
                    .filter(Double::isFinite)
                    .average()
                    .orElse(Double.NaN);
        }
        return result;
    }

    private static String shade(double warmup) {
        return warmup > 0 ? " The shaded start is warm-up and is not counted." : "";
    }

    private String numbers() {
        return moments.moments().isEmpty() ? "" : " Numbered lines mark what changed when.";
    }

    private Axis time() {
        return Axis.linear(timeLabel).from(0);
    }

    private double[] ticks(Trajectory t) {
        return Arrays.stream(t.seconds()).map(s -> s / secondsPerTick).toArray();
    }

    Optional<Figure> busyWorkers() {
        StrengthTable busy = new StrengthTable(strengths);
        int rowsPerPolicy = MOST_SAMPLES / Math.max(1, ranking.rows().size());
        for (RankedPolicy row : ranking.rows()) {
            row.result().trajectory().ifPresent(t -> addBusyWorkers(busy, row.name(), t, rowsPerPolicy));
        }
        if (busy.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Figure(
                "busy-workers",
                "Busy workers by server strength",
                "Workers in use per server under the first seed, sampled each control interval after warm-up."
                        + BOX_CAPTION,
                strengths.legend(),
                List.of(new Chart.Boxes(
                        "", Axis.linear("busy workers per server").from(0), busy.boxes()))));
    }

    private void addBusyWorkers(StrengthTable busy, String policy, Trajectory t, int mostRows) {
        int instants = Math.min(t.instants(), Math.max(1, mostRows / strengths.servers()));
        for (int k = 0; k < instants; k++) {
            int instant = (int) ((long) k * t.instants() / instants);
            for (int j = 0; j < strengths.servers(); j++) {
                if (t.busyAt(instant, j) != Trajectory.ABSENT) {
                    busy.add(policy, j, t.busyAt(instant, j));
                }
            }
        }
    }

    Optional<Figure> loadOverTime() {
        return byStrength(
                "load-over-time",
                "Busy workers over time",
                "Workers in use per server, under the first seed: mean over the servers of each strength, with a band from the least to the most loaded of them.",
                Trajectory::busyWorkers,
                r -> true);
    }

    /** Only policies whose weights move; the others have nothing to show. */
    Optional<Figure> weightsOverTime() {
        return byStrength(
                "weights-over-time",
                "Weights over time",
                "A server's share of the weights, averaged over balancers, by strength, with a band over the servers; policies whose weights stay as they are have no panel.",
                Trajectory::weightShare,
                Figures::weightsMove);
    }

    /** Whether the slow loop works: changes now and then come from servers that die, join or warm up, under any policy. */
    private static boolean weightsMove(Trajectory t) {
        int moves = 0;
        for (int b = 1; b < t.bins(); b++) {
            boolean moved = false;
            for (int j = 0; j < t.servers(); j++) {
                double change = Math.abs(t.weightShare(b, j) - t.weightShare(b - 1, j));
                moved |= change * t.servers() > LEAST_WEIGHT_CHANGE;
            }
            moves += moved ? 1 : 0;
        }
        return moves > t.bins() / 4;
    }

    /** A number of a server in a bin of a trajectory. */
    @FunctionalInterface
    private interface ServerNumber {
        double of(Trajectory t, int bin, int server);
    }

    private Optional<Figure> byStrength(
            String id,
            String title,
            String caption,
            ServerNumber number,
            java.util.function.Predicate<Trajectory> shown) {
        List<RankedPolicy> rows = ranking.rows().stream()
                .filter(r -> r.result()
                        .trajectory()
                        .filter(t -> t.bins() > 1)
                        .filter(shown)
                        .isPresent())
                .toList();
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        List<RankedPolicy> drawn = rows.subList(0, Math.min(rows.size(), MOST_PANELS));
        double[] peaks = drawn.stream()
                .mapToDouble(r -> peak(r.result().trajectory().orElseThrow(), number))
                .toArray();
        double[] sorted = peaks.clone();
        Arrays.sort(sorted);
        double limit = OWN_SCALE * sorted[(sorted.length - 1) / 2];
        double common = Arrays.stream(peaks).filter(p -> p <= limit).max().orElse(sorted[0]);
        boolean own = false;
        List<Chart> charts = new ArrayList<>();
        for (int i = 0; i < drawn.size(); i++) {
            Trajectory t = drawn.get(i).result().trajectory().orElseThrow();
            boolean alone = peaks[i] > limit;
            own |= alone;
            charts.add(new Chart.Lines(
                    drawn.get(i).name() + (alone ? " (own scale)" : ""),
                    time(),
                    Axis.linear("").from(0).to(alone ? peaks[i] : common),
                    strengthLines(t, number),
                    moments.markers(secondsPerTick),
                    t.warmupEndSeconds() > 0 ? t.warmupEndSeconds() / secondsPerTick : Double.NaN));
        }
        String notes = (own ? " Panels share one scale unless they say otherwise." : "")
                + (rows.size() > MOST_PANELS ? " The first " + MOST_PANELS + " of " + rows.size() + " policies." : "");
        return Optional.of(new Figure(id, title, caption + notes + numbers(), strengthLegend(), charts));
    }

    /** The value that all but one in a hundred stay below, and a little more, so that one spike does not flatten a panel. */
    private static double peak(Trajectory t, ServerNumber number) {
        double[] all = new double[t.bins() * t.servers()];
        for (int b = 0; b < t.bins(); b++) {
            for (int j = 0; j < t.servers(); j++) {
                all[b * t.servers() + j] = number.of(t, b, j);
            }
        }
        Arrays.sort(all);
        return Math.max(1e-9, all[(int) (0.99 * (all.length - 1))] * 1.1);
    }

    private List<Line> strengthLines(Trajectory t, ServerNumber number) {
        List<Line> lines = new ArrayList<>();
        for (int k = 0; k < followed.size(); k++) {
            double[] y = new double[t.bins()];
            for (int b = 0; b < t.bins(); b++) {
                y[b] = takesPart(t, b, followed.get(k)) ? number.of(t, b, followed.get(k)) : Double.NaN;
            }
            lines.add(Line.of(serverName(k), FOLLOWED[k], coarse(ticks(t)), coarse(y)));
        }
        for (int g = strengths.groups() - 1; g >= 0; g--) {
            double[] mean = new double[t.bins()];
            double[] low = new double[t.bins()];
            double[] high = new double[t.bins()];
            for (int b = 0; b < t.bins(); b++) {
                low[b] = Double.POSITIVE_INFINITY;
                high[b] = Double.NEGATIVE_INFINITY;
                int present = 0;
                for (int j = 0; j < strengths.servers(); j++) {
                    if (strengths.group(j) == g && takesPart(t, b, j)) {
                        double v = number.of(t, b, j);
                        mean[b] += v;
                        low[b] = Math.min(low[b], v);
                        high[b] = Math.max(high[b], v);
                        present++;
                    }
                }
                mean[b] /= present; // NaN, which breaks the line, if no server of the group is there
            }
            Line line = Line.of(strengths.name(g), strengths.style(g), coarse(ticks(t)), coarse(mean));
            lines.add(strengths.size(g) > 1 ? line.withBand(coarse(low), coarse(high)) : line);
        }
        return lines;
    }

    private static boolean takesPart(Trajectory t, int bin, int server) {
        return t.weightShare(bin, server) > 0 || t.busyWorkers(bin, server) > 0;
    }

    private String serverName(int k) {
        return "server " + followed.get(k);
    }

    private List<Figure.LegendEntry> strengthLegend() {
        List<Figure.LegendEntry> legend = new ArrayList<>(strengths.legend());
        for (int k = 0; k < followed.size(); k++) {
            legend.add(new Figure.LegendEntry(serverName(k), FOLLOWED[k]));
        }
        return legend;
    }

    /** Empty if nobody saw it, as on real sockets. */
    Optional<Figure> utilisation() {
        if (ranking.rows().stream()
                .allMatch(r ->
                        r.result().meanByServer(SeedResult::serverUtilisation).isEmpty())) {
            return Optional.empty();
        }
        String title = "Utilisation of each server";
        String caption = "Share of each server's current capacity that was in use, mean over seeds.";
        if (strengths.servers() > MOST_BARS) {
            StrengthTable table = new StrengthTable(strengths);
            for (RankedPolicy r : ranking.rows()) {
                List<Double> shares = r.result().meanByServer(SeedResult::serverUtilisation);
                for (int j = 0; j < shares.size(); j++) {
                    table.add(r.name(), j, shares.get(j));
                }
            }
            return Optional.of(new Figure(
                    UTILISATION,
                    title,
                    caption + BOX_CAPTION,
                    strengths.legend(),
                    List.of(new Chart.Boxes("", Axis.share("capacity in use"), table.boxes()))));
        }
        List<Chart> panels = new ArrayList<>();
        for (RankedPolicy r : ranking.rows().subList(0, Math.min(ranking.rows().size(), MOST_PANELS))) {
            List<Double> shares = r.result().meanByServer(SeedResult::serverUtilisation);
            List<Chart.Bar> bars = new ArrayList<>();
            for (int j = 0; j < shares.size(); j++) {
                bars.add(new Chart.Bar(Integer.toString(j), strengths.style(strengths.group(j)), shares.get(j)));
            }
            panels.add(new Chart.Bars(r.name(), Axis.share(""), bars, "server"));
        }
        return Optional.of(new Figure(UTILISATION, title, caption, strengths.legend(), panels));
    }
}
