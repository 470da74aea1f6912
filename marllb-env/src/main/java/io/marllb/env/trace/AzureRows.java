package io.marllb.env.trace;

import java.util.List;

/** {@code TIMESTAMP,ContextTokens,GeneratedTokens}; a token costs a configured time of either kind. */
final class AzureRows extends Rows {

    /** Our choice, of the order of a model with tens of billions of weights; the trace says nothing about times. */
    static final long CONTEXT_TOKEN_NANOS = 200_000;

    /** Our choice as well: a generated token costs a hundred times a read one. */
    static final long GENERATED_TOKEN_NANOS = 20_000_000;

    static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";
    static final String LABEL = "llm";

    static final long MAX_TOKENS = 1_000_000_000;

    private final long contextNanos;
    private final long generatedNanos;

    AzureRows(LineReader in, TraceOptions options) {
        super(in);
        contextNanos = options.duration("context-token").orElse(CONTEXT_TOKEN_NANOS);
        generatedNanos = options.duration("generated-token").orElse(GENERATED_TOKEN_NANOS);
        if (in.next() && !in.text().equalsIgnoreCase(HEADER)) {
            throw in.error(in.start(), in.end(), "the header " + HEADER, "");
        }
    }

    @Override
    boolean next() {
        if (!in.next()) {
            return false;
        }
        int first = in.find(in.start(), ',');
        int second = first == in.end() ? first : in.find(first + 1, ',');
        int third = second == in.end() ? second : in.find(second + 1, ',');
        if (second == in.end() || third < in.end()) {
            throw in.error(third < in.end() ? third : in.start(), in.end(), "3 columns, " + HEADER, "");
        }
        at = Timestamps.parse(in, in.start(), first);
        long context = tokens(first + 1, second, "ContextTokens");
        long generated = tokens(second + 1, in.end(), "GeneratedTokens");
        cpuNanos = (double) context * contextNanos + (double) generated * generatedNanos;
        return true;
    }

    private long tokens(int from, int to, String what) {
        long tokens = Numbers.integer(in, from, to, what);
        if (tokens > MAX_TOKENS) {
            throw in.error(from, to, what + ", at most " + MAX_TOKENS, "");
        }
        return tokens;
    }

    @Override
    List<String> labels() {
        return List.of(LABEL);
    }

    @Override
    boolean sized() {
        return true;
    }
}
