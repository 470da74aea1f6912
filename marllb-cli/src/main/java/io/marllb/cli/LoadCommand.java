package io.marllb.cli;

import io.marllb.bench.load.LoadOptions;
import io.marllb.bench.load.LoadReport;
import io.marllb.bench.load.LoadResult;
import io.marllb.bench.load.OpenLoop;
import io.marllb.bench.load.Outcome;
import io.marllb.bench.load.Target;
import io.marllb.core.rng.Streams;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.FlowSource;
import io.marllb.env.traffic.FlowSources;
import io.marllb.env.traffic.RateChanges;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Open-loop load on a real server. */
@Command(
        name = "load",
        description = {
            "Sends HTTP requests when they are due, however slow the answers are, one connection each, and times them from the moment they were due.",
            "Traffic is Poisson (--rate) or recorded (--trace)."
        },
        exitCodeList = {"0:every request was answered", "1:some were not", "2:bad input", "130:interrupted"},
        footer = {
            "",
            "Example: marllb load --target http://127.0.0.1:8080/ --rate 200 --duration 30s",
            "         marllb load --target http://127.0.0.1:8080/ --trace access.csv.gz --scale 2 --json -"
        })
final class LoadCommand implements Callable<Integer> {

    private static final String STDOUT = "-";
    private static final double NANOS_PER_MS = 1e6;
    private static final double WORK_NANOS =
            1e6; // of flows whose trace tells none; only its ratio to the bytes matters

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--target",
            paramLabel = "URL",
            required = true,
            description = "What to ask, such as http://127.0.0.1:8080/.")
    private String url;

    @Option(names = "--rate", paramLabel = "R", description = "Requests per second, Poisson.")
    private Double rate;

    @Option(names = "--trace", paramLabel = "FILE", description = "Recorded arrivals in any known format.")
    private Path trace;

    @Option(
            names = "--scale",
            paramLabel = "X",
            defaultValue = "1",
            description = "Plays the trace so many times as fast. Default: ${DEFAULT-VALUE}.")
    private double scale;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Sends for so long. Default: 10s, or the whole trace.")
    private Duration duration;

    @Option(names = "--flows", paramLabel = "N", description = "At most so many requests.")
    private Long flows;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            description = "Ask for the first BYTES only (a Range request). Default: the whole.")
    private Long size;

    @Option(
            names = "--bytes-per-second",
            paramLabel = "B",
            description =
                    "Ask for so many bytes per second of work that the trace tells, so that a server behind a link of B bytes/s works as long.")
    private Double bytesPerSecond;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "30s",
            description = "Until a request is given up. Default: ${DEFAULT-VALUE}.")
    private Duration timeout;

    @Option(
            names = "--max-open",
            paramLabel = "N",
            defaultValue = "" + LoadOptions.MOST_OPEN,
            description =
                    "Connections at once; requests beyond them are not sent and count as failed. Default: ${DEFAULT-VALUE}.")
    private int mostOpen;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Root of the random streams. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the result as JSON; '-' for standard output, and then nothing else goes there.")
    private String json;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write a row per request as CSV.")
    private Path csv;

    LoadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if ((rate == null) == (trace == null)) {
            throw new ParameterException(spec.commandLine(), "give either --rate or --trace");
        }
        if (size != null && bytesPerSecond != null) {
            throw new ParameterException(spec.commandLine(), "give --size or --bytes-per-second, not both");
        }
        if (size != null) {
            new Positive(spec).check("--size", size);
        }
        if (flows != null) {
            new Positive(spec).check("--flows", flows);
        }
        Target target = Target.parse(url);
        Optional<OutputFile> jsonFile = json == null || json.equals(STDOUT)
                ? Optional.empty()
                : Optional.of(OutputFile.check(Path.of(json), "--json"));
        Optional<OutputFile> csvFile = csv == null ? Optional.empty() : Optional.of(OutputFile.check(csv, "--csv"));
        try (Interruption interruption = new Interruption()) {
            LoadResult result = play(target, interruption);
            Outputs outputs = new Outputs();
            PrintWriter out = spec.commandLine().getOut();
            if (STDOUT.equals(json)) {
                out.print(LoadReport.json(result, url));
            } else {
                print(result, out);
            }
            out.flush();
            jsonFile.ifPresent(f -> outputs.attempt(json, () -> f.writeText(LoadReport.json(result, url))));
            csvFile.ifPresent(f -> outputs.attempt(
                    csv.toString(),
                    () -> f.write(stream -> {
                        BufferedWriter text =
                                new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
                        LoadReport.csv(result, text);
                        text.flush();
                    })));
            outputs.requireAll();
            return result.cancelled() ? Marllb.INTERRUPTED : result.failed() > 0 ? 1 : 0;
        }
    }

    private LoadResult play(Target target, Interruption interruption) throws IOException {
        boolean sized = bytesPerSecond != null;
        double unit = sized ? bytesPerSecond : size != null ? size / (WORK_NANOS * 1e-9) : 0;
        FlowClass plain = new FlowClass("flow", 1, new Distribution.Deterministic(WORK_NANOS), Optional.empty());
        Arrivals arrivals = trace == null
                ? new Arrivals.Poisson(rate)
                : new Arrivals.Trace(trace, TraceFormat.AUTO, scale, List.of());
        Duration length =
                duration != null ? duration : trace == null ? Duration.ofSeconds(10) : Duration.ofNanos(Long.MAX_VALUE);
        LoadOptions options = LoadOptions.of(length)
                .withBytesPerSecond(unit)
                .withMostFlows(flows == null ? Long.MAX_VALUE : flows)
                .withLimits(timeout, mostOpen);
        FlowSource traffic = FlowSources.of(arrivals, List.of(plain), RateChanges.NONE, Streams.of(seed));
        try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "load", System::nanoTime)) {
            return OpenLoop.run(
                    traffic,
                    target,
                    options.watched(
                            trace != null && duration == null && flows == null ? share -> {} : progress,
                            interruption::happened),
                    System::nanoTime);
        }
    }

    private void print(LoadResult result, PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%s: %,d requests were due, %.1f per second; %,d answered, %,d failed",
                url,
                result.flows().size(),
                result.offeredPerSecond(),
                result.count(Outcome.OK),
                result.failed()));
        TextTable table = new TextTable("", "mean ms", "p50", "p90", "p99", "p99.9", "max");
        row(table, "from due to the end", result.fct(), result.meanFctNanos());
        row(table, "of that, sent late by us", result.late(), result.late().getMean());
        table.print(out, terminal.columns());
        for (Outcome o : Outcome.values()) {
            if (o != Outcome.OK && result.count(o) > 0) {
                out.println(String.format(Locale.ROOT, "failed, %s: %,d", text(o), result.count(o)));
            }
        }
    }

    private static String text(Outcome outcome) {
        return switch (outcome) {
            case OK -> "answered";
            case NOT_CONNECTED -> "not connected (nobody listens there, or no port was free)";
            case RESET -> "reset";
            case TORN -> "torn (the answer ended too early, or was no HTTP)";
            case OTHER_LENGTH -> "another length than was asked for (the server knows no ranges, or has less)";
            case BAD_STATUS -> "status of 400 or more";
            case TIMEOUT -> "no whole answer in time (--timeout)";
            case NOT_SENT -> "not sent (too many were open: --max-open, ulimit -n)";
        };
    }

    private static void row(TextTable table, String name, Histogram nanos, double mean) {
        if (nanos.getTotalCount() == 0) {
            return;
        }
        table.row(
                name,
                ms(mean),
                ms(nanos.getValueAtPercentile(50)),
                ms(nanos.getValueAtPercentile(90)),
                ms(nanos.getValueAtPercentile(99)),
                ms(nanos.getValueAtPercentile(99.9)),
                ms(nanos.getMaxValue()));
    }

    private static String ms(double nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / NANOS_PER_MS);
    }
}
