package io.marllb.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.DivergenceException;
import io.marllb.agents.onnx.OnnxExport;
import io.marllb.agents.train.Algorithm;
import io.marllb.agents.train.ConsoleTable;
import io.marllb.agents.train.Settings;
import io.marllb.agents.train.TrainingLog;
import io.marllb.bench.training.EvolutionRun;
import io.marllb.bench.training.GameRun;
import io.marllb.bench.training.TrainingPlan;
import io.marllb.bench.training.TrainingRun;
import io.marllb.policies.frozen.AgentFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lets an agent learn. */
@Command(
        name = "train",
        description = {
            "Lets an agent learn to balance load, or any environment that ships, in virtual time.",
            "A training has a folder: its settings, progress.csv, TensorBoard's event files, evaluations.csv, best.marllb, and last.marllb, from which "
                    + "--resume goes on with the same bits as if it had never stopped. Ctrl-C ends after the current iteration with a checkpoint.",
            "Small games (matrix, climbing, penalty, two-step) have no folder: qmix, vdn, qmix-weighted and iql explore them uniformly and tell the "
                    + "greedy return and the joint values that they learnt."
        },
        exitCodeList = {"0:done", "1:the job failed, or learning diverged", "2:bad input", "130:interrupted"},
        footer = {
            "",
            "Example: marllb train --agent qmix --scenario paper-moderate-690 --out run",
            "         marllb train --agent sac-gru --scenario curriculum --episodes 2000 --set discount=0.98",
            "         marllb train --agent vdn --env matrix --payoff game.yaml --episodes 4000 --json -",
            "         marllb train --resume run --episodes 600"
        })
final class TrainCommand implements Callable<Integer> {

    private static final String STDOUT = "-";
    private static final String DEFAULT_FOLDER = "marllb-run";
    private static final int DEFAULT_EPISODES = 400;
    private static final int DEFAULT_EVOLUTION_EPISODES = 11_520; // 60 generations of 2 x 8 members x 12 episodes
    private static final int DEFAULT_GAME_EPISODES = 4_000;
    private static final long TABLE_EVERY_NANOS = 10_000_000_000L;
    private static final String BLANK = "\r" + " ".repeat(79) + "\r"; // over a progress bar

    private final Terminal terminal;
    private final Supplier<Interruption> interruptions;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--agent",
            paramLabel = "A",
            completionCandidates = Agents.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    private String agent;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            description =
                    "A scenario that ships ('marllb scenario list'), a YAML file, or 'curriculum': another random cluster every episode.")
    private String scenario;

    @Option(
            names = "--env",
            paramLabel = "E",
            description = "An environment instead, such as cart-pole, matrix, or penalty:k=-50.")
    private String environment;

    @Option(
            names = "--payoff",
            paramLabel = "FILE",
            description = "The payoffs of --env matrix: YAML or JSON, payoff: [[8, 0], [0, 5]].")
    private Path payoff;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            description = "Most episodes, those before --resume included. Default: " + DEFAULT_EPISODES + "; of a game "
                    + DEFAULT_GAME_EPISODES + ".")
    private Long episodes;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Most environment steps, those before --resume included.")
    private Long steps;

    @Option(names = "--seed", paramLabel = "N", description = "Root of all randomness. Default: 1.")
    private Long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of the training, new or empty. Default: " + DEFAULT_FOLDER + ".")
    private Path out;

    @Option(
            names = "--preset",
            paramLabel = "P",
            completionCandidates = Presets.class,
            description = "Where settings begin: ${COMPLETION-CANDIDATES}. Default: default.")
    private String preset;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description =
                    "Changes a setting; may be repeated. The names are in config.yml of every training, and in docs/training.md.")
    private List<String> changes = List.of();

    @Option(names = "--resume", paramLabel = "DIR", description = "Goes on with the training in a folder.")
    private Path resume;

    @Mixin
    private ActorOptions actors;

    @Mixin
    private Threads threads;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the result as JSON; '-' for standard output, and then nothing else goes there.")
    private String json;

    @Option(
            names = "--onnx",
            paramLabel = "FILE",
            description =
                    "Write the best actor as an ONNX model too; where every balancer has its own, FILE-0, FILE-1 and so on.")
    private Path onnx;

    TrainCommand(Terminal terminal) {
        this(terminal, Interruption::new);
    }

    TrainCommand(Terminal terminal, Supplier<Interruption> interruptions) {
        this.terminal = terminal;
        this.interruptions = interruptions;
    }

    /** For help and completion. */
    static final class Agents extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Agents() {
            super(Algorithm.names());
            add(EvolutionRun.NAME);
        }
    }

    /** For help and completion. */
    static final class Presets extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Presets() {
            super(Algorithm.PRESETS);
        }
    }

    @Override
    public Integer call() throws IOException {
        // Everything that can be wrong is looked at before anything runs.
        if (episodes != null) {
            new Positive(spec).check("--episodes", episodes);
        }
        if (steps != null) {
            new Positive(spec).check("--steps", steps);
        }
        int atOnce = threads.number();
        Optional<OutputFile> file = json == null || json.equals(STDOUT)
                ? Optional.empty()
                : Optional.of(OutputFile.check(Path.of(json), "--json"));
        if (onnx != null) {
            OutputFile.check(onnx, "--onnx");
        }
        if (resume != null && EvolutionRun.isIn(resume)) {
            requireNothingBesideResume();
            requireSuitsEvolution();
            return evolve(EvolutionRun.resume(resume, Version.program()), file);
        }
        if (resume != null) {
            return run(resumed(), atOnce, file);
        }
        require(agent != null, "which --agent? One of " + String.join(", ", Algorithm.names()));
        require(scenario != null || environment != null, "learn what? Name a --scenario or an --env");
        require(scenario == null || environment == null, "--scenario and --env cannot both be learnt; name one");
        if (agent.equals(EvolutionRun.NAME)) {
            require(scenario != null, "es learns to balance load; name a --scenario");
            require(payoff == null, "--payoff belongs to --env matrix, but this is load balancing");
            require(preset == null, "es has one preset; leave --preset out");
            requireSuitsEvolution();
            return evolve(
                    EvolutionRun.create(
                            scenario,
                            Settings.parse(changes),
                            evolutionEpisodes(),
                            seed == null ? 1 : seed,
                            out == null ? Path.of(DEFAULT_FOLDER) : out,
                            Version.program()),
                    file);
        }
        Algorithm algorithm = Algorithm.named(agent);
        long root = seed == null ? 1 : seed;
        if (environment == null) {
            require(payoff == null, "--payoff belongs to --env matrix, but this is load balancing");
            return run(
                    created(TrainingPlan.scenario(algorithm, start(), scenario, Settings.parse(changes), root)),
                    atOnce,
                    file);
        }
        Map<String, String> parameters = parameters();
        String name = environment.split(":", 2)[0];
        if (algorithm.valueBased() && GameRun.isGame(name)) {
            return game(algorithm, name, parameters, root, file);
        }
        TrainingPlan plan =
                TrainingPlan.environment(algorithm, start(), name, parameters, Settings.parse(changes), root);
        return run(created(plan), atOnce, file);
    }

    private String start() {
        return preset == null ? Algorithm.PRESETS.get(0) : preset;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    /** What stands behind the name of the environment, and the payoff file. */
    private Map<String, String> parameters() {
        String[] parts = environment.split(":", -1);
        Map<String, String> parameters = new LinkedHashMap<>();
        if (parts.length > 1) {
            parameters.putAll(Settings.parse(List.of(parts).subList(1, parts.length)));
        }
        if (payoff != null) {
            parameters.put("payoff", payoff.toString());
        }
        return parameters;
    }

    private TrainingRun created(TrainingPlan plan) throws IOException {
        return TrainingRun.create(plan, out == null ? Path.of(DEFAULT_FOLDER) : out, Version.program());
    }

    private TrainingRun resumed() {
        requireNothingBesideResume();
        return TrainingRun.resume(resume, Version.program());
    }

    private void requireNothingBesideResume() {
        require(
                agent == null
                        && scenario == null
                        && environment == null
                        && payoff == null
                        && seed == null
                        && out == null
                        && preset == null
                        && changes.isEmpty(),
                "--resume goes on with what is in the folder; beside it only --episodes, --steps, --threads and --json make sense");
    }

    private void requireSuitsEvolution() {
        require(steps == null, "es counts --episodes; leave --steps out");
        require(!threads.given(), "es plays on one thread; leave --threads out");
        require(!actors.given(), "es plays in one process; leave --actors and --any-host out");
    }

    private long evolutionEpisodes() {
        return episodes == null ? DEFAULT_EVOLUTION_EPISODES : episodes;
    }

    private int run(TrainingRun run, int atOnce, Optional<OutputFile> file) throws IOException {
        long mostSteps = steps == null ? Long.MAX_VALUE : steps;
        long mostEpisodes = episodes != null ? episodes : steps != null ? Long.MAX_VALUE : DEFAULT_EPISODES;
        PrintWriter err = spec.commandLine().getErr();
        try (Interruption interruption = interruptions.get();
                ActorPool pool = actors.start(run.plan(), err)) {
            ObjectNode result;
            try (Progress progress = new Progress(terminal, err, "train", System::nanoTime)) {
                result = run.run(
                        mostEpisodes,
                        mostSteps,
                        new TrainingRun.Surroundings(
                                atOnce,
                                System::nanoTime,
                                System::currentTimeMillis,
                                List.of(new SpacedTable(terminal, err)),
                                progress,
                                interruption::happened),
                        pool.factory());
            } catch (DivergenceException e) {
                throw new JobFailedException(e.getMessage() + "; the last checkpoint is in " + run.folder());
            }
            return end(result, run.folder(), run.stepsBefore(), file);
        }
    }

    private int end(ObjectNode result, Path folder, long stepsBefore, Optional<OutputFile> file) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        boolean cancelled = result.get("cancelled").asBoolean();
        export(folder);
        print(result, file, cancelled);
        if (cancelled) {
            err.println("marllb: interrupted; go on with: marllb train --resume " + folder);
            err.flush();
            return Marllb.INTERRUPTED;
        }
        if (result.get("steps").asLong() == stepsBefore) {
            err.println("marllb: nothing to train: there were "
                    + result.get("episodes").asLong() + " episodes already; ask for more with --episodes");
            err.flush();
        }
        return 0;
    }

    private int evolve(EvolutionRun run, Optional<OutputFile> file) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        try (Interruption interruption = interruptions.get()) {
            ObjectNode result;
            try (Progress progress = new Progress(terminal, err, "train", System::nanoTime)) {
                result = run.run(
                        evolutionEpisodes(),
                        new TrainingRun.Surroundings(
                                1,
                                System::nanoTime,
                                System::currentTimeMillis,
                                List.of(new SpacedTable(terminal, err)),
                                progress,
                                interruption::happened));
            } catch (DivergenceException e) {
                throw new JobFailedException(e.getMessage() + "; the last checkpoint is in " + run.folder());
            }
            return end(result, run.folder(), run.stepsBefore(), file);
        }
    }

    private void export(Path folder) throws IOException {
        Path best = folder.resolve("best.marllb");
        if (onnx == null) {
            return;
        }
        if (!Files.exists(best)) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("marllb: " + onnx + " is not written: without an evaluation on schedule there is no " + best
                    + " (--set evaluate-every)");
            err.flush();
            return;
        }
        AgentFile agent = AgentFile.read(best);
        int actors = agent.manifest().actors();
        for (int a = 0; a < actors; a++) {
            String name = onnx.getFileName().toString();
            int dot = name.lastIndexOf('.') < 1 ? name.length() : name.lastIndexOf('.');
            Path file =
                    actors == 1 ? onnx : onnx.resolveSibling(name.substring(0, dot) + "-" + a + name.substring(dot));
            OnnxExport.write(agent, a, file);
        }
    }

    private int game(
            Algorithm algorithm, String name, Map<String, String> parameters, long root, Optional<OutputFile> file)
            throws IOException {
        require(!actors.wanted(), "a game is over in seconds; --actors are for trainings with a folder");
        require(onnx == null, "a game leaves no network; --onnx is for trainings with a folder");
        require(out == null, "a game has no folder; its result is printed, and written with --json");
        require(
                changes.isEmpty() && preset == null,
                "games are learnt with settings of their own; leave --set and --preset out");
        require(steps == null, "games are counted in --episodes");
        long number = episodes == null ? DEFAULT_GAME_EPISODES : episodes;
        require(number <= Integer.MAX_VALUE, "--episodes of a game must be at most " + Integer.MAX_VALUE);
        GameRun result = GameRun.run(algorithm, name, parameters, (int) number, root);
        print(result.json(), file, false);
        return 0;
    }

    private void print(ObjectNode result, Optional<OutputFile> file, boolean cancelled) throws IOException {
        PrintWriter stdout = spec.commandLine().getOut();
        if (STDOUT.equals(json)) {
            stdout.print(text(result));
        } else if (!cancelled) {
            TextTable table = new TextTable("result", "value");
            result.properties().forEach(f -> {
                if (!f.getKey().equals("schema") && !f.getKey().equals("cancelled")) {
                    table.row(f.getKey(), value(f.getValue()));
                }
            });
            table.print(stdout, terminal.columns());
        }
        stdout.flush();
        if (file.isPresent()) {
            file.get().writeText(text(result));
        }
    }

    private static String value(com.fasterxml.jackson.databind.JsonNode node) {
        if (node.isNull()) {
            return "none";
        }
        if (node.isDouble()) {
            return String.format(Locale.ROOT, "%.5g", node.asDouble());
        }
        if (node.isObject()) {
            List<String> parts = new ArrayList<>();
            node.properties().forEach(f -> parts.add(f.getKey() + " " + value(f.getValue())));
            return String.join(", ", parts);
        }
        if (node.isArray()) {
            List<String> parts = new ArrayList<>();
            node.forEach(n -> parts.add(value(n)));
            return "[" + String.join(", ", parts) + "]";
        }
        return node.asText();
    }

    private static String text(ObjectNode result) {
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
    }

    /** The table of Stable-Baselines3 on stderr, not more often than one can read. */
    private static final class SpacedTable implements TrainingLog {

        private final boolean overBar;
        private final PrintWriter err;
        private final ConsoleTable table;
        private long next = System.nanoTime() + TABLE_EVERY_NANOS;

        private SpacedTable(Terminal terminal, PrintWriter err) {
            this.err = err;
            overBar = terminal.progressBar();
            table = new ConsoleTable(err);
        }

        @Override
        public void row(long steps, Map<String, Double> values) {
            if (System.nanoTime() - next >= 0 || values.containsKey("eval/mean_reward")) {
                next = System.nanoTime() + TABLE_EVERY_NANOS;
                if (overBar) {
                    err.print(BLANK);
                }
                table.row(steps, values);
            }
        }

        @Override
        public void close() {
            table.close();
        }
    }
}
