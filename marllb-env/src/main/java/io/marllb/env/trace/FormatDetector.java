package io.marllb.env.trace;

import java.util.Optional;

/** Recognises a format by the first line with data. */
final class FormatDetector {

    private static final String SECONDS = "[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?";

    private static final String DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?";

    private FormatDetector() {}

    /** The format of a line, if any has such lines. */
    static Optional<TraceFormat> detect(String line) {
        if (CsvRows.isHeader(line)) {
            return Optional.of(TraceFormat.CSV);
        } else if (line.equalsIgnoreCase(AzureRows.HEADER)) {
            return Optional.of(TraceFormat.AZURE_LLM);
        } else if (Bins.isHeader(line)) {
            return Optional.of(TraceFormat.COUNTS);
        } else if (line.equalsIgnoreCase(ForLoopRows.HEADER)
                || line.matches(SECONDS + "\t/[^\t]*\\.php/?\\?([^\t]*&)?n=[0-9]+(&[^\t]*)?")) {
            return Optional.of(TraceFormat.MARLLB_FORLOOP);
        } else if (line.matches(SECONDS + "\t(/|[a-z]+://)[^\t]*")) {
            return Optional.of(TraceFormat.WIKIPEDIA_REPLAY);
        } else if (line.matches("[0-9]+ (" + SECONDS + "|" + DATE + ") [^ ]*/[^ ]* (-|save)")) {
            return Optional.of(TraceFormat.WIKIBENCH);
        }
        return Optional.empty();
    }

    /** The format of the file; the first line is left to be read. */
    static TraceFormat detect(LineReader in) {
        if (!in.next()) {
            throw empty(in);
        }
        in.unread();
        return detect(in.text()).orElseThrow(() -> unknown(in));
    }

    static TraceFormatException empty(LineReader in) {
        return in.errorSaying(
                in.start(),
                "a trace",
                in.line() == 0 ? "an empty file" : "no line with data",
                "formats are:" + TraceFormat.list());
    }

    private static TraceFormatException unknown(LineReader in) {
        String seen = in.quote(in.start(), in.end()) + " (columns: " + columns(in, '\t') + " by tab, "
                + columns(in, ',') + " by comma, " + columns(in, ' ') + " by space)";
        String cut = in.terminated() ? "" : "the file ends within this line, so it may be cut off; ";
        return in.errorSaying(
                in.start(), "a line of a known trace format", seen, cut + "formats are:" + TraceFormat.list());
    }

    private static int columns(LineReader in, char separator) {
        int count = 1;
        for (int i = in.find(in.start(), separator); i < in.end(); i = in.find(i + 1, separator)) {
            count++;
        }
        return count;
    }
}
