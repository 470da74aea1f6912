package io.marllb.env.trace;

import io.marllb.core.check.Nearest;
import java.util.Arrays;
import java.util.List;

/** The formats that can be read and written; {@code docs/traces.md} describes each. */
public enum TraceFormat {
    /** Our own: named columns with time, class, CPU work and I/O delay; the only one that loses nothing. */
    CSV("csv", "time_s[,class][,cpu_ms[,io_ms]]: our own, loses nothing", "jitter", ""),
    /** The for-loop workload of the MARLLB testbed: loop iterations are the job size. */
    MARLLB_FORLOOP(
            "marllb-forloop",
            "time<TAB>query with n=ITERATIONS: Poisson for-loop workload of the MARLLB testbed",
            "iterations-per-second jitter",
            "iterations-per-second"),
    /** The Wikipedia replay files of the MARLLB and Aquarius testbeds: no header, no sizes. */
    WIKIPEDIA_REPLAY(
            "wikipedia-replay",
            "SECONDS<TAB>URL, no header: Wikipedia replay of the MARLLB testbed, pages and static files",
            "jitter",
            "origin"),
    /** Raw lines of WikiBench. */
    WIKIBENCH("wikibench", "COUNTER TIME URL FLAG, separated by spaces: raw WikiBench", "jitter", "origin"),
    /** Token counts of the Azure LLM inference traces. */
    AZURE_LLM(
            "azure-llm",
            "TIMESTAMP,ContextTokens,GeneratedTokens: Azure LLM inference 2023",
            "context-token generated-token jitter",
            "generated-token origin"),
    /** Requests per second, minute or hour. */
    COUNTS(
            "counts",
            "second|minute|hour|bin,requests: requests in each interval, such as NASA, EPA and SDSC 1995",
            "step spread seed",
            "step");

    /** What to write where the format shall be recognised by the content. */
    public static final String AUTO = "auto";

    private final String id;
    private final String description;
    private final String readOptions; // separated by spaces
    private final String writeOptions;

    TraceFormat(String id, String description, String readOptions, String writeOptions) {
        this.id = id;
        this.description = description;
        this.readOptions = readOptions;
        this.writeOptions = writeOptions;
    }

    /**
     * The name that users write.
     *
     * @return such as {@code azure-llm}
     */
    public String id() {
        return id;
    }

    /**
     * What a line looks like and where the format comes from.
     *
     * @return one line of text
     */
    public String description() {
        return description;
    }

    /**
     * The options that its reader knows.
     *
     * @return names, in a fixed order
     */
    public List<String> readOptions() {
        return list(readOptions);
    }

    /**
     * The options that its writer knows.
     *
     * @return names, in a fixed order
     */
    public List<String> writeOptions() {
        return list(writeOptions);
    }

    /**
     * The format of a name.
     *
     * @param id such as {@code azure-llm}
     * @return the format
     * @throws IllegalArgumentException if there is none, naming the nearest
     */
    public static TraceFormat of(String id) {
        for (TraceFormat format : values()) {
            if (format.id.equals(id)) {
                return format;
            }
        }
        throw new IllegalArgumentException("unknown trace format '" + id + "'" + Nearest.hint(id, ids()));
    }

    /**
     * The names of all formats.
     *
     * @return in the order of this enum
     */
    public static List<String> ids() {
        return Arrays.stream(values()).map(TraceFormat::id).toList();
    }

    private static List<String> list(String names) {
        return names.isEmpty() ? List.of() : List.of(names.split(" "));
    }

    /** Every format with its description, for the error that lists them. */
    static String list() {
        StringBuilder text = new StringBuilder();
        for (TraceFormat format : values()) {
            text.append("\n  ").append(format.id).append(": ").append(format.description);
        }
        return text.toString();
    }
}
