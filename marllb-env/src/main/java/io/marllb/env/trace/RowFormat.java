package io.marllb.env.trace;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How the rows of one format are written. */
abstract class RowFormat {

    static RowFormat of(TraceFormat format, TraceOptions options, TraceContent content) {
        return switch (format) {
            case CSV -> new Csv(content);
            case MARLLB_FORLOOP -> new ForLoop(options, content);
            case WIKIPEDIA_REPLAY -> new Replay(origin(options, content));
            case WIKIBENCH -> new WikiBench(origin(options, content));
            case AZURE_LLM -> new Azure(options, content);
            case COUNTS -> new Counts(options);
        };
    }

    private static long origin(TraceOptions options, TraceContent content) {
        return options.duration("origin").orElse(content.originNanos());
    }

    private static void requireSizes(TraceFormat format, TraceContent content) {
        if (!content.sized()) {
            throw new IllegalArgumentException(
                    "format " + format.id()
                            + " needs the work of each flow, which this trace does not have; write csv, wikipedia-replay, wikibench or counts");
        }
    }

    /** The lines above the first row. */
    void top(StringBuilder text, List<String> comments) {
        for (String comment : comments) {
            for (String part : comment.split("\\R", -1)) {
                text.append("# ").append(part).append('\n');
            }
        }
    }

    /** One row, with its line break. {@code url} may be null. */
    abstract void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url);

    /** The lines after the last row. */
    void bottom(StringBuilder text) {}

    Charset charset() {
        return StandardCharsets.UTF_8;
    }

    /**
     * What rows of this content lose in this format, one sentence each; a row that is written must lose nothing else.
     *
     * @param urls whether rows had URLs
     * @param io whether a row had an I/O delay
     */
    abstract List<String> losses(TraceContent content, boolean urls, boolean io);

    private static List<String> only(List<String> sentences) {
        return sentences.stream().filter(s -> !s.isEmpty()).toList();
    }

    /** Ours. */
    private static final class Csv extends RowFormat {

        private final TraceContent content;

        Csv(TraceContent content) {
            this.content = content;
        }

        @Override
        void top(StringBuilder text, List<String> comments) {
            text.append("# ").append(CsvRows.VERSION_COMMENT).append("1\n");
            if (!content.classNames().isEmpty()) {
                text.append("# ").append(CsvRows.CLASSES_COMMENT).append(' ');
                text.append(String.join(",", content.classNames())).append('\n');
            }
            super.top(text, comments);
            text.append(CsvRows.TIME);
            text.append(content.classNames().isEmpty() ? "" : "," + CsvRows.CLASS);
            text.append(content.sized() ? "," + CsvRows.CPU + "," + CsvRows.IO : "")
                    .append('\n');
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            Decimals.seconds(text, at, 0);
            if (!content.classNames().isEmpty()) {
                text.append(',').append(name);
            }
            if (content.sized()) {
                Decimals.millis(text.append(','), cpuNanos);
                Decimals.millis(text.append(','), (double) ioNanos);
            }
            text.append('\n');
        }

        @Override
        List<String> losses(TraceContent lost, boolean urls, boolean io) {
            return only(List.of(
                    urls ? "URLs are left out; the class remains" : "",
                    lost.originNanos() > 0 ? "dates are left out; times count from the first flow" : ""));
        }
    }

    /** The testbed's for-loop workload. */
    private static final class ForLoop extends RowFormat {

        private static final double MAX_ITERATIONS = 1e17;

        private final double iterationsPerNano;

        ForLoop(TraceOptions options, TraceContent content) {
            requireSizes(TraceFormat.MARLLB_FORLOOP, content);
            iterationsPerNano = options.positive("iterations-per-second", ForLoopRows.ITERATIONS_PER_SECOND) * 1e-9;
        }

        @Override
        void top(StringBuilder text, List<String> comments) {
            super.top(text, comments);
            text.append(ForLoopRows.HEADER).append('\n');
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            Decimals.seconds(text, at, 1);
            double iterations = cpuNanos * iterationsPerNano;
            if (iterations >= MAX_ITERATIONS) {
                throw new IllegalArgumentException(
                        iterations + " iterations are more than the format holds; lower iterations-per-second");
            }
            text.append("\t/dummy.php/?n=").append(Math.round(iterations)).append('\n');
        }

        @Override
        List<String> losses(TraceContent content, boolean urls, boolean io) {
            return only(List.of(
                    content.classNames().size() > 1 ? "classes are left out" : "",
                    io ? "I/O delays are left out" : "",
                    "CPU work is rounded to whole loop iterations",
                    content.originNanos() > 0 ? "dates are left out; times count from the first flow" : ""));
        }
    }

    /** What both URL formats share. */
    private abstract static class Urls extends RowFormat {

        static final String STATIC_PATH = "/static/file.css"; // stands for any static file

        final long originNanos;

        Urls(long originNanos) {
            this.originNanos = originNanos;
        }

        @Override
        List<String> losses(TraceContent content, boolean urls, boolean io) {
            boolean known = UrlRows.LABELS.containsAll(content.classNames());
            return only(List.of(
                    content.sized() ? "sizes are left out; a reader draws them by class" : "",
                    known ? "" : "classes other than wiki become static",
                    content.classNames().isEmpty() ? "without classes every flow becomes static" : "",
                    urls ? "" : "URLs are stand-ins, one per class"));
        }

        @Override
        Charset charset() {
            return StandardCharsets.ISO_8859_1; // URLs are read so, and every byte survives
        }
    }

    /** The testbed's Wikipedia replay. */
    private static final class Replay extends Urls {

        private static final String PAGE = UrlRows.Replay.PAGE_PATH + "Main_Page";

        Replay(long originNanos) {
            super(originNanos);
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            boolean page = name.equals(UrlRows.LABELS.get(UrlRows.PAGE));
            Decimals.seconds(text, originNanos + at, 3);
            text.append('\t')
                    .append(url == null ? page ? PAGE : STATIC_PATH : local(url, page))
                    .append('\n');
        }

        /** The path that the testbed's servers know: a page under {@code /wiki/index.php/}, without scheme and host. */
        private static String local(String url, boolean page) {
            int host = url.indexOf("://");
            int slash = url.indexOf('/', host < 0 ? 0 : host + 3);
            String path = slash < 0 ? "/" : url.substring(slash).replace("\t", "%09");
            int title = path.indexOf("/wiki/");
            if (!page || path.contains(UrlRows.Replay.PAGE_PATH)) {
                return path;
            }
            return UrlRows.Replay.PAGE_PATH + path.substring(title < 0 ? 1 : title + "/wiki/".length());
        }
    }

    /** Raw WikiBench. */
    private static final class WikiBench extends Urls {

        private long counter;

        WikiBench(long originNanos) {
            super(originNanos);
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            boolean page = name.equals(UrlRows.LABELS.get(UrlRows.PAGE));
            boolean keeps = url != null && UrlRows.WikiBench.isPage(url) == page;
            String path = keeps ? url : page ? "/wiki/Main_Page" : STATIC_PATH;
            counter++;
            text.append(counter).append(' ');
            Decimals.seconds(text, originNanos + at, 3);
            text.append(path.startsWith("/") ? " http://en.wikipedia.org" : " ");
            text.append(path.replace(" ", "%20").replace("\t", "%09")).append(" -\n");
        }
    }

    /** Azure LLM: the work as generated tokens. */
    private static final class Azure extends RowFormat {

        private static final long FIRST_DAY = 1_700_092_800L; // 2023-11-16 00:00 UTC, the day of the published trace

        private final long generatedNanos;
        private final long originNanos;

        Azure(TraceOptions options, TraceContent content) {
            requireSizes(TraceFormat.AZURE_LLM, content);
            generatedNanos = options.duration("generated-token").orElse(AzureRows.GENERATED_TOKEN_NANOS);
            if (generatedNanos == 0) {
                throw new IllegalArgumentException("option generated-token must be > 0 for writing");
            }
            long byDefault = content.originNanos() > 0 ? content.originNanos() : FIRST_DAY * 1_000_000_000L;
            originNanos = options.duration("origin").orElse(byDefault);
        }

        @Override
        void top(StringBuilder text, List<String> comments) {
            super.top(text, comments);
            text.append(AzureRows.HEADER).append('\n');
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            double tokens = cpuNanos / generatedNanos;
            if (tokens >= AzureRows.MAX_TOKENS) {
                throw new IllegalArgumentException(
                        tokens + " generated tokens are more than the format holds; raise generated-token");
            }
            Timestamps.append(text, originNanos + at);
            text.append(",0,").append(Math.round(tokens)).append('\n');
        }

        @Override
        List<String> losses(TraceContent content, boolean urls, boolean io) {
            return only(List.of(
                    content.classNames().size() > 1 ? "classes are left out" : "",
                    io ? "I/O delays are left out" : "",
                    "CPU work is rounded to whole generated tokens of " + generatedNanos / 1e6
                            + " ms; ContextTokens are 0",
                    content.originNanos() > 0 ? "" : "dates are made up"));
        }
    }

    /** Requests per interval. */
    private static final class Counts extends RowFormat {

        private static final long MAX_EMPTY_BINS = 100_000;

        private final long stepNanos;
        private long bin;
        private long count;

        Counts(TraceOptions options) {
            stepNanos = options.duration("step").orElse(Bins.STEPS.get("second"));
            if (stepNanos == 0) {
                throw new IllegalArgumentException("option step must be > 0");
            }
        }

        @Override
        void top(StringBuilder text, List<String> comments) {
            super.top(text, comments);
            String unit = Bins.BIN;
            for (String known : List.of("second", "minute", "hour")) {
                unit = Bins.STEPS.get(known) == stepNanos ? known : unit;
            }
            if (unit.equals(Bins.BIN)) {
                text.append("# ")
                        .append(Bins.STEP_COMMENT)
                        .append(' ')
                        .append(stepNanos)
                        .append("ns\n");
            }
            text.append(unit).append(",requests\n");
        }

        @Override
        void row(StringBuilder text, long at, String name, double cpuNanos, long ioNanos, String url) {
            long target = at / stepNanos;
            while (bin < target) {
                append(text);
                bin = target - bin > MAX_EMPTY_BINS ? target : bin + 1; // bins that are left out are empty
                count = 0;
            }
            count++;
        }

        private void append(StringBuilder text) {
            text.append(bin).append(',').append(count).append('\n');
        }

        @Override
        void bottom(StringBuilder text) {
            append(text);
        }

        @Override
        List<String> losses(TraceContent content, boolean urls, boolean io) {
            return only(List.of(
                    "times within " + stepNanos / 1e9 + " s are left out",
                    content.sized() ? "sizes are left out" : "",
                    content.classNames().isEmpty() ? "" : "classes are left out",
                    urls ? "URLs are left out" : "",
                    content.originNanos() > 0 ? "dates are left out" : ""));
        }
    }
}
