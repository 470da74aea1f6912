package io.marllb.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.report.JsonResults;
import io.marllb.bench.report.Ladder;
import io.marllb.bench.report.Ranking;
import io.marllb.bench.report.TerminalTable;
import io.marllb.bench.statistics.ConfidenceInterval;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trained agents beside heuristics. */
@Command(
        name = "evaluate",
        description = {
            "Replays trained agents beside heuristics on the same traffic, with intervals and paired tests, and says how far each is above a "
                    + "policy that sees everything.",
            "Several scenarios end in one table, with the geometric mean over them."
        },
        exitCodeList = {
            "0:done",
            "1:a result could not be written",
            "2:bad input, such as a checkpoint that is damaged or does not fit",
            "130:interrupted"
        },
        footer = {
            "",
            "Example: marllb evaluate run/best.marllb --scenario paper-moderate-690 --seeds 10",
            "         marllb evaluate run marllb --scenario capacity-shift,antagonist,heavy-tail --json ladder.json"
        })
final class EvaluateCommand implements Callable<Integer> {

    private static final String DEFAULT_POLICIES =
            "lsq,sed,sed:bias=1/m,least-request,hcl,aquarius,hlb,rate,gossip,oracle-sed";
    private static final String STDOUT = "-";
    private static final int PIPE_COLUMNS = 120;

    private final Terminal terminal;
    private final Supplier<Interruption> interruptions;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "CHECKPOINT",
            description =
                    "An agent that ships, a .marllb file, or a folder of 'marllb train' (its best); ./NAME is a file or folder.")
    private List<String> checkpoints;

    @Option(
            names = "--scenario",
            paramLabel = "S,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = "quickstart",
            description = "Scenarios that ship ('marllb scenario list') or YAML files. Default: ${DEFAULT-VALUE}.")
    private List<String> scenarioNames;

    @Option(
            names = "--policies",
            paramLabel = "A,B,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = DEFAULT_POLICIES,
            description = "What to compare with ('marllb policies'). Default: ${DEFAULT-VALUE}.")
    private List<String> policies;

    @Mixin
    private Seeds seeds;

    @Mixin
    private Threads threads;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the results as JSON, the schema of 'replay' and a ladder; '-' for standard output, and then nothing else goes "
                            + "there.")
    private String json;

    EvaluateCommand(Terminal terminal) {
        this(terminal, Interruption::new);
    }

    EvaluateCommand(Terminal terminal, Supplier<Interruption> interruptions) {
        this.terminal = terminal;
        this.interruptions = interruptions;
    }

    @Override
    public Integer call() throws IOException {
        int runs = seeds.number();
        int atOnce = threads.number();
        List<PolicySpec> contenders = contenders();
        List<Scenario> scenarios =
                scenarioNames.stream().distinct().map(Scenarios::load).toList();
        Optional<OutputFile> file = json == null || json.equals(STDOUT)
                ? Optional.empty()
                : Optional.of(OutputFile.check(Path.of(json), "--json"));
        try (Interruption interruption = interruptions.get()) {
            List<Ranking> rankings = run(scenarios, contenders, runs, atOnce, interruption);
            Optional<Ladder> ladder = rankings.size() < scenarios.size()
                    ? Optional.empty()
                    : Ladder.of(rankings.stream().map(Ranking::result).toList());
            Outputs outputs = new Outputs();
            if (!rankings.isEmpty()) {
                print(rankings, ladder);
                file.ifPresent(f -> outputs.attempt(json, () -> f.writeText(json(rankings, ladder))));
            }
            if (interruption.happened()) {
                PrintWriter err = spec.commandLine().getErr();
                err.println("marllb: interrupted; " + outputs.describe());
                err.flush();
                return Marllb.INTERRUPTED;
            }
            outputs.requireAll();
            return 0;
        }
    }

    private List<PolicySpec> contenders() {
        Set<String> texts = new LinkedHashSet<>();
        for (String c : checkpoints) {
            texts.add(policy(c));
        }
        texts.addAll(policies);
        return texts.stream().map(PolicyRegistry::parse).toList();
    }

    /** What names the agent as a policy. */
    private static String policy(String checkpoint) {
        if (ShippedAgents.include(checkpoint)) {
            return checkpoint;
        }
        Path path = Path.of(checkpoint);
        if (Files.isDirectory(path)) {
            Path best = path.resolve("best.marllb");
            if (!Files.exists(best)) {
                throw new IllegalArgumentException(
                        "there is no best.marllb in the folder " + checkpoint + "; name a checkpoint");
            }
            return "agent:" + best;
        }
        boolean file = Files.exists(path) || checkpoint.endsWith(".marllb") || checkpoint.indexOf('/') >= 0;
        return file ? "agent:" + checkpoint : checkpoint;
    }

    private List<Ranking> run(
            List<Scenario> scenarios, List<PolicySpec> contenders, int runs, int atOnce, Interruption interruption) {
        List<Ranking> rankings = new ArrayList<>();
        try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "evaluate", System::nanoTime)) {
            for (int i = 0; i < scenarios.size() && !interruption.happened(); i++) {
                int before = i;
                ReplayOptions how = ReplayOptions.of(runs, atOnce)
                        .withClock(System::nanoTime)
                        .withProgress((done, total, share) -> progress.accept((before + share) / scenarios.size()))
                        .withCancellation(interruption::happened);
                ReplayResult result =
                        ReplayExperiment.of(scenarios.get(i), contenders, how).run();
                if (!result.policies().isEmpty()) {
                    rankings.add(Ranking.of(result));
                }
            }
        }
        return rankings;
    }

    private void print(List<Ranking> rankings, Optional<Ladder> ladder) {
        PrintWriter out = spec.commandLine().getOut();
        if (STDOUT.equals(json)) {
            out.print(json(rankings, ladder));
        } else {
            int columns = Math.min(terminal.columns(), PIPE_COLUMNS);
            for (Ranking ranking : rankings) {
                out.print(TerminalTable.render(ranking, List.of(), columns, terminal.colour()));
                out.println();
            }
            ladder.ifPresent(l -> print(l, out));
        }
        out.flush();
    }

    private void print(Ladder ladder, PrintWriter out) {
        boolean several = ladder.scenarios().size() > 1;
        out.println("Per cent above " + ladder.top() + (several ? ", geometric mean over the scenarios" : ""));
        List<String> heading = new ArrayList<>(List.of("policy", ">mean", ">95 % CI", ">p99", ">95 % CI "));
        if (several) {
            ladder.scenarios().forEach(s -> heading.add(">" + s));
        }
        TextTable table = new TextTable(heading.toArray(new String[0]));
        for (Ladder.Row row : ladder.rows()) {
            List<String> cells = new ArrayList<>(List.of(
                    row.policy() + (row.oracle() ? " *" : ""),
                    percent(row.mean()),
                    interval(row.meanInterval()),
                    percent(row.tail()),
                    interval(row.tailInterval())));
            if (several) {
                row.means().forEach(x -> cells.add(percent(x)));
            }
            table.row(cells.toArray(new String[0]));
        }
        table.print(out, terminal.columns());
    }

    private static String percent(double ratio) {
        return String.format(Locale.ROOT, "%+.1f", Ladder.percent(ratio));
    }

    private static String interval(Optional<ConfidenceInterval> interval) {
        return interval.map(i -> "[" + percent(i.low()) + ", " + percent(i.high()) + "]")
                .orElse("");
    }

    /** The object of {@code replay} for one scenario, and the ladder in it; for several, one object per scenario. */
    private static String json(List<Ranking> rankings, Optional<Ladder> ladder) {
        ObjectMapper mapper = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
        try {
            ObjectNode top;
            if (rankings.size() == 1) {
                top = (ObjectNode) mapper.readTree(JsonResults.of(rankings.get(0), List.of()));
            } else {
                top = mapper.createObjectNode();
                top.put("schema", JsonResults.SCHEMA);
                ArrayNode scenarios = top.putArray("scenarios");
                for (Ranking r : rankings) {
                    scenarios.add(mapper.readTree(JsonResults.of(r, List.of())));
                }
            }
            if (ladder.isPresent()) {
                json(ladder.get(), top.putObject("ladder"));
            } else {
                top.putNull("ladder");
            }
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(top) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
    }

    private static void json(Ladder ladder, ObjectNode into) {
        into.put("top", ladder.top());
        ladder.scenarios().forEach(into.putArray("scenarios")::add);
        ArrayNode rows = into.putArray("policies");
        for (Ladder.Row row : ladder.rows()) {
            ObjectNode node = rows.addObject();
            node.put("policy", row.policy());
            node.put("oracle", row.oracle());
            numbers(node, "mean", row.mean(), row.meanInterval(), row.means());
            numbers(node, "p99", row.tail(), row.tailInterval(), row.tails());
        }
    }

    private static void numbers(
            ObjectNode into, String name, double ratio, Optional<ConfidenceInterval> interval, List<Double> each) {
        into.put(name + "_percent_above", Ladder.percent(ratio));
        if (interval.isPresent()) {
            into.putArray(name + "_ci95")
                    .add(Ladder.percent(interval.get().low()))
                    .add(Ladder.percent(interval.get().high()));
        } else {
            into.putNull(name + "_ci95");
        }
        ArrayNode perScenario = into.putArray(name + "_by_scenario");
        each.forEach(x -> perScenario.add(Ladder.percent(x)));
    }
}
