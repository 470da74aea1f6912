package io.marllb.bench.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** A {@link LoadResult} as JSON for programs and as CSV, a row per request. */
public final class LoadReport {

    /** Version of the JSON's schema: fields are added, never renamed. */
    public static final int SCHEMA = 1;

    private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9};
    private static final String[] NAMES = {"p50", "p90", "p95", "p99", "p999"};
    private static final double NANOS_PER_MS = 1e6;

    private LoadReport() {}

    /**
     * JSON.
     *
     * @param result what came of it
     * @param url the target, as the user wrote it
     * @return the text, ending with a line feed
     */
    public static String json(LoadResult result, String url) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode top = mapper.createObjectNode();
        top.put("schema", SCHEMA);
        top.put("target", url);
        top.put("cancelled", result.cancelled());
        number(top, "offered_per_s", result.offeredPerSecond());
        top.put("flows", result.flows().size());
        top.put("completed", result.count(Outcome.OK));
        ObjectNode failed = top.putObject("failed");
        for (Outcome o : Outcome.values()) {
            if (o != Outcome.OK) {
                failed.put(o.name().toLowerCase(Locale.ROOT), result.count(o));
            }
        }
        top.put("bytes", result.bytesReceived());
        times(top.putObject("fct_ms"), result.fct(), result.meanFctNanos());
        times(
                top.putObject("late_ms"),
                result.late(),
                result.late().getTotalCount() == 0 ? Double.NaN : result.late().getMean());
        try {
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(top) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
    }

    private static void times(ObjectNode node, Histogram nanos, double mean) {
        boolean any = nanos.getTotalCount() > 0;
        number(node, "mean", mean / NANOS_PER_MS);
        for (int i = 0; i < NAMES.length; i++) {
            number(node, NAMES[i], any ? nanos.getValueAtPercentile(PERCENTILES[i]) / NANOS_PER_MS : Double.NaN);
        }
        number(node, "max", any ? nanos.getMaxValue() / NANOS_PER_MS : Double.NaN);
    }

    private static void number(ObjectNode node, String name, double x) {
        if (Double.isFinite(x)) {
            node.put(name, x);
        } else {
            node.putNull(name);
        }
    }

    /**
     * CSV (RFC 4180, line feeds), a row per request in the order in which they ended.
     *
     * @param result what came of it
     * @param into where the text goes
     * @throws IOException if it cannot be written
     */
    public static void csv(LoadResult result, Appendable into) throws IOException {
        into.append("due_s,class,bytes,late_ms,fct_ms,outcome\n");
        for (LoadResult.Flow f : result.flows()) {
            into.append(String.format(
                    Locale.ROOT,
                    "%.9f,%s,%d,%.6f,%.6f,%s\n",
                    f.dueNanos() * 1e-9,
                    result.classNames().get(f.flowClass()),
                    f.bytes(),
                    f.lateNanos() / NANOS_PER_MS,
                    f.fctNanos() / NANOS_PER_MS,
                    f.outcome().name().toLowerCase(Locale.ROOT)));
        }
    }
}
