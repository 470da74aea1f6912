package io.marllb.dataplane.control;

import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.LiveObservation;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.RuleNumbers;
import io.marllb.policies.experience.Experience;
import io.marllb.policies.experience.ExperienceShape;
import io.marllb.policies.experience.ExperienceWriter;
import io.marllb.policies.frozen.FrozenPolicy;
import io.marllb.policies.frozen.WholeFile;
import io.marllb.policies.host.WeightCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Learning from live traffic, as far as the controller has a part in it: writes down what the agent saw and did, tries candidates that a learner in another
 * process puts into a folder, and lets one serve when it has shown that it is better. Whatever fails here leaves the served agent as it is. Belongs to
 * one data plane; for the controller's thread.
 */
final class OnlineTraining implements AutoCloseable {

    private static final String CANDIDATES = "candidates";
    private static final String EXPERIENCE = "experience";
    private static final String VERDICTS = "verdicts.csv";
    private static final long FILE_BYTES = 64L << 20;
    private static final int FILES = 8;
    private static final int LOOK_EVERY_ROUNDS = 20;

    private final OnlineConfig config;
    private final Incidents incidents;
    private final PolicySetup setup;
    private final DataPlane dataPlane;
    private final RuleNumbers rule; // by which flows are placed now
    private final ExperienceWriter writer;
    private final Experience experience;
    private final RandomGenerator order;
    private final double[] answer; // [n], of who is asked beside
    private final ExecutorService loader = Executors.newSingleThreadExecutor(task -> {
        Thread t = new Thread(task, "marllb-candidates");
        t.setDaemon(true);
        return t;
    });

    private Future<PolicySpec> loading;
    private String lastTried; // by name, which grows with time
    private long rounds;
    private Trial trial; // null while there is no candidate
    private PolicySpec candidate;
    private WeightPolicy candidatePolicy;
    private WeightPolicy lastServing; // who decided in the last round, if that was written down
    private float reward = Float.NaN; // of the interval that ended last
    private int tried;
    private int promoted;

    /**
     * Begins.
     *
     * @param named the policy that serves now; candidates must place flows by the same rule
     * @param served its agent, whose shape is what the experience has
     * @throws IllegalArgumentException if it is no agent, or the folder cannot be written
     */
    OnlineTraining(
            OnlineConfig config,
            DataPlane dataPlane,
            PolicySpec named,
            WeightPolicy served,
            long intervalNanos,
            int balancer,
            RandomGenerator order,
            Incidents incidents) {
        if (!(served instanceof FrozenPolicy agent)) {
            throw new IllegalArgumentException(
                    "online training needs a trained agent in service, such as --agent last.marllb; this policy learns nothing");
        }
        this.config = config;
        this.incidents = incidents;
        this.dataPlane = dataPlane;
        SegmentSpec spec = dataPlane.spec();
        int balancers = (int) Math.min(Integer.MAX_VALUE, spec.balancers());
        setup = new PolicySetup(spec.servers(), balancers, balancer, intervalNanos, 0, Outbox.NONE);
        rule = named.rule(balancers);
        answer = new double[spec.servers()];
        ExperienceShape shape = new ExperienceShape(
                spec.servers(), balancers, agent.lastInputs().length, agent.lastAction().length, intervalNanos);
        experience = new Experience(shape);
        this.order = order;
        try {
            Files.createDirectories(config.folder().resolve(CANDIDATES));
            lastTried = lastJudged(config.folder().resolve(VERDICTS));
            writer = new ExperienceWriter(config.folder().resolve(EXPERIENCE), shape, FILE_BYTES, FILES);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "online training cannot use the folder " + config.folder() + ": " + e.getMessage(), e);
        }
    }

    /** The newest candidate that had its verdict in an earlier life: judged again and again, one in twenty equal ones would pass each time. */
    private static String lastJudged(Path verdicts) throws IOException {
        try (Stream<String> lines = Files.lines(verdicts, StandardCharsets.UTF_8)) {
            return lines.map(line -> line.substring(0, Math.max(0, line.indexOf(','))))
                    .max(Comparator.naturalOrder())
                    .orElse("");
        } catch (NoSuchFileException e) {
            return "";
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Who decides in this round. */
    WeightPolicy serving(WeightPolicy served) {
        return trial != null && trial.candidateServes() ? candidatePolicy : served;
    }

    /** The candidate's decision failed, was late or not valid. */
    void candidateFailed(String why) {
        if (trial != null) {
            trial.failed(why);
        }
    }

    /** An interval has ended; it belongs to who decided a round ago, so this comes before {@link #serving}. */
    void interval(double flowSeconds, double completed) {
        reward = completed > 0 && flowSeconds > 0 ? (float) -Math.log(flowSeconds / completed) : Float.NaN;
        if (trial != null) {
            trial.measure(flowSeconds, completed);
        }
    }

    /**
     * A round has ended with a decision that is in force.
     *
     * @param turn by which others are asked
     * @param observation what was decided upon
     * @param served the served agent
     * @param asked who decided: it, or the candidate
     * @param weights what was published of the decision, before slow start
     * @param altered whether guard-rails changed the decision, so that the action was not done as it was meant
     * @return the policy to serve from now on, if the candidate has won
     */
    Optional<PolicySpec> after(
            Turn turn,
            LiveObservation observation,
            WeightPolicy served,
            WeightPolicy asked,
            double[] weights,
            boolean altered,
            long timeoutNanos) {
        write(observation, asked, altered);
        if (trial != null && trial.verdict() == Trial.Verdict.RUNNING) {
            WeightPolicy other = asked == served ? candidatePolicy : served;
            if (!askBeside(turn, observation, other, weights, timeoutNanos)) {
                return Optional.empty(); // rounds went on without this one
            }
        }
        rounds++;
        if (trial == null) {
            look();
        } else if (trial.verdict() != Trial.Verdict.RUNNING) {
            return verdict();
        }
        return Optional.empty();
    }

    /** A round without a decision in force. */
    void disturbed() {
        lastServing = null;
        if (trial != null) {
            trial.disturbed();
        }
    }

    private void write(LiveObservation observation, WeightPolicy serving, boolean altered) {
        if (altered || !(serving instanceof FrozenPolicy agent)) {
            lastServing = null;
            return;
        }
        experience.timeNanos = observation.now();
        experience.follows = serving == lastServing;
        experience.reward = reward;
        System.arraycopy(agent.lastInputs(), 0, experience.inputs, 0, experience.inputs.length);
        System.arraycopy(agent.lastAction(), 0, experience.action, 0, experience.action.length);
        try {
            writer.append(experience);
            lastServing = serving;
            incidents.over("experience-lost");
        } catch (IOException e) {
            lastServing = null;
            incidents.note("experience-lost", "cannot be written: " + e.getMessage());
        }
    }

    /** Keeps the memory of who does not serve going; in the shadow it is also judged. False if rounds went on meanwhile. */
    private boolean askBeside(
            Turn turn, LiveObservation observation, WeightPolicy other, double[] weights, long timeoutNanos) {
        String fault = "it does not answer in time";
        double apart = 0;
        if (!turn.thinking(other)) {
            System.arraycopy(weights, 0, answer, 0, weights.length);
            switch (turn.ask(other, observation, answer, timeoutNanos)) {
                case ABANDONED -> {
                    return false;
                }
                case FAILED -> fault = "it fails: " + turn.failure();
                case LATE -> {}
                case DECIDED -> {
                    boolean valid = WeightCheck.weights(answer, observation::active) && WeightCheck.bias(other.bias());
                    fault = valid ? "" : "its weights are not valid";
                    apart = valid ? apart(answer, weights, observation) : 0;
                }
            }
        }
        trial.shadow(fault, apart);
        return true;
    }

    /** Mean absolute logarithm of the ratio of two weights' shares, over the servers that take part. */
    private static double apart(double[] a, double[] b, LiveObservation observation) {
        double sumA = 0;
        double sumB = 0;
        int n = 0;
        for (int j = 0; j < a.length; j++) {
            if (observation.active(j)) {
                sumA += a[j];
                sumB += b[j];
                n++;
            }
        }
        double apart = 0;
        for (int j = 0; j < a.length; j++) {
            if (observation.active(j)) {
                apart += Math.abs(
                        Math.log(Math.max(a[j] / sumA, Double.MIN_NORMAL) / Math.max(b[j] / sumB, Double.MIN_NORMAL)));
            }
        }
        return n == 0 ? 0 : apart / n;
    }

    /** Looks for a newer candidate now and then, and begins its trial when it is read. */
    private void look() {
        if (loading != null && loading.isDone()) {
            begin();
        } else if (loading == null && rounds % LOOK_EVERY_ROUNDS == 0) {
            Path newest = newest();
            if (newest != null && newest.getFileName().toString().compareTo(lastTried) > 0) {
                lastTried = newest.getFileName().toString();
                loading = loader.submit(() -> PolicyRegistry.parse("agent:" + newest));
            }
        }
    }

    private Path newest() {
        try (Stream<Path> files = Files.list(config.folder().resolve(CANDIDATES))) {
            Path newest = files.filter(f -> f.toString().endsWith(".marllb"))
                    .max(Comparator.comparing(f -> f.getFileName().toString()))
                    .orElse(null);
            incidents.over("candidates-unreadable");
            return newest;
        } catch (IOException e) {
            incidents.note("candidates-unreadable", e.getMessage());
            return null;
        }
    }

    private void begin() {
        Future<PolicySpec> done = loading;
        loading = null;
        try {
            PolicySpec spec = done.get();
            Policies.check(spec, dataPlane);
            if (!spec.rule(setup.balancers()).equals(rule)) {
                throw new IllegalArgumentException("it places flows by another rule than the served agent");
            }
            WeightPolicy built = spec.build(setup).weights();
            if (!(built instanceof FrozenPolicy agent) || agent.lastInputs().length != experience.inputs.length) {
                throw new IllegalArgumentException("it has another shape than the served agent");
            }
            candidate = spec;
            candidatePolicy = built;
            trial = new Trial(config, setup.intervalNanos(), order);
            tried++;
            incidents.over("candidate-refused");
            Incidents.info("trial", "candidate " + spec.name() + " decides in the shadow");
        } catch (ExecutionException e) {
            incidents.note("candidate-refused", lastTried + ": " + e.getCause().getMessage());
        } catch (IllegalArgumentException e) {
            incidents.note("candidate-refused", lastTried + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<PolicySpec> verdict() {
        boolean better = trial.verdict() == Trial.Verdict.BETTER;
        String said = trial.reason();
        PolicySpec judged = candidate;
        trial = null;
        record(judged.name(), better, said);
        Incidents.info(better ? "candidate-serves" : "candidate-rejected", judged.name() + ": " + said);
        if (!better) {
            return Optional.empty();
        }
        promoted++;
        lastServing = null;
        return Optional.of(keep(judged));
    }

    /** The winner, under the name that a restart finds. */
    private PolicySpec keep(PolicySpec winner) {
        Path from = Path.of(winner.name().substring("agent:".length()));
        Path to = config.served();
        try {
            WholeFile.write(to, out -> Files.copy(from, out));
            incidents.over("served-unwritten");
            return PolicyRegistry.parse("agent:" + to);
        } catch (IOException | IllegalArgumentException e) {
            incidents.note("served-unwritten", to + ": " + e.getMessage() + "; a restart will serve the agent before");
            return winner;
        }
    }

    private void record(String name, boolean better, String said) {
        try {
            Files.writeString(
                    config.folder().resolve(VERDICTS),
                    String.format(
                            Locale.ROOT,
                            "%s,%s,\"%s\"%n",
                            name.substring(name.lastIndexOf('/') + 1),
                            better ? "serves" : "rejected",
                            said.replace("\"", "'")),
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            incidents.note("verdict-unwritten", e.getMessage());
        }
    }

    /** The winner's own memory goes on. */
    WeightPolicy winner() {
        return candidatePolicy;
    }

    int tried() {
        return tried;
    }

    int promoted() {
        return promoted;
    }

    @Override
    public void close() {
        loader.shutdownNow();
        try {
            writer.close();
        } catch (IOException e) {
            incidents.note("experience-lost", e.getMessage());
        }
    }
}
