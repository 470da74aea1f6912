package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.Tensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** End to end with real learners, on budgets of a second. */
class TrainCommandTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** So small that an update takes a millisecond. */
    private static final List<String> TINY = List.of(
            "--set", "before=8",
            "--set", "gru=4",
            "--set", "batch=4",
            "--set", "horizon=10",
            "--set", "environments=1",
            "--set", "updates-per-iteration=2",
            "--set", "evaluation-episodes=1");

    private static final List<String> SAC = List.of("--set", "time=4", "--set", "burn-in=2", "--set", "warm-up=20");
    private static final List<String> QMIX =
            List.of("--set", "window=4", "--set", "burn-in=2", "--set", "start-episodes=1");

    @TempDir
    private Path folder;

    private static Cli train(List<String> more, String... args) {
        List<String> all = new ArrayList<>(List.of("train"));
        all.addAll(List.of(args));
        all.addAll(more);
        return Cli.run(all.toArray(String[]::new));
    }

    private static List<String> tiny(String agent) {
        List<String> all = new ArrayList<>(TINY);
        all.addAll(agent.startsWith("sac") ? SAC : QMIX);
        return all;
    }

    private String out(String name) {
        return folder.resolve(name).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sac-gru", "sac-gru-single", "qmix", "vdn", "qmix-weighted", "iql"})
    void everyAgentTrainsAndWhatItLeavesServes(String agent) throws IOException {
        Cli run = train(
                tiny(agent),
                "--agent",
                agent,
                "--scenario",
                "quickstart",
                "--episodes",
                "3",
                "--out",
                out("run"),
                "--json",
                "-");

        assertThat(run.err()).doesNotContain("marllb:");
        assertThat(run.exitCode()).isZero();
        JsonNode json = MAPPER.readTree(run.out());
        assertThat(json.get("agent").asText()).isEqualTo(agent);
        assertThat(json.get("scenario").asText()).isEqualTo("quickstart");
        assertThat(json.get("episodes").asInt()).isEqualTo(3);
        assertThat(json.get("updates").asInt()).isPositive();
        assertThat(json.get("evaluation").get("mean_s").asDouble()).isPositive();
        assertThat(folder.resolve("run").toFile().list())
                .contains("config.yml", "scenario.yml", "progress.csv", "evaluations.csv", "best.marllb", "last.marllb")
                .anyMatch(f -> f.startsWith("events.out.tfevents."))
                .hasSize(7);
        assertThat(AgentFile.read(folder.resolve("run/best.marllb")).manifest().algorithm())
                .isEqualTo(agent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sac-gru", "qmix"})
    void resumingGivesTheFileOfNeverStopping(String agent) throws IOException {
        String[] start = {"--agent", agent, "--scenario", "quickstart", "--seed", "7"};
        List<String> whole = new ArrayList<>(tiny(agent));
        whole.addAll(List.of("--out", out("whole"), "--episodes", "6", "--threads", "2"));
        List<String> half = new ArrayList<>(tiny(agent));
        half.addAll(List.of("--out", out("half"), "--episodes", "3", "--threads", "1"));
        for (List<String> args : List.of(whole, half)) {
            args.addAll(List.of("--set", "evaluate-every=2")); // so the half ends off the schedule
        }

        assertThat(train(whole, start).exitCode()).isZero();
        assertThat(train(half, start).exitCode()).isZero();
        Cli resumed = train(List.of(), "--resume", out("half"), "--episodes", "6", "--threads", "1");

        assertThat(resumed.err()).doesNotContain("marllb:");
        assertThat(resumed.exitCode()).isZero();
        for (String file : List.of("last.marllb", "best.marllb", "evaluations.csv")) {
            assertThat(folder.resolve("half").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("whole").resolve(file));
        }
        assertThat(Files.readAllLines(folder.resolve("half/evaluations.csv"))).hasSize(1 + 4); // at 0, 2, 4 and 6
        List<String> rows = Files.readAllLines(folder.resolve("half/progress.csv"));
        assertThat(rows.get(0)).contains("rollout/ep_rew_mean").contains("time/total_timesteps");
    }

    @Test
    void evolutionTrainsResumesWithTheSameBitsAndServes() throws IOException {
        Path scenario = Files.writeString(folder.resolve("mine.yml"), Scenarios.write(Scenarios.load("quickstart")));
        String[] start = {
            "--agent",
            "es",
            "--scenario",
            scenario.toString(),
            "--seed",
            "3",
            "--set",
            "pairs=1",
            "--set",
            "batch=1",
            "--set",
            "horizon=10",
            "--set",
            "evaluation-episodes=1",
            "--set",
            "evaluation-every=2"
        };

        Cli whole = train(List.of("--out", out("whole"), "--episodes", "8", "--json", "-"), start);
        Cli half = train(List.of("--out", out("half"), "--episodes", "6"), start);
        Files.delete(scenario);
        Cli resumed = train(List.of(), "--resume", out("half"), "--episodes", "8");
        Cli again = train(List.of(), "--resume", out("half"), "--episodes", "8");

        assertThat(whole.err() + half.err() + resumed.err()).doesNotContain("marllb:");
        assertThat(List.of(whole.exitCode(), half.exitCode(), resumed.exitCode(), again.exitCode()))
                .containsOnly(0);
        assertThat(again.err()).contains("nothing to train: there were 8 episodes already");
        for (String file : List.of("last.marllb", "best.marllb", "evaluations.csv", "scenario.yml")) {
            assertThat(folder.resolve("half").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("whole").resolve(file));
        }
        JsonNode json = MAPPER.readTree(whole.out());
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "schema",
                        "agent",
                        "scenario",
                        "preset",
                        "seed",
                        "cancelled",
                        "episodes",
                        "steps",
                        "updates",
                        "evaluation",
                        "best",
                        "folder");
        assertThat(json.get("updates").asInt()).isEqualTo(4);
        assertThat(json.get("steps").asInt()).isEqualTo(80);
        assertThat(json.at("/evaluation/gain").isNumber()).isTrue();
        assertThat(json.at("/best/gain").isNumber()).isTrue();
        Cli replay = Cli.run(
                "replay",
                "--scenario",
                "quickstart",
                "--policies",
                "agent:" + folder.resolve("half/last.marllb"),
                "--seeds",
                "1");
        assertThat(replay.exitCode()).as(replay.err()).isZero();
    }

    @Test
    void anInterruptedEvolutionSaysHowToGoOn() {
        TrainCommand command = new TrainCommand(Terminal.NONE, () -> new Interruption() {
            @Override
            boolean happened() {
                return true;
            }
        });
        StringWriter err = new StringWriter();

        int exitCode = new CommandLine(command)
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err))
                .execute(
                        "--agent",
                        "es",
                        "--scenario",
                        "quickstart",
                        "--set",
                        "pairs=1",
                        "--set",
                        "batch=1",
                        "--set",
                        "horizon=5",
                        "--out",
                        out("e"),
                        "--onnx",
                        out("e.onnx"));

        assertThat(exitCode).isEqualTo(130);
        assertThat(err.toString()).contains("interrupted; go on with: marllb train --resume " + out("e"));
        assertThat(folder.resolve("e.onnx")).exists();
        Cli resumed = train(List.of("--seed", "4"), "--resume", out("e"));
        assertThat(resumed.exitCode()).isEqualTo(2);
        assertThat(resumed.err()).contains("--resume goes on with what is in the folder");
        assertThat(train(List.of("--steps", "4"), "--resume", out("e")).err()).contains("es counts --episodes");
    }

    @Test
    void aRunThatWasOverOrKeptNoBestSaysSo() {
        List<String> args = new ArrayList<>(tiny("qmix"));
        args.addAll(List.of("--set", "evaluate-every=0", "--onnx", out("a.onnx")));

        Cli run = train(args, "--agent", "qmix", "--scenario", "quickstart", "--episodes", "1", "--out", out("n"));
        Cli again = train(List.of(), "--resume", out("n"), "--episodes", "1");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("a.onnx is not written").contains("evaluate-every");
        assertThat(folder.resolve("a.onnx")).doesNotExist();
        assertThat(again.exitCode()).isZero();
        assertThat(again.err()).contains("nothing to train: there were 1 episodes already");
    }

    @Test
    void aCraftedStateIsBadInput() throws IOException {
        train(tiny("qmix"), "--agent", "qmix", "--scenario", "quickstart", "--episodes", "1", "--out", out("c"));
        Path last = folder.resolve("c/last.marllb");
        AgentFile file = AgentFile.readForTraining(last);
        Tensors crafted = new Tensors();
        Tensors all = file.training().orElseThrow();
        for (String name : all.names()) {
            if (name.equals("trainer.counters")) {
                crafted.put(name, new float[] {1, 2, 3});
            } else if (all.isFloat(name)) {
                crafted.put(name, all.floats(name), all.shape(name));
            } else {
                crafted.put(name, all.longs(name));
            }
        }
        file.withTraining(crafted).write(last);

        Cli run = train(List.of(), "--resume", out("c"), "--episodes", "2");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("tensor 'trainer.counters' must be int64, but is float32");
    }

    @Test
    void softActorCriticKeepsNoStates() {
        train(tiny("sac-gru"), "--agent", "sac-gru", "--scenario", "quickstart", "--episodes", "2", "--out", out("k"));

        Tensors all = AgentFile.readForTraining(folder.resolve("k/last.marllb"))
                .training()
                .orElseThrow();
        assertThat(all.names()).anyMatch(n -> n.endsWith("states"));
        for (String name : all.names()) {
            if (name.endsWith("states") && !name.startsWith("trainer.")) {
                assertThat(all.shape(name)).as(name).containsExactly(0);
            }
        }
    }

    @Test
    @Tag("slow")
    void presetsOfAFixedSizeTrainToo() {
        for (String preset : List.of("paper", "original", "seed")) {
            for (String agent : List.of("sac-gru", "qmix")) {
                Cli run = train(
                        List.of(),
                        "--agent",
                        agent,
                        "--scenario",
                        "paper-moderate-690",
                        "--preset",
                        preset,
                        "--set",
                        "horizon=5",
                        "--set",
                        "updates-per-iteration=0",
                        "--set",
                        "evaluation-episodes=1",
                        "--episodes",
                        "1",
                        "--out",
                        out(preset + agent));

                assertThat(run.err()).doesNotContain("marllb:");
                assertThat(run.exitCode()).as(preset + " " + agent).isZero();
            }
        }
    }

    @Test
    void theBestActorsAreExported() {
        Path file = folder.resolve("a.onnx");

        train(
                tiny("qmix"),
                "--agent",
                "qmix",
                "--scenario",
                "quickstart",
                "--episodes",
                "1",
                "--out",
                out("q"),
                "--onnx",
                file.toString());
        train(
                List.of("--set", "horizon=5", "--set", "evaluation-episodes=1"),
                "--agent",
                "sac-gru",
                "--preset",
                "original",
                "--scenario",
                "quickstart",
                "--episodes",
                "1",
                "--out",
                out("s"),
                "--onnx",
                out("b.onnx"));

        assertThat(file).isNotEmptyFile();
        assertThat(folder.resolve("b-0.onnx")).isNotEmptyFile();
        assertThat(folder.resolve("b-1.onnx")).isNotEmptyFile();
        assertThat(folder.resolve("b.onnx")).doesNotExist();
    }

    @Test
    void randomClustersHaveNoScenarioFile() {
        Cli run = train(
                tiny("sac-gru"),
                "--agent",
                "sac-gru",
                "--scenario",
                "curriculum",
                "--episodes",
                "2",
                "--out",
                out("r"));

        assertThat(run.exitCode()).isZero();
        assertThat(folder.resolve("r/scenario.yml")).doesNotExist();
        assertThat(train(List.of(), "--resume", out("r"), "--episodes", "4").exitCode())
                .isZero();
    }

    @Test
    void anyEnvironmentCanBeLearnt() throws IOException {
        Cli run = train(
                List.of("--set", "batch=4", "--set", "time=4", "--set", "warm-up=20"),
                "--agent",
                "sac-gru",
                "--env",
                "pendulum:horizon=20",
                "--steps",
                "100",
                "--out",
                out("p"),
                "--json",
                "-");

        assertThat(run.err()).doesNotContain("marllb:");
        JsonNode json = MAPPER.readTree(run.out());
        assertThat(json.get("env").asText()).isEqualTo("pendulum");
        assertThat(json.get("steps").asInt()).isEqualTo(100);
        assertThat(train(List.of(), "--resume", out("p"), "--steps", "200").exitCode())
                .isZero();
        Cli evaluate = Cli.run("evaluate", out("p"));
        assertThat(evaluate.exitCode()).isEqualTo(2);
        assertThat(evaluate.err()).contains("no load balancing");
    }

    @Test
    void aGamePrintsItsReturnAndJointValues() throws IOException {
        Path payoff = Files.writeString(folder.resolve("g.yaml"), "payoff: [[8, 0, 1], [0, 5, 1]]");
        String[] game = {"--env", "matrix", "--payoff", payoff.toString(), "--episodes", "600", "--json", "-"};

        JsonNode vdn = MAPPER.readTree(
                train(List.of("--agent", "vdn", "--seed", "3"), game).out());
        JsonNode iql = MAPPER.readTree(train(List.of("--agent", "iql"), game).out());

        assertThat(vdn.fieldNames())
                .toIterable()
                .contains("schema", "agent", "env", "seed", "episodes", "greedy_return", "q_joint");
        assertThat(vdn.get("seed").asLong()).isEqualTo(3);
        assertThat(vdn.get("episodes").asInt()).isEqualTo(600);
        assertThat(vdn.get("greedy_return").asDouble()).isEqualTo(8);
        assertThat(vdn.get("q_joint")).hasSize(2);
        assertThat(vdn.get("q_joint").get(0)).hasSize(3);
        // additive: the differences between rows are the same in every column
        double left = vdn.at("/q_joint/0/0").asDouble() - vdn.at("/q_joint/1/0").asDouble();
        double right =
                vdn.at("/q_joint/0/2").asDouble() - vdn.at("/q_joint/1/2").asDouble();
        assertThat(left).isCloseTo(right, within(1e-3));
        assertThat(iql.get("q_joint").isNull()).isTrue();
        assertThat(iql.get("greedy_return").isNumber()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--scenario quickstart|which --agent? One of sac-gru",
                "--agent qmix|Name a --scenario or an --env",
                "--agent qmixx --scenario quickstart|unknown agent 'qmixx'; did you mean 'qmix'?",
                "--agent qmix --scenario quikstart|did you mean 'quickstart'?",
                "--agent qmix --scenario quickstart --set learning-rat=1|unknown setting 'learning-rat'; did you mean 'learning-rate'?",
                "--agent qmix --scenario quickstart --set learning-rate=fast|learning-rate must be a number, but was 'fast'",
                "--agent qmix --scenario quickstart --set learning-rate=NaN|learningRate",
                "--agent qmix --scenario quickstart --set learning-rate|must be NAME=VALUE",
                "--agent qmix --scenario quickstart --set codec=relativ|did you mean 'relative'?",
                "--agent qmix --scenario quickstart --set codec=none|codec must not be none",
                "--agent qmix --scenario quickstart --set reward=fairness|unknown reward",
                "--agent qmix --scenario quickstart --preset papr|did you mean 'paper'?",
                "--agent qmix --scenario quickstart --env cart-pole|cannot both be learnt",
                "--agent qmix --scenario quickstart --payoff x.yaml|--payoff belongs to --env matrix",
                "--agent qmix --env matrix|needs the parameter 'payoff'",
                "--agent qmix --env matrix --payoff /no/such|there is no such file",
                "--agent qmix --env climbing --set batch=2|games are learnt with settings of their own",
                "--agent qmix --env cart-poll|did you mean 'cart-pole'?",
                "--agent sac-gru --env cart-pole:horzon=3|did you mean 'horizon'?",
                "--agent qmix --env pendulum|Discrete",
                "--agent qmix --scenario quickstart --episodes 0|--episodes must be >= 1",
                "--resume /no/such/folder|there is no last.marllb in /no/such/folder",
                "--resume x --agent qmix|--resume goes on with what is in the folder",
                "--agent es --scenario quickstart --episodes 10|episodes must be at least 192",
                "--agent es --scenario quickstart --steps 10|es counts --episodes",
                "--agent es --scenario quickstart --threads 2|es plays on one thread",
                "--agent es --scenario quickstart --actors spawn|es plays in one process",
                "--agent es --scenario quickstart --any-host|es plays in one process",
                "--agent es --scenario quickstart --payoff x.yaml|--payoff belongs to --env matrix",
                "--agent es --scenario quickstart --preset paper|es has one preset",
                "--agent es --env cart-pole|es learns to balance load",
                "--agnt qmix|did you mean '--agent'?",
            })
    void badInputIsOneMessageAndNothingElse(String args, String message) {
        Cli run = Cli.run(Stream.concat(
                        Stream.concat(Stream.of("train"), Stream.of(args.split(" ", -1))),
                        args.contains("--resume") || args.contains("climbing") || args.contains("matrix")
                                ? Stream.of()
                                : Stream.of("--out", out("x")))
                .toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("marllb: ").contains(message).doesNotContain("\tat ");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void aFolderWithSomethingInItStaysAsItIs() throws IOException {
        Files.writeString(folder.resolve("mine.txt"), "keep");

        Cli run = train(tiny("qmix"), "--agent", "qmix", "--scenario", "quickstart", "--out", folder.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("is not empty; go on with --resume");
        assertThat(folder.toFile().list()).containsExactly("mine.txt");
    }

    @Test
    void aDamagedCheckpointIsNotResumed() throws IOException {
        train(tiny("qmix"), "--agent", "qmix", "--scenario", "quickstart", "--episodes", "1", "--out", out("r"));
        Path last = folder.resolve("r/last.marllb");
        byte[] bytes = Files.readAllBytes(last);
        bytes[bytes.length / 2] ^= 1;
        Files.write(last, bytes);

        Cli run = train(List.of(), "--resume", out("r"), "--episodes", "2");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("last.marllb");
        assertThat(Files.readAllBytes(last)).isEqualTo(bytes);
    }

    @Test
    void divergenceFailsTheJobAndKeepsTheLastCheckpoint() throws IOException {
        List<String> settings = new ArrayList<>(tiny("sac-gru"));
        settings.addAll(List.of("--set", "checkpoint-every=1", "--set", "reward-scale=1e30", "--set", "warm-up=40"));

        Cli run = train(
                settings, "--agent", "sac-gru", "--scenario", "quickstart", "--episodes", "40", "--out", out("d"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("learning diverged").contains("seed 1").contains("the last checkpoint is in");
        assertThat(AgentFile.readForTraining(folder.resolve("d/last.marllb")).training())
                .isPresent();
    }

    @Test
    void anInterruptedTrainingCanBeResumed() throws IOException {
        AtomicLong asked = new AtomicLong();
        TrainCommand command = new TrainCommand(Terminal.NONE, () -> new Interruption() {
            @Override
            boolean happened() {
                return asked.incrementAndGet() > 2;
            }
        });
        List<String> args = new ArrayList<>(tiny("qmix"));
        args.addAll(List.of("--agent", "qmix", "--scenario", "quickstart", "--episodes", "100", "--out", out("i")));
        StringWriter err = new StringWriter();

        int exitCode = new CommandLine(command)
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err))
                .execute(args.toArray(String[]::new));

        assertThat(exitCode).isEqualTo(130);
        assertThat(err.toString()).contains("interrupted; go on with: marllb train --resume " + out("i"));
        assertThat(AgentFile.readForTraining(folder.resolve("i/last.marllb"))
                        .manifest()
                        .training())
                .containsEntry("episodes", "2");
        assertThat(train(List.of(), "--resume", out("i"), "--episodes", "3").exitCode())
                .isZero();
    }
}
