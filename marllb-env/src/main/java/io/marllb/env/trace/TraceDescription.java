package io.marllb.env.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a trace is like: rate, burstiness, sizes, and how the rate goes over time. Read in one pass and constant memory; immutable.
 *
 * <p>A Poisson process has gaps of squared cv 1 and an index of dispersion of 1 in windows of every length. Indices that grow with the window
 * mean that the rate itself changes; a squared cv well above 1 means bursts.
 */
public final class TraceDescription {

    private static final long SECOND = 1_000_000_000L;
    private static final long[] DISPERSION_WINDOWS = {SECOND, 10 * SECOND, 60 * SECOND};
    private static final long[] WINDOWS = {SECOND, 10 * SECOND, 60 * SECOND, 600 * SECOND, 3600 * SECOND};
    private static final int LEAST_WINDOWS = 12; // a peak and a trough of fewer windows say nothing

    private final TraceInfo info;
    private final long count;
    private final long firstNanos;
    private final long lastNanos;
    private final double meanGap;
    private final double gapSquaredCv;
    private final List<Window> windows;
    private final List<ClassShare> classes;
    private final long stepNanos;
    private final double[] rates;
    private final List<String> notes;

    /**
     * Counts in consecutive windows of one length; NaN where there are too few.
     *
     * @param nanos length of a window
     * @param windows number of complete windows
     * @param dispersion index of dispersion: variance over mean of the counts
     * @param peak flows per second in the busiest window
     * @param trough flows per second in the quietest window
     * @param emptyShare share of windows without a flow
     */
    public record Window(long nanos, long windows, double dispersion, double peak, double trough, double emptyShare) {}

    /**
     * Statistics of sizes.
     *
     * @param mean nanoseconds
     * @param squaredCv variance over squared mean; NaN if all are 0
     * @param p50 median, nanoseconds, within 0.1 %
     * @param p99 99th percentile, nanoseconds, within 0.1 %
     * @param max nanoseconds
     */
    public record Sizes(double mean, double squaredCv, double p50, double p99, double max) {}

    /**
     * One class of a trace.
     *
     * @param name its name
     * @param count number of flows
     * @param share its share of all flows
     * @param cpu its CPU work, where the trace has it
     * @param io its I/O delays, where there are any
     */
    public record ClassShare(String name, long count, double share, Optional<Sizes> cpu, Optional<Sizes> io) {}

    private TraceDescription(TraceReader reader) {
        info = reader.info();
        int classCount = info.classNames().size();
        long[] counts = new long[classCount];
        boolean[] delayed = new boolean[classCount];
        SizeStatistics[] cpu = new SizeStatistics[classCount];
        SizeStatistics[] io = new SizeStatistics[classCount];
        Arrays.setAll(cpu, i -> new SizeStatistics());
        Arrays.setAll(io, i -> new SizeStatistics());
        CountWindow[] counters =
                Arrays.stream(WINDOWS).mapToObj(CountWindow::new).toArray(CountWindow[]::new);
        RateSeries series = new RateSeries();
        long flows = 0;
        long first = 0;
        long previous = 0;
        double mean = 0;
        double squares = 0;
        while (reader.next()) {
            long at = reader.at();
            if (flows == 0) {
                first = at;
            } else {
                double delta = at - previous - mean;
                mean += delta / flows;
                squares += delta * (at - previous - mean);
            }
            previous = at;
            flows++;
            series.add(at);
            for (CountWindow counter : counters) {
                counter.add(at);
            }
            if (classCount > 0) {
                int c = reader.flowClass();
                counts[c]++;
                if (info.sized()) {
                    cpu[c].add(reader.cpuNanos());
                    io[c].add((double) reader.ioNanos());
                    delayed[c] |= reader.ioNanos() > 0;
                }
            }
        }
        count = flows;
        firstNanos = first;
        lastNanos = previous;
        meanGap = flows > 1 ? mean : Double.NaN;
        gapSquaredCv = flows > 1 ? squares / (flows - 1) / (mean * mean) : Double.NaN;
        windows = Arrays.stream(counters).map(CountWindow::result).toList();
        classes = new ArrayList<>();
        for (int c = 0; c < classCount; c++) {
            boolean sizes = info.sized() && counts[c] > 0;
            classes.add(new ClassShare(
                    info.classNames().get(c),
                    counts[c],
                    (double) counts[c] / flows,
                    sizes ? Optional.of(cpu[c].result()) : Optional.empty(),
                    sizes && delayed[c] ? Optional.of(io[c].result()) : Optional.empty()));
        }
        stepNanos = series.stepNanos();
        rates = series.rates(previous);
        notes = new ArrayList<>(info.notes());
        if (!reader.terminated()) {
            notes.add(
                    "the last line has no line break; if the file was cut off there, its last number may be too short");
        }
    }

    /**
     * Reads a trace to its end.
     *
     * @param reader a reader before its first row; not closed
     * @return the description
     * @throws TraceFormatException if the trace is malformed
     */
    public static TraceDescription of(TraceReader reader) {
        return new TraceDescription(reader);
    }

    /**
     * What was described.
     *
     * @return the reader's
     */
    public TraceInfo info() {
        return info;
    }

    /**
     * Number of flows.
     *
     * @return at least 1
     */
    public long count() {
        return count;
    }

    /**
     * Time from the first flow to the last.
     *
     * @return nanoseconds
     */
    public long spanNanos() {
        return lastNanos - firstNanos;
    }

    /**
     * The mean rate: gaps over the time from the first flow to the last.
     *
     * @return flows per second; NaN for a single flow, infinite if all come at once
     */
    public double rate() {
        return count > 1 ? (count - 1) / (spanNanos() * 1e-9) : Double.NaN;
    }

    /**
     * Squared coefficient of variation of the gaps between flows.
     *
     * @return 1 for Poisson; NaN for a single flow
     */
    public double gapSquaredCv() {
        return gapSquaredCv;
    }

    /**
     * Counts in windows of 1 s, 10 s, 1 min, 10 min and 1 h.
     *
     * @return in this order
     */
    public List<Window> windows() {
        return windows;
    }

    /**
     * The longest windows of which at least 12 are complete: those whose peak and trough are shown.
     *
     * @return empty for a trace shorter than 12 s
     */
    public Optional<Window> peakWindow() {
        Window best = null;
        for (Window w : windows) {
            best = w.windows() >= LEAST_WINDOWS ? w : best;
        }
        return Optional.ofNullable(best);
    }

    /**
     * Shares and sizes of the classes.
     *
     * @return empty where the trace has neither
     */
    public List<ClassShare> classes() {
        return List.copyOf(classes);
    }

    /**
     * The rate over time, from time 0.
     *
     * @return flows per second in each step, at most 1,024 steps, a copy
     */
    public double[] rates() {
        return rates.clone();
    }

    /**
     * Length of a step of {@link #rates}.
     *
     * @return nanoseconds
     */
    public long stepNanos() {
        return stepNanos;
    }

    /**
     * What a user should know about how the file was read.
     *
     * @return sentences
     */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /**
     * The description as text for a terminal, with a picture of the rate over time.
     *
     * @param unicode whether block characters may be used; otherwise ASCII only
     * @return lines, each with its line break
     */
    public String text(boolean unicode) {
        StringBuilder text = new StringBuilder(2048);
        line(text, "trace", "%s (%s)", info.file().getFileName(), info.format().id());
        line(text, "flows", "%,d in %s, %s per second", count, time((double) spanNanos()), number(rate()));
        line(text, "gaps", "mean %s, squared cv %s (Poisson: 1)", time(meanGap), number(gapSquaredCv));
        StringBuilder dispersion = new StringBuilder();
        for (int i = 0; i < DISPERSION_WINDOWS.length; i++) {
            dispersion.append(number(windows.get(i).dispersion())).append(" in ");
            dispersion.append(time((double) DISPERSION_WINDOWS[i])).append(", ");
        }
        line(text, "dispersion", "%sof the counts (Poisson: 1)", dispersion);
        peakWindow()
                .ifPresent(w -> line(
                        text,
                        "peak",
                        "%s per second, trough %s, in windows of %s",
                        number(w.peak()),
                        number(w.trough()),
                        time((double) w.nanos())));
        table(text);
        notes.forEach(note -> line(text, "note", "%s", note));
        text.append('\n').append(RatePicture.draw(rates, stepNanos, unicode));
        return text.toString();
    }

    private void table(StringBuilder text) {
        if (classes.isEmpty()) {
            line(text, "sizes", "none, and no classes; a replay draws both from the scenario");
            return;
        }
        String row = "  %-16s %8s %10s %10s %8s %10s %10s %10s%n".replace("%n", "\n");
        text.append(String.format(Locale.ROOT, row, "class", "share", "flows", "mean", "cv^2", "p50", "p99", "max"));
        for (ClassShare c : classes) {
            String share = String.format(Locale.ROOT, "%.1f %%", 100 * c.share());
            if (c.cpu().isEmpty()) {
                text.append(String.format(Locale.ROOT, row, c.name(), share, c.count(), "-", "-", "-", "-", "-"));
            }
            c.cpu().ifPresent(s -> sizes(text, row, c.name() + " cpu", share, c.count(), s));
            c.io().ifPresent(s -> sizes(text, row, c.name() + " io", share, c.count(), s));
        }
    }

    private static void sizes(StringBuilder text, String row, String name, String share, long count, Sizes s) {
        text.append(String.format(
                Locale.ROOT,
                row,
                name,
                share,
                count,
                time(s.mean()),
                number(s.squaredCv()),
                time(s.p50()),
                time(s.p99()),
                time(s.max())));
    }

    private static void line(StringBuilder text, String head, String format, Object... values) {
        text.append(String.format(Locale.ROOT, "%-11s", head));
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    static String number(double x) {
        if (!Double.isFinite(x)) {
            return "-";
        }
        return x >= 100 ? String.format(Locale.ROOT, "%,.0f", x) : String.format(Locale.ROOT, "%.3g", x);
    }

    static String time(double nanos) {
        if (Double.isNaN(nanos)) {
            return "-";
        } else if (nanos >= 7200e9) {
            return String.format(Locale.ROOT, "%,.1f h", nanos / 3600e9);
        } else if (nanos >= 1e9) {
            return short4(nanos / 1e9) + " s";
        } else if (nanos >= 1e6) {
            return short4(nanos / 1e6) + " ms";
        }
        return nanos == 0 ? "0 s" : short4(nanos / 1e3) + " us";
    }

    private static String short4(double x) {
        String text = String.format(Locale.ROOT, x >= 1000 ? "%,.1f" : "%.4g", x);
        int end = text.length();
        if (text.indexOf('.') >= 0 && text.indexOf('e') < 0) {
            while (text.charAt(end - 1) == '0') {
                end--;
            }
            end -= text.charAt(end - 1) == '.' ? 1 : 0;
        }
        return text.substring(0, end);
    }
}
