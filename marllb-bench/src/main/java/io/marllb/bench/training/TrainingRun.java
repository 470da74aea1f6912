package io.marllb.bench.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.nn.Blas;
import io.marllb.agents.train.Actors;
import io.marllb.agents.train.Algorithm;
import io.marllb.agents.train.Evaluation;
import io.marllb.agents.train.EventFile;
import io.marllb.agents.train.Hooks;
import io.marllb.agents.train.ProgressCsv;
import io.marllb.agents.train.Trainer;
import io.marllb.agents.train.TrainingListener;
import io.marllb.agents.train.TrainingLog;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import io.marllb.policies.frozen.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleConsumer;
import java.util.function.LongSupplier;

/**
 * A training and its folder:
 *
 * <pre>
 * config.yml             everything that was set, and by which version of the program
 * scenario.yml           the scenario, where there is one certain one
 * progress.csv           a row per log interval; events.out.tfevents.* has the same for TensorBoard
 * evaluations.csv        a row per evaluation on schedule
 * best.marllb            the actors of the best evaluation on schedule
 * last.marllb            the actors as they are, with all that is needed to go on with the same bits
 * </pre>
 *
 * <p>Both checkpoints are there whole or as they were before, whenever the process ends. Not thread-safe.
 */
public final class TrainingRun {

    private static final int SCHEMA = 1;
    private static final String BEST = "best.marllb";
    private static final String LAST = "last.marllb";
    private static final String CONFIG = "config.yml";
    private static final String SCENARIO = "scenario.yml";
    private static final String ENVIRONMENT = "environment";
    private static final String REWARD = "mean_reward";

    private final TrainingPlan plan;
    private final Path folder;
    private final String version;
    private final String scenario; // as the user wrote it
    private final AgentFile from; // null at the start
    private Evaluation latest;
    private double best = Double.NEGATIVE_INFINITY;
    private long bestEpisodes;
    private ProgressCsv evaluations;

    private TrainingRun(TrainingPlan plan, Path folder, String version, String scenario, AgentFile from) {
        this.plan = plan;
        this.folder = folder;
        this.version = version;
        this.scenario = scenario;
        this.from = from;
    }

    /**
     * What surrounds a run and changes none of its results.
     *
     * @param threads how many work at once, {@code >= 1}
     * @param nanoClock for rates
     * @param epochMillis for TensorBoard's time axis
     * @param logs where rows go beside the folder
     * @param progress told the share that is done
     * @param cancelled asked after every iteration
     */
    public record Surroundings(
            int threads,
            LongSupplier nanoClock,
            LongSupplier epochMillis,
            List<TrainingLog> logs,
            DoubleConsumer progress,
            java.util.function.BooleanSupplier cancelled) {}

    /**
     * A new training.
     *
     * @param plan what to do
     * @param folder new or empty
     * @param version of the program, for the files
     * @return a run that has not begun
     * @throws IllegalArgumentException if something is in the folder
     * @throws IOException if the folder cannot be read or written
     */
    public static TrainingRun create(TrainingPlan plan, Path folder, String version) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IllegalArgumentException(folder + " is a file; name a folder for the training");
        }
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
                if (inside.iterator().hasNext()) {
                    throw new IllegalArgumentException("the folder " + folder + " is not empty; go on with --resume "
                            + folder + ", or name another with --out");
                }
            }
        }
        plan.algorithm().create(plan.settings(), plan.setup()); // what does not fit must leave no folder
        Files.createDirectories(folder);
        TrainingRun run = new TrainingRun(plan, folder, version, plan.problem().name(), null);
        run.describe();
        return run;
    }

    /**
     * Goes on with a training.
     *
     * @param folder of an earlier run
     * @param version of the program, for the files
     * @return a run that has not begun
     * @throws IllegalArgumentException if there is nothing to go on with, or it is damaged
     */
    public static TrainingRun resume(Path folder, String version) {
        Path last = folder.resolve(LAST);
        if (!Files.exists(last)) {
            throw new IllegalArgumentException(
                    "there is no " + LAST + " in " + folder + "; nothing can be resumed, train anew with --out");
        }
        AgentFile file = AgentFile.readForTraining(last);
        if (file.training().isEmpty()) {
            throw new IllegalArgumentException(last + " has no state of a training; it only serves");
        }
        AgentManifest m = file.manifest();
        Algorithm algorithm = Algorithm.named(m.algorithm());
        Map<String, String> settings = new TreeMap<>();
        Map<String, String> parameters = new TreeMap<>();
        m.config().forEach((key, value) -> {
            if (key.startsWith(ENVIRONMENT + ".")) {
                parameters.put(key.substring(ENVIRONMENT.length() + 1), value);
            } else if (!key.equals(ENVIRONMENT)) {
                settings.put(key, value);
            }
        });
        TrainingPlan plan;
        if (m.config().containsKey(ENVIRONMENT)) {
            plan = TrainingPlan.environment(
                    algorithm, m.preset(), m.config().get(ENVIRONMENT), parameters, settings, m.seed());
        } else {
            Path text = folder.resolve(SCENARIO);
            String name = Files.exists(text) ? text.toString() : m.scenario();
            plan = TrainingPlan.scenario(algorithm, m.preset(), name, settings, m.seed());
        }
        return new TrainingRun(plan, folder, version, m.scenario(), file);
    }

    /**
     * What is done.
     *
     * @return the plan
     */
    public TrainingPlan plan() {
        return plan;
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
     * Trains until there were so many episodes or steps since the very beginning, whichever comes first.
     *
     * @param episodes most episodes
     * @param steps most environment steps
     * @param surroundings threads, clocks, logs
     * @return the result for programs; its field {@code cancelled} tells whether it came to its end
     * @throws IOException if a file cannot be written
     */
    public ObjectNode run(long episodes, long steps, Surroundings surroundings) throws IOException {
        return run(episodes, steps, surroundings, Actors.Factory.LOCAL);
    }

    /**
     * Trains with actors that may be elsewhere; they change none of the results.
     *
     * @param episodes most episodes
     * @param steps most environment steps
     * @param surroundings threads, clocks, logs
     * @param actors makes those who act while they explore
     * @return the result for programs; its field {@code cancelled} tells whether it came to its end
     * @throws IOException if a file cannot be written
     */
    public ObjectNode run(long episodes, long steps, Surroundings surroundings, Actors.Factory actors)
            throws IOException {
        LearnerSetup setup = plan.setup();
        Learner learner = plan.algorithm().create(plan.settings(), setup);
        plan.problem().codec().ifPresent(codec -> codec.requireReads(learner.actor()));
        long done = stepsBefore() == 0 ? -1 : stepsBefore(); // the evaluation at 0 is made again
        List<TrainingLog> logs = new ArrayList<>();
        try {
            logs.add(ProgressCsv.resume(folder.resolve("progress.csv"), done));
            logs.add(EventFile.create(folder, surroundings.epochMillis()));
            logs.addAll(surroundings.logs());
            evaluations = ProgressCsv.resume(folder.resolve("evaluations.csv"), done);
            readBest();
            Hooks hooks = new Hooks(
                    surroundings.threads(),
                    surroundings.nanoClock(),
                    logs,
                    new Keeper(surroundings.progress()),
                    surroundings.cancelled());
            try (Trainer trainer = new Trainer(
                    learner,
                    setup,
                    plan.options(),
                    plan.problem()::make,
                    plan.problem().probe(),
                    hooks,
                    actors)) {
                if (from != null) {
                    trainer.load(from.training().orElseThrow());
                }
                boolean whole = trainer.run(episodes, steps);
                return result(trainer, !whole);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            for (TrainingLog log : logs) {
                log.close();
            }
        }
    }

    /**
     * Environment steps before this run.
     *
     * @return 0 at the start
     */
    public long stepsBefore() {
        return from == null ? 0 : Long.parseLong(from.manifest().training().getOrDefault("steps", "0"));
    }

    private void readBest() {
        if (from != null && Files.exists(folder.resolve(BEST))) {
            Map<String, String> summary =
                    AgentFile.read(folder.resolve(BEST)).manifest().training();
            best = Double.parseDouble(summary.getOrDefault(REWARD, "-Infinity"));
            bestEpisodes = Long.parseLong(summary.getOrDefault("episodes", "0"));
        }
    }

    /** Writes checkpoints and evaluations, and hands progress on. */
    private final class Keeper implements TrainingListener {

        private final DoubleConsumer progress;

        private Keeper(DoubleConsumer progress) {
            this.progress = progress;
        }

        @Override
        public void advanced(double share) {
            progress.accept(share);
        }

        @Override
        public void evaluated(Trainer trainer, Evaluation evaluation) {
            latest = evaluation;
        }

        @Override
        public void scheduled(Trainer trainer, Evaluation evaluation) {
            Map<String, Double> row = new TreeMap<>(evaluation.more());
            row.put("time/total_timesteps", (double) trainer.steps());
            row.put("time/episodes", (double) trainer.episodes());
            row.put("eval/mean_reward", evaluation.meanReward());
            row.put("eval/std_reward", evaluation.stdReward());
            row.put("eval/mean_ep_length", evaluation.meanLength());
            try {
                evaluations.row(trainer.steps(), row);
                if (evaluation.meanReward() > best || best == Double.NEGATIVE_INFINITY) {
                    Map<String, String> summary = summary(trainer);
                    summary.put(REWARD, Double.toString(evaluation.meanReward()));
                    evaluation.more().forEach((key, x) -> summary.put(key, Double.toString(x)));
                    agent(trainer, summary).write(folder.resolve(BEST));
                    best = evaluation.meanReward();
                    bestEpisodes = trainer.episodes();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void checkpoint(Trainer trainer) {
            Tensors all = new Tensors();
            trainer.save(all);
            try {
                agent(trainer, summary(trainer)).withTraining(all).write(folder.resolve(LAST));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Map<String, String> summary(Trainer trainer) {
        Map<String, String> summary = new LinkedHashMap<>();
        summary.put("episodes", Long.toString(trainer.episodes()));
        summary.put("steps", Long.toString(trainer.steps()));
        summary.put("updates", Long.toString(trainer.learner().updates()));
        return summary;
    }

    private AgentFile agent(Trainer trainer, Map<String, String> summary) {
        Learner learner = trainer.learner();
        LearnerSetup setup = plan.setup();
        List<float[]> actors = new ArrayList<>();
        for (int a = 0; a < learner.actors(); a++) {
            float[] flat = new float[learner.actor().parameters()];
            learner.copyActor(a, flat);
            actors.add(flat);
        }
        boolean anySize = learner.actor() instanceof NetworkSpec.PerServer;
        int servers = anySize ? 0 : Math.max(1, setup.servers());
        AgentManifest manifest = AgentManifest.of(
                        plan.algorithm().id(),
                        learner.actor(),
                        learner.heads().kind(),
                        plan.problem().codec().map(CodecSpec::text).orElse(""),
                        plan.problem().rule().orElse(""),
                        servers)
                .withTraining(plan.preset(), config(), scenario, plan.seed())
                .withBalancers(setup.agents(), learner.actors())
                .withSummary(summary)
                .withEnvironment(version, machine());
        return AgentFile.of(manifest, actors);
    }

    /** What the bits of a training depend on beside its settings. */
    private static Map<String, String> machine() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("processor", SpeedSuite.processor());
        all.put("java", System.getProperty("java.runtime.version"));
        all.put("blas", Blas.version());
        all.put("blas_threads", Integer.toString(Blas.threads()));
        return all;
    }

    /** Every setting, and the environment where it is not a scenario: what {@link #resume} reads. */
    private Map<String, String> config() {
        Map<String, String> all = new LinkedHashMap<>(plan.settings().values());
        if (plan.problem().codec().isEmpty()) {
            plan.problem()
                    .description()
                    .forEach((key, value) ->
                            all.put(key.equals(ENVIRONMENT) ? ENVIRONMENT : ENVIRONMENT + "." + key, value));
        }
        return all;
    }

    private void describe() throws IOException {
        StringBuilder yaml =
                new StringBuilder("# written by marllb train; go on with: marllb train --resume <this folder>\n");
        line(yaml, "", "agent", plan.algorithm().id());
        line(yaml, "", "preset", plan.preset());
        line(yaml, "", "seed", Long.toString(plan.seed()));
        line(yaml, "", "version", version);
        yaml.append("problem:\n");
        plan.problem().description().forEach((key, value) -> line(yaml, "  ", key, value));
        yaml.append("settings:\n");
        plan.settings().values().forEach((key, value) -> line(yaml, "  ", key, value));
        write(CONFIG, yaml.toString());
        if (plan.problem().scenarioText().isPresent()) {
            write(SCENARIO, plan.problem().scenarioText().get());
        }
    }

    /** Numbers and plain words as they are, all else in JSON's quotes, which YAML reads too. */
    private static void line(StringBuilder yaml, String indent, String key, String value) {
        boolean plain = value.matches("[A-Za-z][A-Za-z0-9./_-]*|-?[0-9]+(\\.[0-9]+)?(E-?[0-9]+)?");
        yaml.append(indent).append(key).append(": ");
        yaml.append(plain ? value : JsonNodeFactory.instance.textNode(value).toString());
        yaml.append('\n');
    }

    private void write(String name, String text) throws IOException {
        WholeFile.write(folder.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private ObjectNode result(Trainer trainer, boolean cancelled) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("schema", SCHEMA);
        node.put("agent", plan.algorithm().id());
        node.put(plan.problem().codec().isPresent() ? "scenario" : "env", scenario);
        node.put("preset", plan.preset());
        node.put("seed", plan.seed());
        node.put("cancelled", cancelled);
        node.put("episodes", trainer.episodes());
        node.put("steps", trainer.steps());
        node.put("updates", trainer.learner().updates());
        if (latest == null) {
            node.putNull("evaluation");
        } else {
            ObjectNode e = node.putObject("evaluation");
            e.put("episodes", latest.episodes());
            e.put(REWARD, latest.meanReward());
            e.put("std_reward", latest.stdReward());
            e.put("mean_ep_length", latest.meanLength());
            latest.more().forEach((key, x) -> e.put(key.substring(key.indexOf('/') + 1), x));
        }
        if (best == Double.NEGATIVE_INFINITY) {
            node.putNull("best");
        } else {
            node.putObject("best")
                    .put(REWARD, best)
                    .put("at_episode", bestEpisodes)
                    .put("file", folder.resolve(BEST).toString());
        }
        node.put("folder", folder.toString());
        return node;
    }
}
