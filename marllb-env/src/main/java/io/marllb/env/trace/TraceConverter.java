package io.marllb.env.trace;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rewrites a trace in another format and says what is lost. */
public final class TraceConverter {

    private TraceConverter() {}

    /**
     * What a conversion did.
     *
     * @param from format that was read
     * @param to format that was written
     * @param rows number of flows
     * @param losses what the written file has no longer, one sentence each; empty if nothing was lost
     */
    public record Conversion(TraceFormat from, TraceFormat to, long rows, List<String> losses) {
        /** Copies the list. */
        public Conversion {
            losses = List.copyOf(losses);
        }
    }

    /**
     * Converts a file; the target appears whole or not at all.
     *
     * @param from the trace to read, gzip or not
     * @param format its format's name, or {@code auto}
     * @param readOptions options of its format
     * @param to where to write; a name that ends in {@code .gz} is compressed
     * @param target format to write
     * @param writeOptions options of that format
     * @return what was done and lost
     * @throws TraceFormatException if the trace is malformed
     * @throws IllegalArgumentException if the target needs what the trace does not have, or for an unknown format or option
     * @throws java.io.UncheckedIOException if a file can't be read or written
     */
    public static Conversion convert(
            Path from,
            String format,
            List<String> readOptions,
            Path to,
            TraceFormat target,
            List<String> writeOptions) {
        try (TraceReader reader = TraceReader.open(from, format, readOptions)) {
            TraceInfo info = reader.info();
            boolean more = reader.next(); // the origin is known from the first row on
            TraceContent content = new TraceContent(info.classNames(), info.sized(), reader.originNanos());
            RowFormat rows = TraceWriter.rows(target, writeOptions, content);
            boolean urls = false;
            boolean io = false;
            long count;
            List<String> comments =
                    List.of("converted from format " + info.format().id());
            try (TraceWriter writer = TraceWriter.create(to, rows, content, comments)) {
                while (more) {
                    Optional<String> url = reader.url();
                    urls |= url.isPresent();
                    io |= reader.ioNanos() > 0;
                    writer.write(
                            reader.at(), reader.flowClass(), reader.cpuNanos(), reader.ioNanos(), url.orElse(null));
                    more = reader.next();
                }
                count = writer.commit();
            }
            List<String> losses = new ArrayList<>(info.notes());
            losses.addAll(rows.losses(content, urls, io));
            return new Conversion(info.format(), target, count, losses);
        }
    }
}
