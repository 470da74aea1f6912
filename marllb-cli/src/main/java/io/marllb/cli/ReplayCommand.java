package io.marllb.cli;

import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.TraceReplay;
import io.marllb.bench.report.CsvResults;
import io.marllb.bench.report.HtmlReport;
import io.marllb.bench.report.JsonResults;
import io.marllb.bench.report.Provenance;
import io.marllb.bench.report.Ranking;
import io.marllb.bench.report.TerminalTable;
import io.marllb.core.check.FileTrouble;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.Arrivals;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The main job: the same traffic under each policy, compared. */
@Command(
        name = "replay",
        description = {
            "Replays traffic under each policy, with common random numbers, and says with intervals which is better.",
            "Without arguments: the quickstart scenario under the default policies, and a report in "
                    + ReplayCommand.DEFAULT_REPORT + ".",
            "A TRACE replaces the scenario's arrivals, and its classes where it carries sizes; without --scenario it runs whole, on the "
                    + "quickstart cluster with its speed scaled to utilisation " + TraceReplay.DEFAULT_UTILISATION + "."
        },
        footer = {
            "",
            "Example: marllb replay",
            "         marllb replay access.csv.gz --scenario mine.yaml --policies sed,sed:bias=1/m,lsq --seeds 10",
            "         marllb replay --scenario failover --json - | jq .policies[0]"
        })
final class ReplayCommand implements Callable<Integer> {

    static final String DEFAULT_REPORT = "marllb-report";

    private static final String DEFAULT_POLICIES =
            "ecmp,rr,wcmp,lsq,sed,sed:bias=1/m,least-request,peak-ewma,hcl,aquarius,rate,gossip,marllb,oracle-sed";
    private static final String STDOUT = "-";
    private static final int PIPE_COLUMNS = 120;

    private final Terminal terminal;
    private final Supplier<Interruption> interruptions;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "TRACE",
            description = "Recorded arrivals in any known format; gzip is recognised.")
    private Path trace;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            description = "A scenario that ships ('marllb scenario list') or a YAML file. Default: "
                    + TraceReplay.DEFAULT_CLUSTER + ".")
    private String scenarioName;

    @Option(
            names = "--policies",
            paramLabel = "A,B,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = DEFAULT_POLICIES,
            description = "What to compare ('marllb policies'). Default: ${DEFAULT-VALUE}.")
    private List<String> policies;

    @Mixin
    private Seeds seeds;

    @Mixin
    private Threads threads;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            defaultValue = TraceFormat.AUTO,
            completionCandidates = TraceCommand.Formats.class,
            description = "Format of the trace: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, by its content.")
    private String format;

    @Option(
            names = "--option",
            paramLabel = "KEY=VALUE",
            description = "An option of that format, such as generated-token=20ms; may be repeated.")
    private List<String> options = List.of();

    @Option(names = "--flows", paramLabel = "N", description = "Replay at most the first N flows of TRACE.")
    private Long flows;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the results as JSON; '-' for standard output, and then nothing else goes there.")
    private String json;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            description =
                    "Write a row per policy and seed as CSV; '-' for standard output, and then nothing else goes there.")
    private String csv;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "Write a self-contained HTML report with all charts. Default: " + DEFAULT_REPORT
                    + ", unless --json or --csv is given.")
    private Path report;

    ReplayCommand(Terminal terminal) {
        this(terminal, Interruption::new);
    }

    ReplayCommand(Terminal terminal, Supplier<Interruption> interruptions) {
        this.terminal = terminal;
        this.interruptions = interruptions;
    }

    @Override
    public Integer call() throws IOException {
        // Everything that can be wrong is looked at before anything runs.
        int runs = seeds.number();
        int atOnce = threads.number();
        if (flows != null) {
            new Positive(spec).check("--flows", flows);
            if (trace == null) {
                throw new ParameterException(
                        spec.commandLine(), "--flows needs a TRACE; a scenario says itself how long it runs");
            }
        }
        if (trace == null && !(format.equals(TraceFormat.AUTO) && options.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(), "--format and --option say how a TRACE is read, but there is none");
        }
        List<PolicySpec> contenders =
                policies.stream().map(PolicyRegistry::parse).toList();
        if (json != null && json.equals(csv)) {
            throw new ParameterException(spec.commandLine(), "--json and --csv cannot both go to " + json);
        }
        Optional<OutputFile> jsonFile = outputFile(json, "--json");
        Optional<OutputFile> csvFile = outputFile(csv, "--csv");
        if (jsonFile.isPresent() && csvFile.isPresent() && jsonFile.get().replaces(csvFile.get())) {
            throw new ParameterException(spec.commandLine(), "--json " + json + " and --csv " + csv + " are one file");
        }
        Optional<Path> reportFolder = reportFolder();
        TraceReplay input = input();
        try (Interruption interruption = interruptions.get()) {
            ReplayResult result = run(
                    input.scenario(),
                    serving(contenders, input.scenario().slots()),
                    runs,
                    atOnce,
                    reportFolder.isPresent(),
                    interruption);
            Outputs outputs = new Outputs();
            if (!result.policies().isEmpty()) {
                requireFlows(result);
                write(Ranking.of(result), input, jsonFile, csvFile, reportFolder, outputs);
            }
            if (result.cancelled()) {
                PrintWriter err = spec.commandLine().getErr();
                err.println(
                        "marllb: interrupted" + (result.policies().isEmpty() ? " before the first run had ended" : "")
                                + "; " + outputs.describe());
                err.flush(); // the process ends as soon as the interruption is closed
                return Marllb.INTERRUPTED;
            }
            outputs.requireAll();
            return 0;
        }
    }

    private static void requireFlows(ReplayResult result) {
        boolean idle =
                result.policies().stream().flatMap(p -> p.seeds().stream()).anyMatch(s -> s.flows() == 0);
        if (idle) {
            throw new IllegalArgumentException("no flow arrived after warm-up; make the run longer");
        }
    }

    /** The default policies are those of them that serve so many servers; what the user names is taken as named. */
    private List<PolicySpec> serving(List<PolicySpec> contenders, int servers) {
        if (spec.commandLine().getParseResult().hasMatchedOption("--policies")) {
            return contenders;
        }
        return contenders.stream().filter(p -> p.serves(servers)).toList();
    }

    private ReplayResult run(
            Scenario scenario,
            List<PolicySpec> contenders,
            int runs,
            int atOnce,
            boolean charts,
            Interruption interruption) {
        try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "replay", System::nanoTime)) {
            ReplayOptions how = ReplayOptions.of(runs, atOnce)
                    .withClock(System::nanoTime)
                    .withProgress((done, total, share) -> progress.accept(share))
                    .withCancellation(interruption::happened);
            return ReplayExperiment.of(scenario, contenders, charts ? how.withTrajectories() : how)
                    .run();
        }
    }

    private TraceReplay input() {
        if (trace == null) {
            return TraceReplay.of(Scenarios.load(scenarioName == null ? TraceReplay.DEFAULT_CLUSTER : scenarioName));
        }
        if (trace.toString().equals(STDOUT)) {
            throw new IllegalArgumentException("TRACE must be a file, since every run reads it again, but was '-'");
        }
        if (Files.isDirectory(trace)) {
            throw new IllegalArgumentException(trace + " is a folder; name a trace file");
        }
        if (Files.exists(trace) && !Files.isRegularFile(trace)) {
            throw new IllegalArgumentException(trace + " is no regular file, but every run reads the trace again");
        }
        Arrivals.Trace arrivals = new Arrivals.Trace(trace, format, 1, options);
        OptionalLong limit = flows == null ? OptionalLong.empty() : OptionalLong.of(flows);
        return scenarioName == null
                ? TraceReplay.onDefaultCluster(arrivals, limit)
                : TraceReplay.on(Scenarios.load(scenarioName), arrivals, limit);
    }

    private static Optional<OutputFile> outputFile(String path, String option) throws IOException {
        return path == null || path.equals(STDOUT)
                ? Optional.empty()
                : Optional.of(OutputFile.check(Path.of(path), option));
    }

    private Optional<Path> reportFolder() throws IOException {
        if (report == null && (json != null || csv != null)) {
            return Optional.empty();
        }
        Path folder = report == null ? Path.of(DEFAULT_REPORT) : report;
        HtmlReport.requireWritable(folder);
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
            throw new IllegalArgumentException("--report " + folder + ": no permission to write to " + existing);
        }
        return Optional.of(folder);
    }

    private void write(
            Ranking ranking,
            TraceReplay input,
            Optional<OutputFile> jsonFile,
            Optional<OutputFile> csvFile,
            Optional<Path> reportFolder,
            Outputs outputs) {
        PrintWriter out = spec.commandLine().getOut();
        if (STDOUT.equals(json)) {
            out.print(JsonResults.of(ranking, input.notes()));
        } else if (STDOUT.equals(csv)) {
            out.print(CsvResults.of(ranking.result()));
        } else {
            int columns = Math.min(terminal.columns(), PIPE_COLUMNS);
            out.print(TerminalTable.render(ranking, input.notes(), columns, terminal.colour()));
        }
        out.flush();
        jsonFile.ifPresent(f -> outputs.attempt(json, () -> f.writeText(JsonResults.of(ranking, input.notes()))));
        csvFile.ifPresent(f -> outputs.attempt(csv, () -> f.writeText(CsvResults.of(ranking.result()))));
        reportFolder.ifPresent(folder -> outputs.attempt(folder.toString(), () -> {
            Path page = writeReport(ranking, provenance(input), folder);
            if (!ranking.result().cancelled()) {
                spec.commandLine().getErr().println("marllb: report: " + page);
            }
        }));
    }

    private static Path writeReport(Ranking ranking, Provenance provenance, Path folder) throws IOException {
        try {
            return HtmlReport.write(ranking, provenance, folder);
        } catch (IOException e) {
            throw new IOException("the report " + folder + " can't be written: " + FileTrouble.reason(e), e);
        }
    }

    private Provenance provenance(TraceReplay input) throws IOException {
        List<String> command = new ArrayList<>(List.of("marllb"));
        command.addAll(spec.root().commandLine().getParseResult().originalArgs());
        List<Provenance.InputFile> inputs = new ArrayList<>();
        if (trace != null) {
            inputs.add(Provenance.InputFile.of(trace));
        }
        if (scenarioName != null && !Scenarios.names().contains(scenarioName)) {
            inputs.add(Provenance.InputFile.of(Path.of(scenarioName)));
        }
        return Provenance.here(command, Scenarios.write(input.scenario()), input.notes(), inputs, Instant.now());
    }
}
