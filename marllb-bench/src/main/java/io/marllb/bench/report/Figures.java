package io.marllb.bench.report;

import io.marllb.bench.chart.Axis;
import io.marllb.bench.chart.Chart;
import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.Line;
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
    private static final double TAIL_END = 1e-5;

    private final Ranking ranking;
    private final TimeUnit unit;
    private final PolicyLooks looks;
    private final ServerStrengths strengths;
    private final ScenarioMoments moments;
    private final double secondsPerTick;
    private final String timeLabel;

    Figures(Ranking ranking) {
        this.ranking = ranking;
        unit = TimeUnit.of(ranking);
        looks = new PolicyLooks(ranking);
        strengths = ServerStrengths.of(ranking.result().scenario());
        moments = new ScenarioMoments(ranking.result().scenario());
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
                List.of(new Chart.Intervals("", max > WIDE_RATIO * min ? Axis.log(label) : Axis.linear(label), rows, Double.NaN)));
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
                ConfidenceInterval i = r.versus().get().ratio().interval(0.95);
                double ratio = r.versus().get().ratio().mean();
                rows.add(new Chart.Interval(r.name(), looks.of(r.name()), i.low(), ratio, i.high()));
                max = Math.max(max, ratio);
            }
        }
        String label = "mean response time relative to " + reference;
        return Optional.of(new Figure(
                "versus",
                "Against " + reference + ", on the same traffic",
                "Ratio of means, paired by seed, with 95 % intervals: right of the line is slower than " + reference + ".",
                List.of(),
                List.of(new Chart.Intervals("", max > WIDE_RATIO ? Axis.log(label) : Axis.linear(label), rows, 1))));
    }

    /** The distribution of response times, of all classes together and of each if there are several. */
    List<Figure> distributions() {
        List<Figure> figures = new ArrayList<>();
        figures.add(distribution("cdf", "Response times", PolicyResult::fct));
        List<String> classes = classNames();
        for (int c = 0; c < classes.size() && classes.size() > 1; c++) {
            int flowClass = c;
            figures.add(distribution(
                    "cdf-class-" + (c + 1), "Response times of class " + classes.get(c), p -> p.fct(flowClass)));
        }
        return figures;
    }

    private List<String> classNames() {
        return ranking.rows().isEmpty()
                ? List.of()
                : ranking.rows().get(0).result().classNames();
    }

    private Figure distribution(String id, String title, Function<PolicyResult, Histogram> times) {
        List<Line> lines = new ArrayList<>();
        for (RankedPolicy r : ranking.rows()) {
            lines.add(curve(r, times.apply(r.result()), false));
        }
        return new Figure(
                id,
                title,
                "Share of the flows that took at most so long; further left is better.",
                looks.legend(),
                List.of(new Chart.Lines(
                        "",
                        Axis.log("response time (" + unit.symbol() + ")"),
                        Axis.share("share of flows"),
                        lines,
                        List.of(),
                        Double.NaN,
                        true)));
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
                        Double.NaN,
                        true)));
    }

    private Line curve(RankedPolicy policy, Histogram times, boolean tail) {
        double total = times.getTotalCount();
        List<double[]> points = new ArrayList<>();
        for (HistogramIterationValue v : times.recordedValues()) {
            double share = v.getTotalCountToThisValue() / total;
            points.add(new double[] {unit.of(Math.max(1, v.getValueIteratedTo())), tail ? 1 - share : share});
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
                "Mean of the flows that completed in each interval, under the first seed.",
                t -> Arrays.stream(t.meanFctSeconds()).map(s -> unit.of(s * 1e9)).toArray(),
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
            String id, String title, String caption, Function<Trajectory, double[]> values, String label, boolean mayLog) {
        List<Line> lines = new ArrayList<>();
        double warmup = 0;
        double[] all = new double[0];
        for (RankedPolicy r : ranking.rows()) {
            if (r.result().trajectory().filter(t -> t.bins() > 0).isPresent()) {
                Trajectory t = r.result().trajectory().get();
                double[] y = values.apply(t);
                lines.add(Line.of(r.name(), looks.of(r.name()), ticks(t), y));
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
        Axis y = log ? Axis.log(label) : mayLog ? Axis.linear(label).from(0) : Axis.linear(label).to(1);
        return Optional.of(new Figure(
                id,
                title,
                caption + shade(warmup) + numbers(),
                looks.legend(),
                List.of(new Chart.Lines(
                        "", time(), y, lines, moments.markers(secondsPerTick), warmup > 0 ? warmup : Double.NaN, false))));
    }

    private static String shade(double warmup) {
        return warmup > 0 ? " The shaded start is warm-up and is not counted." : "";
    }

    private String numbers() {
        return moments.moments().isEmpty() ? "" : " Numbered lines: what changed then, listed below.";
    }

    private Axis time() {
        return Axis.linear(timeLabel).from(0);
    }

    private double[] ticks(Trajectory t) {
        return Arrays.stream(t.seconds()).map(s -> s / secondsPerTick).toArray();
    }

    Optional<Figure> busyWorkers() {
        BusyWorkers busy = new BusyWorkers(ranking, strengths);
        if (busy.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Figure(
                "busy-workers",
                "Busy workers by server strength",
                "Workers in use per server under the first seed, sampled each control interval after warm-up: box for the middle half, line for the median, dot for the mean,"
                        + " whiskers from the 5th to the 95th percentile.",
                strengths.legend(),
                List.of(new Chart.Boxes("", Axis.linear("busy workers per server").from(0), busy.boxes()))));
    }

    Optional<Figure> loadOverTime() {
        return byStrength(
                "load-over-time",
                "Busy workers over time",
                "Mean over the servers of each strength, with a band from the least to the most loaded of them.",
                "busy workers",
                Trajectory::busyWorkers,
                r -> true);
    }

    /** Only policies whose weights move; the others have nothing to show. */
    Optional<Figure> weightsOverTime() {
        return byStrength(
                "weights-over-time",
                "Weights over time",
                "A server's share of the weights, averaged over balancers, by strength with a band over the servers; only policies whose weights change are shown.",
                "share of the weights",
                Trajectory::weightShare,
                Figures::weightsMove);
    }

    private static boolean weightsMove(Trajectory t) {
        for (int b = 1; b < t.bins(); b++) {
            for (int j = 0; j < t.servers(); j++) {
                if (Math.abs(t.weightShare(b, j) - t.weightShare(b - 1, j)) > 1e-6) {
                    return true;
                }
            }
        }
        return false;
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
            String label,
            ServerNumber number,
            java.util.function.Predicate<Trajectory> shown) {
        List<RankedPolicy> rows = ranking.rows().stream()
                .filter(r -> r.result().trajectory().filter(t -> t.bins() > 1).filter(shown).isPresent())
                .toList();
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        List<List<Line>> panels = new ArrayList<>();
        double top = 0;
        for (RankedPolicy r : rows.subList(0, Math.min(rows.size(), MOST_PANELS))) {
            Trajectory t = r.result().trajectory().orElseThrow();
            List<Line> lines = strengthLines(t, number);
            panels.add(lines);
            top = Math.max(top, highest(t, number));
        }
        List<Chart> charts = new ArrayList<>();
        for (int i = 0; i < panels.size(); i++) {
            Trajectory t = rows.get(i).result().trajectory().orElseThrow();
            double own = highest(t, number);
            // Panels share the axis so that they can be compared, unless one would be flattened by another.
            boolean alone = own < top / WIDE_RATIO;
            charts.add(new Chart.Lines(
                    rows.get(i).name(),
                    time(),
                    Axis.linear(label).from(0).to(alone ? Double.NaN : top),
                    panels.get(i),
                    moments.markers(secondsPerTick),
                    t.warmupEndSeconds() > 0 ? t.warmupEndSeconds() / secondsPerTick : Double.NaN,
                    false));
        }
        String left = rows.size() > MOST_PANELS ? " The first " + MOST_PANELS + " of " + rows.size() + " policies." : "";
        return Optional.of(new Figure(id, title, caption + left + numbers(), strengths.legend(), charts));
    }

    private static double highest(Trajectory t, ServerNumber number) {
        double[] all = new double[t.bins() * t.servers()];
        for (int b = 0; b < t.bins(); b++) {
            for (int j = 0; j < t.servers(); j++) {
                all[b * t.servers() + j] = number.of(t, b, j);
            }
        }
        Arrays.sort(all);
        return all.length == 0 ? 0 : all[all.length - 1];
    }

    private List<Line> strengthLines(Trajectory t, ServerNumber number) {
        List<Line> lines = new ArrayList<>();
        for (int g = strengths.groups() - 1; g >= 0; g--) {
            double[] mean = new double[t.bins()];
            double[] low = new double[t.bins()];
            double[] high = new double[t.bins()];
            for (int b = 0; b < t.bins(); b++) {
                low[b] = Double.POSITIVE_INFINITY;
                high[b] = Double.NEGATIVE_INFINITY;
                for (int j = 0; j < strengths.servers(); j++) {
                    if (strengths.group(j) == g) {
                        double v = number.of(t, b, j);
                        mean[b] += v / strengths.size(g);
                        low[b] = Math.min(low[b], v);
                        high[b] = Math.max(high[b], v);
                    }
                }
            }
            Line line = Line.of(strengths.name(g), strengths.style(g), ticks(t), mean);
            lines.add(strengths.size(g) > 1 ? line.withBand(low, high) : line);
        }
        return lines;
    }

    Figure utilisation() {
        List<Chart> panels = new ArrayList<>();
        for (RankedPolicy r : ranking.rows().subList(0, Math.min(ranking.rows().size(), MOST_PANELS))) {
            List<Double> shares = r.result().meanByServer(SeedResult::serverUtilisation);
            List<Chart.Bar> bars = new ArrayList<>();
            for (int j = 0; j < shares.size(); j++) {
                bars.add(new Chart.Bar(Integer.toString(j), strengths.style(strengths.group(j)), shares.get(j)));
            }
            panels.add(new Chart.Bars(r.name(), Axis.share("capacity in use"), bars, "server"));
        }
        return new Figure(
                "utilisation",
                "Utilisation of each server",
                "Share of each server's current capacity that was in use, mean over seeds.",
                strengths.legend(),
                panels);
    }
}
