package io.marllb.bench.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.bench.statistics.ConfidenceInterval;
import io.marllb.bench.statistics.PairedComparison;
import io.marllb.env.scenario.Scenario;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * The results as JSON, schema 1: other programs rely on it, so fields are added and never renamed. {@code docs/report.md} lists them.
 *
 * <p>Numbers carry nine significant digits; what does not exist is {@code null}. Except {@code engine.wall_s}, {@code engine.events_per_s} and
 * {@code decision_ns} the bytes follow from the scenario, the policies and the seeds.
 */
public final class JsonResults {

    /** Version of the schema. */
    public static final int SCHEMA = 1;

    private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9};
    private static final String[] PERCENTILE_NAMES = {"p50", "p90", "p95", "p99", "p999"};
    private static final double NANOS_PER_MS = 1e6;

    private final JsonGenerator json;

    private JsonResults(JsonGenerator json) {
        this.json = json;
    }

    /**
     * Writes the results.
     *
     * @param ranking what was measured and compared
     * @param notes what a reader must know of the scenario, one sentence each
     * @return the text, ending with a line feed
     */
    public static String of(Ranking ranking, List<String> notes) {
        StringWriter out = new StringWriter();
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
                .build();
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        try (JsonGenerator generator = factory.createGenerator(out)) {
            generator.setPrettyPrinter(printer);
            new JsonResults(generator).write(ranking, notes);
        } catch (IOException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
        return out.append('\n').toString();
    }

    private void write(Ranking ranking, List<String> notes) throws IOException {
        Scenario scenario = ranking.result().scenario();
        json.writeStartObject();
        json.writeNumberField("schema", SCHEMA);
        json.writeStringField("scenario", scenario.name());
        json.writeArrayFieldStart("seeds");
        for (long seed : ranking.result().seeds()) {
            json.writeNumber(seed);
        }
        json.writeEndArray();
        json.writeBooleanField("cancelled", ranking.result().cancelled());
        json.writeArrayFieldStart("notes");
        for (String note : notes) {
            json.writeString(note);
        }
        json.writeEndArray();
        engine(ranking);
        if (ranking.reference().isPresent()) {
            json.writeStringField("reference", ranking.reference().get());
        } else {
            json.writeNullField("reference");
        }
        json.writeArrayFieldStart("policies");
        // In the order in which they were asked for: a ranking would move rows when numbers move.
        for (PolicyResult policy : ranking.result().policies()) {
            policy(ranking, ranking.row(policy.policy()).orElseThrow());
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void engine(Ranking ranking) throws IOException {
        double seconds = ranking.result().wallNanos() / 1e9;
        json.writeObjectFieldStart("engine");
        json.writeNumberField("events", ranking.result().events());
        number("wall_s", seconds);
        number("events_per_s", ranking.result().events() / seconds);
        json.writeNumberField("other_events", ranking.result().otherEvents());
        json.writeEndObject();
    }

    private void policy(Ranking ranking, RankedPolicy row) throws IOException {
        PolicyResult p = row.result();
        json.writeStartObject();
        json.writeStringField("policy", p.policy());
        json.writeBooleanField("oracle", p.oracle());
        json.writeNumberField("flows", p.total(SeedResult::flows));
        json.writeNumberField("completed", p.total(SeedResult::completed));
        json.writeNumberField("rejected", p.total(SeedResult::rejected));
        json.writeNumberField("aborted", p.total(SeedResult::aborted));
        json.writeNumberField("in_flight_at_end", p.total(SeedResult::inFlightAtEnd));
        times("fct_ms", p.fct(), row.meanNanos(), row.interval());
        json.writeObjectFieldStart("fct_ms_by_class");
        for (int c = 0; c < p.classNames().size(); c++) {
            int flowClass = c;
            double[] perSeed = p.perSeed(s -> s.meanFctNanosByClass().get(flowClass));
            times(p.classNames().get(c), p.fct(c), p.meanFctNanos(c), Ranking.overSeeds(perSeed));
        }
        json.writeEndObject();
        json.writeObjectFieldStart("jain");
        number("mean", p.mean(SeedResult::jain));
        json.writeEndObject();
        numbers("server_utilisation", p.meanByServer(SeedResult::serverUtilisation));
        numbers("server_mean_in_flight", p.meanByServer(SeedResult::serverMeanInFlight));
        decisions(p.decisionNanos());
        json.writeObjectFieldStart("signals");
        json.writeNumberField("sent", p.total(SeedResult::signalsSent));
        json.writeNumberField("lost", p.total(SeedResult::signalsLost));
        json.writeNumberField("probes_dropped", p.total(SeedResult::probesDropped));
        json.writeEndObject();
        json.writeNumberField("invalid_decisions", p.total(SeedResult::invalidDecisions));
        versus(ranking, row);
        json.writeArrayFieldStart("per_seed");
        for (SeedResult s : p.seeds()) {
            perSeed(s);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void times(String name, Histogram nanos, double meanNanos, Optional<ConfidenceInterval> interval)
            throws IOException {
        boolean any = nanos.getTotalCount() > 0;
        json.writeObjectFieldStart(name);
        number("mean", meanNanos / NANOS_PER_MS);
        interval("ci95", interval, 1 / NANOS_PER_MS);
        for (int i = 0; i < PERCENTILES.length; i++) {
            number(PERCENTILE_NAMES[i], any ? nanos.getValueAtPercentile(PERCENTILES[i]) / NANOS_PER_MS : Double.NaN);
        }
        number("max", any ? nanos.getMaxValue() / NANOS_PER_MS : Double.NaN);
        json.writeEndObject();
    }

    private void decisions(Histogram nanos) throws IOException {
        boolean any = nanos.getTotalCount() > 0;
        json.writeObjectFieldStart("decision_ns");
        number("mean", any ? nanos.getMean() : Double.NaN);
        number("p99", any ? nanos.getValueAtPercentile(99) : Double.NaN);
        json.writeEndObject();
    }

    private void versus(Ranking ranking, RankedPolicy row) throws IOException {
        if (row.versus().isEmpty()) {
            json.writeNullField("versus");
            return;
        }
        PairedComparison c = row.versus().get();
        json.writeObjectFieldStart("versus");
        json.writeStringField("reference", ranking.reference().orElseThrow());
        json.writeNumberField("pairs", c.pairs());
        number("ratio", c.ratio().mean());
        interval("ratio_ci95", Optional.of(c.ratio().interval(0.95)), 1);
        number("difference_ms", c.difference().mean() / NANOS_PER_MS);
        interval("difference_ci95", Optional.of(c.difference().interval(0.95)), 1 / NANOS_PER_MS);
        number("p", c.tTestP());
        number("p_holm", row.adjustedP());
        json.writeEndObject();
    }

    private void perSeed(SeedResult s) throws IOException {
        json.writeStartObject();
        json.writeNumberField("seed", s.seed());
        number("mean_ms", s.meanFctNanos() / NANOS_PER_MS);
        number("p99_ms", s.p99FctNanos() / NANOS_PER_MS);
        json.writeNumberField("rejected", s.rejected());
        json.writeNumberField("flows", s.flows());
        json.writeNumberField("completed", s.completed());
        number("jain", s.jain());
        json.writeEndObject();
    }

    private void interval(String name, Optional<ConfidenceInterval> interval, double factor) throws IOException {
        if (interval.isEmpty()) {
            json.writeNullField(name);
            return;
        }
        json.writeArrayFieldStart(name);
        number(interval.get().low() * factor);
        number(interval.get().high() * factor);
        json.writeEndArray();
    }

    private void numbers(String name, List<Double> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (double v : values) {
            number(v);
        }
        json.writeEndArray();
    }

    private void number(String name, double value) throws IOException {
        json.writeFieldName(name);
        number(value);
    }

    private void number(double value) throws IOException {
        java.math.BigDecimal exact = Numbers.exact(value);
        if (exact == null) {
            json.writeNull();
        } else {
            json.writeNumber(exact);
        }
    }
}
