package io.marllb.cli;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.online.OnlineLearner;
import io.marllb.agents.train.Settings;
import io.marllb.policies.experience.ExperienceReader;
import io.marllb.policies.experience.ExperienceShape;
import io.marllb.policies.frozen.AgentFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Learns from live traffic, in a process of its own. */
@Command(
        name = "learner",
        description = {
            "Goes on with a trained agent by what 'marllb controller --online-training DIR' writes down, until it is ended.",
            "Now and then it puts a candidate into DIR/candidates; the controller tries that and lets it serve only if it is better. It never touches the "
                    + "traffic, and may be ended and started at any time: it goes on from DIR/learner.marllb."
        },
        exitCodeList = {"1:it failed", "2:bad input", "130, 143:ended by SIGINT, SIGTERM"},
        footer = {"", "Example: marllb learner --online /var/lib/marllb/vip --from out/last.marllb"})
final class LearnerCommand implements Callable<Integer> {

    private static final String STATE = "learner.marllb";
    private static final String CANDIDATES = "candidates";
    private static final String EXPERIENCE = "experience";
    private static final long LOOK_MILLIS = 250;
    private static final int MOST_UPDATES_AT_ONCE = 64;
    private static final int KEPT_CANDIDATES = 10;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--online",
            paramLabel = "DIR",
            required = true,
            description = "The folder of the controller's --online-training.")
    private Path folder;

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description = "The last.marllb of a training by sac-gru, to begin with. Default: DIR/" + STATE + ".")
    private Path from;

    @Option(
            names = "--actor",
            paramLabel = "I",
            description = "Which of its networks, where it has one per balancer. Default: 0.")
    private int actor;

    @Option(
            names = "--save-interval",
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "From one candidate to the next. Default: 10m.")
    private Duration saveInterval = Duration.ofMinutes(10);

    @Option(
            names = "--updates",
            paramLabel = "X",
            description = "Updates per interval of experience. Default: ${DEFAULT-VALUE}.")
    private double updatesPerTransition = 1;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is drawn. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(names = "--set", paramLabel = "K=V", description = "Change a setting of the training, such as batch=64.")
    private List<String> set = List.of();

    @Override
    public Integer call() throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        if (!(updatesPerTransition > 0 && updatesPerTransition <= MOST_UPDATES_AT_ONCE)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--updates must be in (0, " + MOST_UPDATES_AT_ONCE + "], but was " + updatesPerTransition);
        }
        if (!Files.isDirectory(folder)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--online " + folder + ": there is no such folder; start 'marllb controller --online-training "
                            + folder + "' first");
        }
        AgentFile agent = AgentFile.readForTraining(start());
        CountDownLatch end = new CountDownLatch(1);
        try (Interruption interruption = new Interruption(end::countDown);
                ExperienceReader reader = new ExperienceReader(folder.resolve(EXPERIENCE))) {
            ExperienceShape shape = reader.shape();
            if (shape == null) {
                err.println("learner: waiting for the controller's first experience in " + folder);
                err.flush();
            }
            while (shape == null && !ended(end)) {
                shape = reader.shape();
            }
            int which = actor;
            while (shape != null && end.getCount() > 0) {
                agent = learn(
                        new OnlineLearner(agent, which, shape, Settings.parse(set), seed), shape, reader, end, err);
                which = 0; // what goes on is that one alone
                shape = reader.shape();
            }
            return interruption.happened() ? Marllb.INTERRUPTED : 0;
        }
    }

    private Path start() {
        Path state = folder.resolve(STATE);
        if (from == null && !Files.exists(state)) {
            throw new ParameterException(
                    spec.commandLine(), "where to begin? give --from FILE, the last.marllb of a training by sac-gru");
        }
        return from == null ? state : from;
    }

    /** Waits a moment; true at the end. */
    private static boolean ended(CountDownLatch end) {
        try {
            return end.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Until the end, or until there is experience of another shape, such as with more servers; the state then. */
    private AgentFile learn(
            OnlineLearner learner, ExperienceShape shape, ExperienceReader reader, CountDownLatch end, PrintWriter err)
            throws IOException {
        double owed = 0;
        long saved = learner.updates();
        long savedAt = System.nanoTime();
        boolean more = true;
        while (end.getCount() > 0 && shape.equals(reader.shape()) && (more || !ended(end))) {
            int taken = learner.take(reader);
            owed = learner.ready() ? owed + taken * updatesPerTransition : 0;
            int now = (int) Math.min(MOST_UPDATES_AT_ONCE, owed);
            for (int i = 0; i < now && end.getCount() > 0; i++) {
                try {
                    learner.update((key, value) -> {});
                } catch (DivergenceException e) {
                    throw new JobFailedException("learning went wrong: " + e.getMessage()
                            + "; start again, perhaps with smaller rates (--set)");
                }
            }
            owed -= now;
            more = taken > 0 || owed >= 1;
            if (learner.updates() > saved && System.nanoTime() - savedAt >= saveInterval.toNanos()) {
                save(learner, err);
                saved = learner.updates();
                savedAt = System.nanoTime();
            }
        }
        AgentFile state = learner.state(Version.program());
        if (learner.updates() > saved) {
            state.write(folder.resolve(STATE));
        }
        return state;
    }

    private void save(OnlineLearner learner, PrintWriter err) throws IOException {
        Path candidates = Files.createDirectories(folder.resolve(CANDIDATES));
        Path candidate = candidates.resolve(String.format(Locale.ROOT, "%013d.marllb", System.currentTimeMillis()));
        learner.agent(Version.program()).write(candidate);
        learner.state(Version.program()).write(folder.resolve(STATE));
        try (Stream<Path> all = Files.list(candidates)) {
            List<Path> old =
                    all.filter(f -> f.toString().endsWith(".marllb")).sorted().toList();
            for (Path f : old.subList(0, Math.max(0, old.size() - KEPT_CANDIDATES))) {
                Files.deleteIfExists(f);
            }
        }
        err.println("learner: " + candidate + " after " + learner.updates() + " updates and " + learner.transitions()
                + " intervals");
        err.flush();
    }
}
