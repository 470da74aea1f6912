package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static String run;
    private static String small;
    private static String other;

    @BeforeAll
    static void trainSomething() throws IOException {
        run = folder.resolve("run").toString();
        Cli train = Cli.run(
                "train",
                "--agent",
                "sac-gru",
                "--scenario",
                "quickstart",
                "--episodes",
                "1",
                "--out",
                run,
                "--set",
                "before=4",
                "--set",
                "gru=4",
                "--set",
                "horizon=5",
                "--set",
                "evaluation-episodes=1");
        assertThat(train.exitCode()).isZero();
        small = scenario("small", 3);
        other = scenario("other", 4);
    }

    private static String scenario(String name, int servers) throws IOException {
        String shown = Cli.run("scenario", "show", "quickstart").out();
        String text = shown.replaceFirst("(?m)^name:.*$", "name: " + name).replaceFirst("flows: \\d+", "flows: 3000");
        assertThat(text).contains("flows: 3000");
        return Files.writeString(folder.resolve(name + servers + ".yaml"), text).toString();
    }

    @Test
    void theAgentStandsBesideHeuristicsWithTheLadder() {
        Cli evaluate =
                Cli.run("evaluate", run, "--scenario", small, "--policies", "lsq,rate,oracle-sed", "--seeds", "2");

        assertThat(evaluate.exitCode()).isZero();
        assertThat(evaluate.out())
                .contains("agent:" + run)
                .contains("Headroom")
                .contains("Per cent above oracle-sed")
                .doesNotContain("geometric mean");
    }

    /** The launcher of a checkout is a file called marllb. */
    @Test
    void theNameOfAShippedAgentMeansItWhateverFileIsCalledSo() throws IOException {
        Path file = Files.writeString(Path.of("marllb"), "not an agent");
        try {
            Cli evaluate =
                    Cli.run("evaluate", "marllb", "--scenario", small, "--policies", "oracle-sed", "--seeds", "1");

            assertThat(evaluate.exitCode()).as(evaluate.err()).isZero();
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void oneScenarioGivesTheSchemaOfReplay() throws IOException {
        Cli evaluate = Cli.run(
                "evaluate", run, "--scenario", small, "--policies", "lsq,oracle-sed", "--seeds", "2", "--json", "-");

        JsonNode json = MAPPER.readTree(evaluate.out());
        assertThat(json.get("scenario").asText()).isEqualTo("small");
        assertThat(json.get("policies")).hasSize(3);
        JsonNode policies = json.get("policies");
        assertThat(policies.get(0).get("policy").asText()).isEqualTo("agent:" + run + "/best.marllb");
        double a = Math.log(policies.at("/1/per_seed/0/mean_ms").asDouble()
                / policies.at("/2/per_seed/0/mean_ms").asDouble());
        double b = Math.log(policies.at("/1/per_seed/1/mean_ms").asDouble()
                / policies.at("/2/per_seed/1/mean_ms").asDouble());
        for (JsonNode row : json.get("ladder").get("policies")) {
            if (row.get("policy").asText().equals("lsq")) {
                assertThat(row.get("mean_percent_above").asDouble())
                        .isCloseTo(100 * (Math.exp((a + b) / 2) - 1), within(1e-4));
            }
        }
    }

    @Test
    void severalScenariosEndInAGeometricMean() throws IOException {
        Path file = folder.resolve("two.json");

        Cli evaluate = Cli.run(
                "evaluate",
                run,
                "--scenario",
                small + "," + other,
                "--policies",
                "lsq,oracle-sed",
                "--seeds",
                "2",
                "--json",
                file.toString());

        assertThat(evaluate.out()).contains("geometric mean over the scenarios");
        JsonNode json = MAPPER.readTree(file.toFile());
        assertThat(json.get("scenarios")).hasSize(2);
        JsonNode ladder = json.get("ladder");
        assertThat(ladder.get("scenarios")).hasSize(2);
        for (JsonNode row : ladder.get("policies")) {
            double product = 1;
            for (JsonNode x : row.get("mean_by_scenario")) {
                product *= 1 + x.asDouble() / 100;
            }
            assertThat(row.get("mean_percent_above").asDouble())
                    .isCloseTo(100 * (Math.sqrt(product) - 1), within(1e-9));
        }
    }

    @Test
    void withoutTheAllSeeingPolicyThereIsNoLadder() throws IOException {
        Cli evaluate =
                Cli.run("evaluate", run, "--scenario", small, "--policies", "lsq", "--seeds", "2", "--json", "-");

        assertThat(MAPPER.readTree(evaluate.out()).get("ladder").isNull()).isTrue();
    }

    @Test
    void aBadCheckpointIsBadInput() throws IOException {
        Path best = folder.resolve("run/best.marllb");
        byte[] bytes = Files.readAllBytes(best);
        Path cut = Files.write(folder.resolve("cut.marllb"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        Path text = Files.writeString(folder.resolve("text.marllb"), "no zip");
        Path empty = Files.createDirectories(folder.resolve("empty"));

        for (String bad : new String[] {
            cut.toString(), text.toString(), empty.toString(), "missing.marllb", "no-such-agent", run + "/config.yml"
        }) {
            Cli evaluate = Cli.run("evaluate", bad, "--scenario", small);

            assertThat(evaluate.exitCode()).as(bad).isEqualTo(2);
            assertThat(evaluate.out()).isEmpty();
            assertThat(evaluate.err()).startsWith("marllb: ").doesNotContain("\tat ");
        }
    }
}
