package io.marllb.bench.report;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The results as CSV (RFC 4180, line feeds), one row per policy and seed; what does not exist is empty. */
public final class CsvResults {

    private CsvResults() {}

    /**
     * Writes the results.
     *
     * @param result what was measured
     * @return the text, header first
     */
    public static String of(ReplayResult result) {
        StringWriter out = new StringWriter();
        List<String> classes = result.policies().isEmpty()
                ? List.of()
                : result.policies().get(0).classNames();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(out)) {
            List<String> header = new ArrayList<>(List.of(
                    "scenario",
                    "policy",
                    "oracle",
                    "seed",
                    "flows",
                    "completed",
                    "rejected",
                    "aborted",
                    "in_flight_at_end",
                    "mean_ms",
                    "p99_ms"));
            for (String c : classes) {
                header.add("mean_ms_" + c);
            }
            header.addAll(List.of("jain", "mean_utilisation", "events", "other_events", "signals_sent"));
            csv.writeRecord(header);
            for (PolicyResult p : result.policies()) {
                for (SeedResult s : p.seeds()) {
                    csv.writeRecord(row(result.scenario().name(), p, s));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing CSV to memory failed", e);
        }
        return out.toString();
    }

    private static List<String> row(String scenario, PolicyResult p, SeedResult s) {
        List<String> row = new ArrayList<>(List.of(
                scenario,
                p.policy(),
                Boolean.toString(p.oracle()),
                Long.toString(s.seed()),
                Long.toString(s.flows()),
                Long.toString(s.completed()),
                Long.toString(s.rejected()),
                Long.toString(s.aborted()),
                Long.toString(s.inFlightAtEnd()),
                number(s.meanFctNanos() / 1e6),
                number(s.p99FctNanos() / 1e6)));
        for (double mean : s.meanFctNanosByClass()) {
            row.add(number(mean / 1e6));
        }
        row.add(number(s.jain()));
        row.add(number(s.serverUtilisation().stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(Double.NaN)));
        row.add(Long.toString(s.events()));
        row.add(Long.toString(s.otherEvents()));
        row.add(Long.toString(s.signalsSent()));
        return row;
    }

    private static String number(double x) {
        java.math.BigDecimal exact = Numbers.exact(x);
        return exact == null ? "" : exact.toPlainString();
    }
}
