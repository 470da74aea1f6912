package io.marllb.rl4j;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.AgentFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains RL4J's DQN to balance load and writes it as an agent file. */
@Command(
        name = "train-dqn",
        description = {
            "Trains RL4J's DQN to balance load, with one balancer in place of the scenario's, and writes it as an agent file, which "
                    + "'marllb evaluate FILE' and the policy agent:FILE read like any other.",
            "A baseline: RL4J is no longer maintained. 'marllb train' learns better things faster."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:the training failed", "2:bad input"},
        footer = {"", "Example: train-dqn --scenario quickstart --steps 20000 --seed 1 --out dqn.marllb"})
public final class TrainDqn implements Callable<Integer> {

    private static final int LINE_EVERY = 5; // episodes
    private static final int MOST_STEPS = 100_000_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            defaultValue = "quickstart",
            description = "A scenario that ships, or a YAML file. Default: ${DEFAULT-VALUE}.")
    private String scenario;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "20000",
            description = "Control intervals to train for, about 8 ms each. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Root of all randomness. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The agent file to write.")
    private Path out;

    private int episodes;
    private double sum;

    /** For picocli. */
    public TrainDqn() {}

    /**
     * The program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        return new CommandLine(new TrainDqn()).execute(args);
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        if (steps < 1 || steps > MOST_STEPS) {
            throw new ParameterException(
                    spec.commandLine(), "--steps must be in [1, " + MOST_STEPS + "], but was " + steps);
        }
        Path folder = out.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(out)) {
            throw new ParameterException(
                    spec.commandLine(), "--out " + out + " must be a file in a folder that exists");
        }
        Scenario played;
        try {
            played = Scenarios.load(scenario);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        AgentFile agent = LoadBalanceDqn.train(
                played, LoadBalanceDqn.config(steps), seed, "marllb-rl4j", reward -> ended(err, reward));
        try {
            agent.write(out);
        } catch (IOException e) {
            err.println("train-dqn: cannot write " + out + ": " + e);
            return 1;
        }
        spec.commandLine().getOut().println("wrote " + out);
        return 0;
    }

    private void ended(PrintWriter err, double reward) {
        episodes++;
        sum += reward;
        if (episodes % LINE_EVERY == 0) {
            err.printf(Locale.ROOT, "episodes=%d ep_rew_mean=%.4g%n", episodes, sum / LINE_EVERY);
            err.flush();
            sum = 0;
        }
    }
}
