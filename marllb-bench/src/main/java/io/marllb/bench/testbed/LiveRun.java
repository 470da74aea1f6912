package io.marllb.bench.testbed;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import io.marllb.bench.load.Outcome;
import io.marllb.bench.replay.SeedResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** What the client saw in one run: its requests in the order in which they were due, after the warm-up; and how disturbed it was. */
final class LiveRun {

    private static final double NANOS_PER_MS = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int BATCHES = 32;

    private final List<Request> requests;
    private final double stolen;

    private record Request(double dueNanos, int flowClass, long fctNanos, long lateNanos, Outcome outcome) {}

    private LiveRun(List<Request> requests, double stolen) {
        this.requests = requests;
        this.stolen = stolen;
    }

    /** Reads what {@code marllb load --csv} wrote while this share of processor time was stolen. */
    static LiveRun read(Path csv, List<String> classNames, double warmup, double stolen) throws IOException {
        List<Request> all = new ArrayList<>();
        try (CsvReader<NamedCsvRecord> rows = CsvReader.builder().ofNamedCsvRecord(csv)) {
            for (NamedCsvRecord row : rows) {
                all.add(new Request(
                        Double.parseDouble(row.getField("due_s")) * NANOS_PER_SECOND,
                        classNames.indexOf(row.getField("class")),
                        Math.round(Double.parseDouble(row.getField("fct_ms")) * NANOS_PER_MS),
                        Math.round(Double.parseDouble(row.getField("late_ms")) * NANOS_PER_MS),
                        Outcome.valueOf(row.getField("outcome").toUpperCase(Locale.ROOT))));
            }
        }
        all.sort(Comparator.comparingDouble(Request::dueNanos));
        return new LiveRun(List.copyOf(all.subList((int) Math.round(warmup * all.size()), all.size())), stolen);
    }

    /** The share of processor time that was stolen meanwhile, in [0, 1]. */
    double stolen() {
        return stolen;
    }

    /** The 99th percentile of how late requests were sent, nanoseconds: what the client adds. */
    long lateP99Nanos() {
        Histogram late = new Histogram(3);
        for (Request r : requests) {
            late.recordValue(r.lateNanos);
        }
        return late.getValueAtPercentile(99);
    }

    /** Adds the completed ones to a histogram per class. */
    void addTo(List<Histogram> fctByClass) {
        for (Request r : requests) {
            if (r.outcome == Outcome.OK) {
                fctByClass.get(r.flowClass).recordValue(r.fctNanos);
            }
        }
    }

    /** As of a simulated run; what a client cannot see is NaN or empty. */
    SeedResult result(long seed, int classes) {
        long[] counts = new long[classes];
        double[] sums = new double[classes];
        Histogram all = new Histogram(3);
        List<Double> times = new ArrayList<>();
        long failed = 0;
        for (Request r : requests) {
            if (r.outcome == Outcome.OK) {
                counts[r.flowClass]++;
                sums[r.flowClass] += r.fctNanos;
                all.recordValue(r.fctNanos);
                times.add((double) r.fctNanos);
            } else {
                failed++;
            }
        }
        List<Double> means = new ArrayList<>();
        List<Long> completed = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            means.add(sums[c] / counts[c]);
            completed.add(counts[c]);
        }
        return new SeedResult(
                seed,
                requests.size(),
                times.size(),
                failed,
                0,
                requests.size() + times.size(),
                0,
                0,
                0,
                0,
                0,
                mean(times, 0, times.size()),
                times.isEmpty() ? Double.NaN : all.getValueAtPercentile(99),
                means,
                completed,
                batches(times),
                Double.NaN,
                List.of(),
                List.of());
    }

    private static List<Double> batches(List<Double> times) {
        List<Double> means = new ArrayList<>();
        int size = times.size() / BATCHES;
        for (int k = 0; k < BATCHES && size > 0; k++) {
            means.add(mean(times, k * size, (k + 1) * size));
        }
        return means;
    }

    private static double mean(List<Double> times, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += times.get(i);
        }
        return sum / (to - from);
    }
}
