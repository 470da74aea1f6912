package io.marllb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.bench.report.HtmlReport;
import io.marllb.bench.report.JsonResults;
import io.marllb.bench.report.Provenance;
import io.marllb.bench.report.Ranking;
import io.marllb.bench.report.TerminalTable;
import io.marllb.bench.testbed.DataPlaneKind;
import io.marllb.bench.testbed.TestbedSuite;
import io.marllb.bench.testbed.Tools;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Policies on real sockets, beside what the simulator predicts. */
@Command(
        name = "testbed",
        description = {
            "Plays the same flows under each policy on real connections to nginx servers, in network namespaces, and in the simulator, and prints both.",
            "Needs root, or a user namespace, and iproute2, ethtool and nginx; docs/testbed.md."
        },
        exitCodeList = {
            "0:all runs have ended, with whatever results",
            "1:the testbed or a balancer failed",
            "2:bad input",
            "130:interrupted; rounds that had ended are shown"
        },
        footer = {"", "Example: marllb bench testbed --policies ecmp,sed,marllb --seeds 3"})
final class TestbedBench implements Callable<Integer> {

    private static final double NANOS_PER_MS = 1e6;
    private static final double MOST_STOLEN = 0.03; // links at 0.8 then work at 0.82
    private static final double PERCENT = 100;
    private static final long MOST_LATE_NANOS = 5_000_000; // a quarter of the work of a flow in the scenario that ships

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            defaultValue = "testbed",
            description = "Cluster and traffic; servers of one core, a run given in flows. Default: ${DEFAULT-VALUE}.")
    private String scenario;

    @Option(
            names = "--policies",
            paramLabel = "A,B,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = "ecmp,wcmp,lsq,sed,marllb",
            description = "What to compare. Default: ${DEFAULT-VALUE}.")
    private List<String> policies;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Runs of each policy. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = "--dataplane",
            paramLabel = "KIND",
            defaultValue = "proxy",
            description = "What carries the flows: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private DataPlaneKind kind;

    @Option(names = "--dpdk", paramLabel = "FILE", description = "The DPDK program, for dsr and nat.")
    private Path dpdk;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the live results as JSON, as 'marllb replay' does, and beside them the simulator's in 'simulated'.")
    private Path json;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "Write the report of the live results, as 'marllb replay' does.")
    private Path report;

    TestbedBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        new Positive(spec).check("--seeds", seeds);
        Scenario cluster = Scenarios.load(scenario);
        List<PolicySpec> contenders =
                policies.stream().map(PolicyRegistry::parse).toList();
        Optional<OutputFile> jsonFile = json == null ? Optional.empty() : Optional.of(OutputFile.check(json, "--json"));
        if (report != null) {
            HtmlReport.requireWritable(report);
        }
        if (dpdk != null && !Files.isExecutable(dpdk)) {
            throw new IllegalArgumentException("--dpdk " + dpdk + ": there is no such program");
        }
        TestbedSuite suite = new TestbedSuite(cluster, contenders, seeds, kind, new Tools(OwnCommand.start(), dpdk));
        Path folder = Files.createTempDirectory("marllb-testbed");
        try (Interruption interruption = new Interruption()) {
            TestbedSuite.Result result;
            try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "testbed", System::nanoTime)) {
                result = suite.run(folder, progress, interruption::happened);
            }
            if (result.live().policies().isEmpty()) {
                return Marllb.INTERRUPTED;
            }
            List<String> notes = notes(result);
            Ranking ranking = Ranking.of(result.live());
            PrintWriter out = spec.commandLine().getOut();
            out.print(TerminalTable.render(ranking, notes, terminal.columns(), terminal.colour()));
            out.println();
            printGap(result, out);
            out.println();
            out.println("logs: " + folder);
            out.flush();
            Outputs outputs = new Outputs();
            jsonFile.ifPresent(
                    f -> outputs.attempt(json.toString(), () -> f.writeText(toJson(ranking, result, notes))));
            if (report != null) {
                outputs.attempt(report.toString(), () -> HtmlReport.write(ranking, provenance(cluster, notes), report));
            }
            outputs.requireAll();
            return result.live().cancelled() ? Marllb.INTERRUPTED : 0;
        }
    }

    private List<String> notes(TestbedSuite.Result result) {
        List<String> notes = new ArrayList<>();
        notes.add(String.format(
                Locale.ROOT,
                "on real sockets, through %s; requests were sent at most %.2f ms late (99th percentile of the worst run)",
                kind.id(),
                result.lateP99Nanos() / NANOS_PER_MS));
        if (result.lateP99Nanos() > MOST_LATE_NANOS) {
            notes.add(
                    "that late is too late: this machine was busy with something else, and the times are its own as well; run again");
        }
        String stolen = stolen(result);
        if (!stolen.isEmpty()) {
            notes.add(
                    "the host of this virtual machine gave processor time to others, and links lost what they could have carried meanwhile, so times are "
                            + "too long; run again: " + stolen);
        }
        return notes;
    }

    /** The runs that the host disturbed. */
    private static String stolen(TestbedSuite.Result result) {
        List<Long> seedsRun = result.live().seeds();
        return result.stolen().entrySet().stream()
                .flatMap(e -> IntStream.range(0, e.getValue().size())
                        .filter(k -> e.getValue().get(k) > MOST_STOLEN)
                        .mapToObj(k -> String.format(
                                Locale.ROOT,
                                "%s, seed %d (%.0f %%)",
                                e.getKey(),
                                seedsRun.get(k),
                                PERCENT * e.getValue().get(k))))
                .collect(Collectors.joining("; "));
    }

    private static String toJson(Ranking live, TestbedSuite.Result result, List<String> notes) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode top = (ObjectNode) mapper.readTree(JsonResults.of(live, notes));
        top.set("processor_time_stolen", mapper.valueToTree(result.stolen()));
        top.set("simulated", mapper.readTree(JsonResults.of(Ranking.of(result.simulated()), List.of())));
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(top) + "\n";
    }

    private Provenance provenance(Scenario cluster, List<String> notes) {
        List<String> command = new ArrayList<>(List.of("marllb"));
        command.addAll(spec.root().commandLine().getParseResult().originalArgs());
        return Provenance.here(command, Scenarios.write(cluster), notes, List.of(), Instant.now());
    }

    private void printGap(TestbedSuite.Result result, PrintWriter out) {
        out.println("beside the simulator's prediction for the same flows:");
        TextTable table = new TextTable(
                "policy",
                ">mean ms",
                ">simulated",
                ">ratio",
                ">p99 ms",
                ">simulated",
                ">ratio",
                ">failed",
                ">simulated");
        for (PolicyResult live : result.live().policies()) {
            PolicyResult sim = find(result.simulated(), live.policy());
            double liveP99 = live.fct().getValueAtPercentile(99);
            double simP99 = sim.fct().getValueAtPercentile(99);
            table.row(
                    live.policy(),
                    ms(live.meanFctNanos()),
                    ms(sim.meanFctNanos()),
                    ratio(live.meanFctNanos() / sim.meanFctNanos()),
                    ms(liveP99),
                    ms(simP99),
                    ratio(liveP99 / simP99),
                    Long.toString(live.total(SeedResult::rejected)),
                    Long.toString(sim.total(SeedResult::rejected)));
        }
        table.print(out, terminal.columns());
    }

    private static PolicyResult find(ReplayResult result, String policy) {
        return result.policies().stream()
                .filter(p -> p.policy().equals(policy))
                .findFirst()
                .orElseThrow();
    }

    private static String ms(double nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / NANOS_PER_MS);
    }

    private static String ratio(double r) {
        return String.format(Locale.ROOT, "%.2f", r);
    }
}
