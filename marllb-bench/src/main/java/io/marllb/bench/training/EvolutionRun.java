package io.marllb.bench.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.es.EsConfig;
import io.marllb.agents.es.EvolutionStrategy;
import io.marllb.agents.train.EventFile;
import io.marllb.agents.train.ProgressCsv;
import io.marllb.agents.train.Settings;
import io.marllb.agents.train.TrainingLog;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.env.ParallelLoadBalanceEnv;
import io.marllb.env.engine.RunResult;
import io.marllb.env.scenario.Curriculum;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.Tensors;
import io.marllb.policies.frozen.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A training by evolution strategies and its folder: the files of {@link TrainingRun}, with a row of progress per generation. What it evaluates is the
 * relative gain over the codec's neutral action. Not thread-safe.
 */
public final class EvolutionRun {

    /** What {@code --agent} calls it. */
    public static final String NAME = "es";

    private static final double P99 = 99;
    private static final int SCHEMA = 1;
    private static final int HORIZON = 280; // 70 s: three times the memory of the estimates
    private static final String GAIN = "gain";
    private static final String EPISODES = "episodes";
    private static final String PRESET = "default";
    private static final String BEST = "best.marllb";
    private static final String LAST = "last.marllb";
    private static final String SCENARIO = "scenario.yml";

    private final String scenario; // as the user wrote it
    private final TrainingProblem own; // by the text that was kept
    private final Settings settings;
    private final long seed;
    private final Path folder;
    private final String version;
    private final AgentFile from; // null at the start
    private double best = Double.NEGATIVE_INFINITY;
    private long bestEpisodes;
    private double latest = Double.NaN;

    private EvolutionRun(String scenario, Settings settings, long seed, Path folder, String version, AgentFile from) {
        this.scenario = scenario;
        this.settings = settings;
        Path kept = folder.resolve(SCENARIO);
        own = TrainingProblem.scenario(
                from != null && Files.exists(kept) ? kept.toString() : scenario,
                settings.get(LoadBalanceSettings.class),
                false);
        this.seed = seed;
        this.folder = folder;
        this.version = version;
        this.from = from;
    }

    private static Settings defaults() {
        return Settings.of(
                EsConfig.defaults(),
                new LoadBalanceSettings("relative", "sed", "in-flight", "duration-discounted-mean", "mean", HORIZON));
    }

    /**
     * A new training.
     *
     * @param scenario a named scenario, a file, or {@code curriculum}
     * @param changes settings by name on top of the defaults
     * @param episodes most episodes, at least those of a generation
     * @param seed root of all streams
     * @param folder new or empty
     * @param version of the program, for the files
     * @return a run that has not begun
     * @throws IllegalArgumentException if a setting is wrong, or something is in the folder
     * @throws IOException if the folder cannot be read or written
     */
    public static EvolutionRun create(
            String scenario, Map<String, String> changes, long episodes, long seed, Path folder, String version)
            throws IOException {
        Settings settings = defaults().with(changes);
        EvolutionRun run = new EvolutionRun(scenario, settings, seed, folder, version, null);
        if (episodes < run.perGeneration()) {
            throw new IllegalArgumentException("episodes must be at least " + run.perGeneration()
                    + ", those of one generation (2 x pairs x batch), but was " + episodes);
        }
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
                if (inside.iterator().hasNext()) {
                    throw new IllegalArgumentException("the folder " + folder + " is not empty; go on with --resume "
                            + folder + ", or name another with --out");
                }
            }
        }
        run.strategy().close(); // what does not fit must leave no folder
        Files.createDirectories(folder);
        run.describe();
        return run;
    }

    /**
     * Whether a folder holds a training of this kind.
     *
     * @param folder of an earlier run
     * @return true if {@link #resume} reads it
     */
    public static boolean isIn(Path folder) {
        Path last = folder.resolve(LAST);
        return Files.exists(last) && AgentFile.read(last).manifest().algorithm().equals(NAME);
    }

    /**
     * Goes on with a training.
     *
     * @param folder of an earlier run
     * @param version of the program, for the files
     * @return a run that has not begun
     * @throws IllegalArgumentException if there is nothing to go on with, or it is damaged
     */
    public static EvolutionRun resume(Path folder, String version) {
        AgentFile file = AgentFile.readForTraining(folder.resolve(LAST));
        if (file.training().isEmpty()) {
            throw new IllegalArgumentException(folder.resolve(LAST) + " has no state of a training; it only serves");
        }
        AgentManifest m = file.manifest();
        EvolutionRun run = new EvolutionRun(m.scenario(), defaults().with(m.config()), m.seed(), folder, version, file);
        run.latest = Double.parseDouble(m.training().getOrDefault(GAIN, "NaN"));
        Path kept = folder.resolve(BEST);
        if (Files.exists(kept)) {
            Map<String, String> summary = AgentFile.read(kept).manifest().training();
            run.best = Double.parseDouble(summary.getOrDefault(GAIN, "-Infinity"));
            run.bestEpisodes = Long.parseLong(summary.getOrDefault(EPISODES, "0"));
        }
        return run;
    }

    /**
     * Where it is.
     *
     * @return the folder
     */
    public Path folder() {
        return folder;
    }

    /**
     * Steps before this run.
     *
     * @return 0 at the start
     */
    public long stepsBefore() {
        return from == null ? 0 : Long.parseLong(from.manifest().training().getOrDefault("steps", "0"));
    }

    private TrainingProblem problem(String of) {
        return of.equals(scenario) ? own : TrainingProblem.scenario(of, settings.get(LoadBalanceSettings.class), false);
    }

    private long perGeneration() {
        EsConfig config = settings.get(EsConfig.class);
        return 2L * config.pairs() * config.batch();
    }

    private EvolutionStrategy strategy() {
        EsConfig config = settings.get(EsConfig.class);
        List<ParallelEnv> environments = new ArrayList<>();
        if (config.balancers().isEmpty()) {
            environments.add(problem(scenario).make());
        } else if (!Curriculum.isDrawn(scenario)) {
            throw new IllegalArgumentException(
                    "balancers can only be set for scenario curriculum, but it was " + scenario);
        }
        int n = Curriculum.isDrawn(scenario) ? Curriculum.parse(scenario).servers() : 0;
        for (int m : config.balancers()) {
            environments.add(problem(new Curriculum(n, m).text()).make());
        }
        LearnerSetup setup = problem(scenario).setup(seed);
        return new EvolutionStrategy(config, setup, environments, EvolutionRun::tail);
    }

    private static double tail(StepResult last) {
        return ((RunResult) last.info().get(ParallelLoadBalanceEnv.RUN_RESULT))
                .fct()
                .getValueAtPercentile(P99);
    }

    /**
     * Trains until there were so many episodes since the very beginning, in whole generations; then evaluates and writes a checkpoint. Only evaluations
     * on schedule, and the neutral action at the start, are kept as best: so a run that was cut into parts keeps the same.
     *
     * @param episodes most episodes; nothing happens if another generation is too much
     * @param surroundings logs, progress; one thread is used
     * @return the result for programs; its field {@code cancelled} tells whether it came to its end
     * @throws IOException if a file cannot be written
     */
    public ObjectNode run(long episodes, TrainingRun.Surroundings surroundings) throws IOException {
        EsConfig config = settings.get(EsConfig.class);
        long perGeneration = perGeneration();
        boolean cancelled = false;
        List<TrainingLog> logs = new ArrayList<>();
        try (EvolutionStrategy strategy = strategy()) {
            if (from != null) {
                strategy.load(from.training().orElseThrow());
            }
            logs.add(ProgressCsv.resume(folder.resolve("progress.csv"), strategy.steps()));
            ProgressCsv evaluations =
                    ProgressCsv.resume(folder.resolve("evaluations.csv"), from == null ? -1 : strategy.steps());
            logs.add(EventFile.create(folder, surroundings.epochMillis()));
            logs.addAll(surroundings.logs());
            long start = surroundings.nanoClock().getAsLong();
            long stepsAtStart = strategy.steps();
            if (from == null) {
                boolean neutral = config.start().isEmpty();
                latest = neutral ? 0 : strategy.evaluate(); // gains are relative to the neutral action
                keep(strategy, evaluations);
            }
            while (!cancelled && strategy.episodes() + perGeneration <= episodes) {
                Map<String, Double> row = new TreeMap<>();
                strategy.generation(row::put);
                double seconds = (surroundings.nanoClock().getAsLong() - start) * 1e-9;
                row.put("time/total_timesteps", (double) strategy.steps());
                row.put("time/episodes", (double) strategy.episodes());
                row.put("time/time_elapsed", seconds);
                row.put("time/fps", (strategy.steps() - stepsAtStart) / Math.max(seconds, 1e-9));
                row.put("train/n_updates", (double) strategy.generations());
                cancelled = surroundings.cancelled().getAsBoolean();
                boolean last = cancelled || strategy.episodes() + perGeneration > episodes;
                boolean due = strategy.generations() % config.evaluationEvery() == 0;
                if (due || last && !cancelled) {
                    latest = strategy.evaluate();
                    row.put("eval/" + GAIN, latest);
                }
                if (due) {
                    keep(strategy, evaluations);
                }
                for (TrainingLog log : logs) {
                    log.row(strategy.steps(), row);
                }
                if (last || due) {
                    Tensors all = new Tensors();
                    strategy.save(all);
                    agent(strategy).withTraining(all).write(folder.resolve(LAST));
                }
                surroundings.progress().accept(Math.min(1, strategy.episodes() / (double) episodes));
            }
            return result(strategy, cancelled);
        } finally {
            for (TrainingLog log : logs) {
                log.close();
            }
        }
    }

    /** The latest evaluation was on schedule. */
    private void keep(EvolutionStrategy strategy, ProgressCsv evaluations) throws IOException {
        Map<String, Double> row = new TreeMap<>();
        row.put("time/total_timesteps", (double) strategy.steps());
        row.put("time/episodes", (double) strategy.episodes());
        row.put("eval/" + GAIN, latest);
        evaluations.row(strategy.steps(), row);
        if (latest > best) {
            best = latest;
            bestEpisodes = strategy.episodes();
            agent(strategy).write(folder.resolve(BEST));
        }
    }

    private AgentFile agent(EvolutionStrategy strategy) {
        Map<String, String> summary = new LinkedHashMap<>();
        summary.put("generations", Long.toString(strategy.generations()));
        summary.put(EPISODES, Long.toString(strategy.episodes()));
        summary.put("steps", Long.toString(strategy.steps()));
        if (!Double.isNaN(latest)) {
            summary.put(GAIN, Double.toString(latest));
        }
        TrainingProblem problem = problem(scenario);
        AgentManifest manifest = AgentManifest.of(
                        NAME,
                        strategy.actor(),
                        strategy.heads(),
                        problem.codec().map(CodecSpec::text).orElseThrow(),
                        problem.rule().orElseThrow(),
                        0)
                .withTraining(PRESET, settings.values(), scenario, seed)
                .withBalancers(problem.setup(seed).agents(), 1)
                .withSummary(summary)
                .withEnvironment(version, Map.of());
        return AgentFile.of(manifest, List.of(strategy.parameters()));
    }

    private void describe() throws IOException {
        StringBuilder yaml =
                new StringBuilder("# written by marllb train; go on with: marllb train --resume <this folder>\n");
        Map<String, String> all = new LinkedHashMap<>();
        all.put("agent", NAME);
        all.put("scenario", scenario);
        all.put("seed", Long.toString(seed));
        all.put("version", version);
        all.putAll(settings.values());
        all.forEach((key, value) -> yaml.append(key)
                .append(": ")
                .append(JsonNodeFactory.instance.textNode(value))
                .append('\n'));
        write("config.yml", yaml.toString());
        if (own.scenarioText().isPresent()) {
            write(SCENARIO, own.scenarioText().get());
        }
    }

    private void write(String name, String text) throws IOException {
        WholeFile.write(folder.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private ObjectNode result(EvolutionStrategy strategy, boolean cancelled) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("schema", SCHEMA);
        node.put("agent", NAME);
        node.put("scenario", scenario);
        node.put("preset", PRESET);
        node.put("seed", seed);
        node.put("cancelled", cancelled);
        node.put(EPISODES, strategy.episodes());
        node.put("steps", strategy.steps());
        node.put("updates", strategy.generations());
        if (Double.isNaN(latest)) {
            node.putNull("evaluation");
        } else {
            node.putObject("evaluation")
                    .put(EPISODES, settings.get(EsConfig.class).evaluationEpisodes())
                    .put(GAIN, latest);
        }
        if (best == Double.NEGATIVE_INFINITY) {
            node.putNull("best");
        } else {
            node.putObject("best")
                    .put(GAIN, best)
                    .put("at_episode", bestEpisodes)
                    .put("file", folder.resolve(BEST).toString());
        }
        node.put("folder", folder.toString());
        return node;
    }
}
