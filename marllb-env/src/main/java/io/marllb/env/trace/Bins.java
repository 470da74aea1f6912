package io.marllb.env.trace;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The lines of a counts file: {@code second|minute|hour|bin,requests} or {@code ...,rate}. Bins that are left out are empty. The length of
 * a {@code bin} is a comment, {@code # step: 250ms}, or an option.
 */
final class Bins {

    static final Map<String, Long> STEPS =
            Map.of("second", 1_000_000_000L, "minute", 60_000_000_000L, "hour", 3_600_000_000_000L);
    static final String BIN = "bin";

    private static final long MAX_PER_BIN = 1_000_000_000L;
    static final String STEP_COMMENT = "step:";
    private static final String RULE = "the header second|minute|hour|bin,requests|rate";

    private final LineReader in;
    private final long stepNanos;
    private final boolean rates;
    private long first = -1;
    private long index = -1;
    private double value;

    Bins(LineReader in, Optional<Long> step) {
        this.in = in;
        if (!in.next()) {
            stepNanos = 1;
            rates = false;
            return;
        }
        int comma = in.find(in.start(), ',');
        String unit = in.text(in.start(), comma).toLowerCase(Locale.ROOT);
        String what = comma < in.end() ? in.text(comma + 1, in.end()).toLowerCase(Locale.ROOT) : "";
        rates = what.equals("rate");
        if (!isUnit(unit) || (!isCount(what) && !rates)) {
            throw in.error(in.start(), in.end(), RULE, "");
        }
        stepNanos = step.or(() -> Optional.ofNullable(STEPS.get(unit)))
                .or(this::stepComment)
                .orElse(0L);
        if (stepNanos <= 0) {
            throw in.errorSaying(
                    in.start(),
                    "the length of a bin > 0",
                    "none",
                    "add the comment '# step: 250ms' above the header, or pass the option step=250ms");
        }
    }

    static boolean isHeader(String line) {
        int comma = line.indexOf(',');
        return comma > 0
                && isUnit(line.substring(0, comma).toLowerCase(Locale.ROOT))
                && (isCount(line.substring(comma + 1).toLowerCase(Locale.ROOT))
                        || line.substring(comma + 1).equalsIgnoreCase("rate"));
    }

    private static boolean isUnit(String text) {
        return STEPS.containsKey(text) || text.equals(BIN);
    }

    private static boolean isCount(String text) {
        return text.equals("requests") || text.equals("count");
    }

    private Optional<Long> stepComment() {
        for (String comment : in.comments()) {
            if (comment.startsWith(STEP_COMMENT)) {
                String step = comment.substring(STEP_COMMENT.length()).strip();
                try {
                    return TraceOptions.of("comment", List.of("step=" + step), List.of("step"))
                            .duration("step");
                } catch (IllegalArgumentException e) {
                    throw in.errorSaying(
                            in.start(), "a comment such as '# step: 250ms' above", "'" + comment + "'", "");
                }
            }
        }
        return Optional.empty();
    }

    /** Moves to the next line. @return false at the end */
    boolean next() {
        if (!in.next()) {
            return false;
        }
        int comma = in.find(in.start(), ',');
        int second = comma == in.end() ? comma : in.find(comma + 1, ',');
        if (comma == in.end() || second < in.end()) {
            throw in.error(second < in.end() ? second : in.start(), in.end(), "2 columns, as in the header", "");
        }
        long i = Numbers.integer(in, in.start(), comma, "the number of the bin");
        if (i <= index) {
            throw in.error(
                    in.start(),
                    comma,
                    "a bin after bin " + index,
                    "sort the lines and add up bins that are there twice");
        }
        first = first < 0 ? i : first;
        index = i;
        if (index - first > (1L << 62) / stepNanos) {
            throw in.error(in.start(), comma, "a bin within 146 years of the first", "");
        }
        if (rates) {
            value = Numbers.number(in, comma + 1, in.end(), "the rate per second");
        } else {
            value = Numbers.integer(in, comma + 1, in.end(), "the number of requests");
            if (value > MAX_PER_BIN) {
                throw in.error(comma + 1, in.end(), "at most " + MAX_PER_BIN + " requests in a bin", "");
            }
        }
        return true;
    }

    /** Number of bins between the first and the current. */
    long offset() {
        return index - first;
    }

    double value() {
        return value;
    }

    boolean rates() {
        return rates;
    }

    long stepNanos() {
        return stepNanos;
    }
}
