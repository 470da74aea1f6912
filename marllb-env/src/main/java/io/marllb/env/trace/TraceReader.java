package io.marllb.env.trace;

import io.marllb.core.rng.Streams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;

/**
 * A recorded trace, row by row in the order of time; never more than a line of it is in memory. Not thread-safe.
 *
 * <p>{@link #next} moves to the next row; the other methods describe the row it moved to. Time 0 is the file's own where times are relative;
 * where they are dates (later than 1973 as seconds since 1970) or bins, it is the first row or bin. Times must not go back, unless by less
 * than the option {@code jitter}; then rows wait in a small heap until none can come before them.
 */
public final class TraceReader implements AutoCloseable {

    private static final long EPOCH_FROM =
            100_000_000L * 1_000_000_000L; // relative times of a trace stay below three years
    private static final double LONGEST_WORK = 0x1.0p62;

    private final LineReader in;
    private final Rows rows;
    private final TraceInfo info;
    private final long jitter;
    private final PriorityQueue<Row> waiting; // null without jitter
    private Row current; // null without jitter
    private long sequence;
    private long newest; // the largest time read; times are >= 0
    private long last; // the time of the current row, as written
    private long origin;
    private long count;
    private boolean rowsEnded;

    private TraceReader(LineReader in, Rows rows, TraceInfo info, long jitter) {
        this.in = in;
        this.rows = rows;
        this.info = info;
        this.jitter = jitter;
        this.waiting = jitter > 0 ? new PriorityQueue<>() : null;
    }

    /**
     * Opens a trace.
     *
     * @param file the trace, gzip or not
     * @param format a format's name, or {@code auto}
     * @param options options of the format as {@code key=value}
     * @return a reader before the first row; close it
     * @throws TraceFormatException if the beginning of the file is malformed or of no known format
     * @throws IllegalArgumentException for an unknown format or option
     * @throws java.io.UncheckedIOException if the file can't be read
     */
    public static TraceReader open(Path file, String format, List<String> options) {
        return open(file, format, options, Optional.empty());
    }

    /**
     * Opens a trace whose missing moments, where the format has counts only, come from the caller's stream instead of the option
     * {@code seed}.
     *
     * @param file the trace, gzip or not
     * @param format a format's name, or {@code auto}
     * @param options options of the format as {@code key=value}
     * @param spread where moments within a bin are drawn
     * @return a reader before the first row; close it
     * @throws TraceFormatException if the beginning of the file is malformed or of no known format
     * @throws IllegalArgumentException for an unknown format or option
     * @throws java.io.UncheckedIOException if the file can't be read
     */
    public static TraceReader open(Path file, String format, List<String> options, RandomGenerator spread) {
        return open(file, format, options, Optional.of(spread));
    }

    private static TraceReader open(Path file, String format, List<String> options, Optional<RandomGenerator> spread) {
        Optional<TraceFormat> given =
                format.equals(TraceFormat.AUTO) ? Optional.empty() : Optional.of(TraceFormat.of(format));
        LineReader in = LineReader.open(file);
        try {
            TraceFormat actual = given.isPresent() ? given.get() : FormatDetector.detect(in);
            TraceOptions parsed = TraceOptions.of("format " + actual.id(), options, actual.readOptions());
            Rows rows = rows(in, actual, parsed, given.isPresent(), spread);
            TraceInfo info = new TraceInfo(file, actual, rows.labels(), rows.sized(), rows.notes());
            return new TraceReader(in, rows, info, parsed.duration("jitter").orElse(0L));
        } catch (RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static Rows rows(
            LineReader in, TraceFormat format, TraceOptions options, boolean given, Optional<RandomGenerator> spread) {
        if (!in.next()) {
            throw FormatDetector.empty(in);
        }
        in.unread();
        String firstLine = in.text();
        try {
            return switch (format) {
                case CSV -> {
                    CsvRows csv = new CsvRows(in);
                    csv.setLabels(classes(in.file(), csv));
                    yield csv;
                }
                case MARLLB_FORLOOP -> new ForLoopRows(in, options);
                case WIKIPEDIA_REPLAY -> new UrlRows.Replay(in);
                case WIKIBENCH -> new UrlRows.WikiBench(in);
                case AZURE_LLM -> new AzureRows(in, options);
                case COUNTS -> {
                    long seed = options.integer("seed", 1);
                    yield new CountRows(in, options, spread.orElseGet(() -> Streams.of(seed).stream("spread")));
                }
            };
        } catch (TraceFormatException e) {
            Optional<TraceFormat> looksLike = FormatDetector.detect(firstLine);
            if (given && looksLike.isPresent() && looksLike.get() != format) {
                throw in.errorSaying(
                        in.start(),
                        "a trace of format " + format.id(),
                        "a first line of format " + looksLike.get().id(),
                        "pass that format, or auto");
            }
            throw e;
        }
    }

    private static List<String> classes(Path file, CsvRows csv) {
        List<String> declared = csv.declaredClasses();
        if (!csv.labelled()) {
            return csv.sized() ? List.of(CsvRows.UNLABELLED) : List.of();
        } else if (!declared.isEmpty()) {
            return declared;
        } else if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    file
                            + " is no regular file, so it can't be read twice; declare its classes in a comment '# classes: a,b' on top");
        }
        try (LineReader again = LineReader.open(file)) {
            return new CsvRows(again).scanClasses();
        }
    }

    /**
     * What is known of the trace.
     *
     * @return the same for every row
     */
    public TraceInfo info() {
        return info;
    }

    /**
     * Moves to the next row.
     *
     * @return false after the last
     * @throws TraceFormatException if the line is malformed or goes back in time, or the file ends before the first row
     */
    public boolean next() {
        if (!(waiting == null ? advance() : advanceThroughHeap())) {
            if (count == 0) {
                throw in.errorSaying(
                        in.start(), "at least one flow", "none", "a trace without flows has nothing to replay");
            }
            return false;
        }
        long at = waiting == null ? rows.at : current.at;
        if (count == 0) {
            origin = rows.origin() >= 0 ? rows.origin() : at >= EPOCH_FROM ? at : 0;
        }
        last = at;
        count++;
        return true;
    }

    private boolean advance() {
        if (rowsEnded || !rows.next()) {
            rowsEnded = true;
            return false;
        }
        if (rows.at < newest - jitter) {
            throw in.error(
                    in.start(),
                    in.end(),
                    "times that do not go back",
                    "this line is " + (newest - rows.at) / 1e9 + " s before an earlier one; sort the file by time"
                            + (info.format().readOptions().contains("jitter")
                                    ? ", or pass the option jitter=TIME to reorder lines that are late by less"
                                    : ""));
        }
        if (!(rows.cpuNanos <= LONGEST_WORK)) {
            throw in.error(in.start(), in.end(), "CPU work below 146 years", "");
        }
        newest = Math.max(newest, rows.at);
        return true;
    }

    private boolean advanceThroughHeap() {
        while (!rowsEnded && (waiting.isEmpty() || waiting.peek().at > newest - jitter)) {
            if (advance()) {
                waiting.add(new Row(rows, sequence));
                sequence++;
            }
        }
        current = waiting.poll();
        return current != null;
    }

    /**
     * When the row arrives.
     *
     * @return nanoseconds from time 0, never decreasing; exact to the decimals of the file, half up beyond nanoseconds
     */
    public long at() {
        return last - origin;
    }

    /**
     * Its class.
     *
     * @return index into {@link TraceInfo#classNames}; 0 where there are none
     */
    public int flowClass() {
        return current == null ? rows.label : current.label;
    }

    /**
     * Its CPU work.
     *
     * @return nanoseconds at speed 1, finite, {@code >= 0}; 0 if the trace is not sized
     */
    public double cpuNanos() {
        return current == null ? rows.cpuNanos : current.cpuNanos;
    }

    /**
     * Its I/O delay.
     *
     * @return nanoseconds, {@code >= 0}; 0 if the trace has none
     */
    public long ioNanos() {
        return current == null ? rows.ioNanos : current.ioNanos;
    }

    /**
     * Its URL, where the format has URLs.
     *
     * @return a new string, as written
     */
    public Optional<String> url() {
        return Optional.ofNullable(current == null ? rows.url() : current.url);
    }

    /**
     * What the file's times are counted from.
     *
     * @return nanoseconds since 1970 of time 0, or 0 where times are relative
     */
    public long originNanos() {
        return origin;
    }

    /**
     * How far reading is.
     *
     * @return number of the line that was read last, from 1
     */
    public long line() {
        return in.line();
    }

    /**
     * Whether the last line read had a line break; a complete file need not end with one, but a torn one never does.
     *
     * @return false if the last line might be cut off
     */
    public boolean terminated() {
        return in.terminated();
    }

    @Override
    public void close() {
        in.close();
    }

    /** A row that waits for earlier ones. */
    private static final class Row implements Comparable<Row> {

        private final long at;
        private final long sequence;
        private final int label;
        private final double cpuNanos;
        private final long ioNanos;
        private final String url;

        Row(Rows rows, long sequence) {
            this.at = rows.at;
            this.sequence = sequence;
            this.label = rows.label;
            this.cpuNanos = rows.cpuNanos;
            this.ioNanos = rows.ioNanos;
            this.url = rows.url();
        }

        @Override
        public int compareTo(Row other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(sequence, other.sequence);
        }
    }
}
