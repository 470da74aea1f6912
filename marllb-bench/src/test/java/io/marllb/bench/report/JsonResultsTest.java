package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.replay.PolicyResult;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonResultsTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void writesTheGoldenFile() throws IOException {
        String json = JsonResults.of(
                Ranking.of(MadeUp.result(
                        MadeUp.policy("a", false, 10, 12, 11, 13, 14),
                        MadeUp.losing("b:x=1/m", false, 100, 11, 13, 12.5, 14, 15),
                        MadeUp.policy("oracle-sed", true, 9, 11, 10, 12, 13))),
                List.of("a \"note\""));

        try (InputStream golden = JsonResultsTest.class.getResourceAsStream("results.json")) {
            assertThat(json).isEqualTo(new String(golden.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    @Test
    void hasEveryFieldThatOtherProgramsRelyOn() throws IOException {
        JsonNode root = MAPPER.readTree(JsonResults.of(
                Ranking.of(MadeUp.result(MadeUp.policy("a", false, 10, 12), MadeUp.policy("b", false, 11, 14))),
                List.of()));

        assertThat(names(root)).contains("schema", "scenario", "seeds", "engine", "policies");
        assertThat(root.get("schema").asInt()).isEqualTo(1);
        assertThat(names(root.get("engine"))).contains("events", "wall_s", "events_per_s", "other_events");
        JsonNode policy = root.get("policies").get(1);
        assertThat(names(policy))
                .contains(
                        "policy",
                        "flows",
                        "completed",
                        "rejected",
                        "in_flight_at_end",
                        "fct_ms",
                        "fct_ms_by_class",
                        "jain",
                        "server_utilisation",
                        "server_mean_in_flight",
                        "decision_ns",
                        "per_seed");
        assertThat(names(policy.get("fct_ms")))
                .containsExactly("mean", "ci95", "p50", "p90", "p95", "p99", "p999", "max");
        assertThat(policy.get("fct_ms").get("ci95")).hasSize(2);
        assertThat(policy.get("fct_ms_by_class").get("all").get("mean").asDouble())
                .isEqualTo(12.5);
        assertThat(names(policy.get("decision_ns"))).containsExactly("mean", "p99");
        assertThat(names(policy.get("per_seed").get(0))).contains("seed", "mean_ms", "p99_ms", "rejected");
        assertThat(policy.get("flows").asLong())
                .isEqualTo(policy.get("completed").asLong()
                        + policy.get("rejected").asLong()
                        + policy.get("in_flight_at_end").asLong());
        assertThat(policy.get("fct_ms").get("p50").asDouble()).isBetween(49.75, 50.25);
        assertThat(policy.get("fct_ms").get("p99").asDouble()).isBetween(98.5, 99.5);
    }

    @Test
    void writesNullForWhatDoesNotExist() throws IOException {
        PolicyResult dead = MadeUp.policy("dead", false, List.of(MadeUp.seed(1, 1000, Double.NaN, List.of())));

        String json = JsonResults.of(Ranking.of(MadeUp.result(dead)), List.of());

        assertThat(json).doesNotContain("NaN").doesNotContain("Infinity");
        JsonNode policy = MAPPER.readTree(json).get("policies").get(0);
        assertThat(policy.get("fct_ms").get("mean").isNull()).isTrue();
        assertThat(policy.get("fct_ms").get("ci95").isNull()).isTrue();
        assertThat(policy.get("versus").isNull()).isTrue();
        assertThat(policy.get("per_seed").get(0).get("mean_ms").isNull()).isTrue();
    }

    @Test
    void keepsTheOrderInWhichPoliciesWereAskedFor() throws IOException {
        JsonNode root = MAPPER.readTree(JsonResults.of(
                Ranking.of(MadeUp.result(MadeUp.policy("slow", false, 30, 31), MadeUp.policy("fast", false, 1, 2))),
                List.of()));

        assertThat(root.get("policies").findValuesAsText("policy")).containsExactly("slow", "fast");
        assertThat(root.get("reference").asText()).isEqualTo("fast");
    }

    @Test
    void hasNoTimesAfterWhatDependsOnTheHostIsTakenOut() throws IOException {
        ObjectNode root = (ObjectNode) MAPPER.readTree(
                JsonResults.of(Ranking.of(MadeUp.result(MadeUp.policy("a", false, 10, 12))), List.of()));

        ((ObjectNode) root.get("engine")).remove(List.of("wall_s", "events_per_s"));

        assertThat(root.get("engine").toString()).isEqualTo("{\"events\":4000,\"other_events\":600}");
    }

    private static List<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
