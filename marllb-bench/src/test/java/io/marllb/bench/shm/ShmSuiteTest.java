package io.marllb.bench.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java and C on one segment, in processes of their own. */
class ShmSuiteTest {

    private static void requireACompiler() {
        Optional<String> missing = ShmSuite.missing();
        assumeTrue(missing.isEmpty(), () -> "shared memory between Java and C: " + missing.orElseThrow());
    }

    @Test
    void aMillionUpdatesEachWayAreWholeAndInOrderAndSurvivorsGoOn() throws Exception {
        requireACompiler();

        ShmSuite.Report report = ShmSuite.run(new ShmSuite.Options(1_000_000, 8, 100, 3, 1), line -> {});

        assertHolds(report, 1_000_000, 3);
        JsonNode json = new ObjectMapper().readTree(ShmSuite.json(report, "marllb bench shm"));
        assertThat(json.at("/directions/1/name").asText()).isEqualTo("Java to C");
        assertThat(json.at("/kills/0/bad").asLong()).isZero();
        assertThat(json.at("/one_way_ns/2/p50").asDouble()).isPositive();
    }

    @Test
    @Tag("slow")
    void tenMillionUpdatesAndTwoHundredKills() throws Exception {
        requireACompiler();

        assertHolds(ShmSuite.run(new ShmSuite.Options(10_000_000, 64, 1_000, 100, 2), line -> {}), 10_000_000, 100);
    }

    @Test
    void anInterruptedRunLeavesNothing(@TempDir Path shared) {
        requireACompiler();

        assertThatThrownBy(() -> ShmSuite.run(
                        new ShmSuite.Options(1_000_000, 8, 100, 0, 1),
                        line -> {
                            if (line.startsWith("control")) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        shared))
                .isInstanceOf(InterruptedException.class);

        assertThat(shared).isEmptyDirectory();
    }

    private static void assertHolds(ShmSuite.Report report, long updates, int kills) {
        assertThat(report.directions()).hasSize(2).allSatisfy(d -> {
            assertThat(d.updates()).isEqualTo(updates);
            assertThat(d.good()).isPositive();
            assertThat(d.torn()).isZero();
            assertThat(d.backwards()).isZero();
            assertThat(d.refused()).isZero();
        });
        assertThat(report.controls())
                .hasSize(2)
                .allSatisfy(c -> assertThat(c.torn()).isPositive());
        assertThat(report.latencies())
                .hasSize(3)
                .allSatisfy(l -> assertThat(l.p50()).isBetween(l.min(), l.p99()));
        assertThat(report.kills()).hasSize(2).allSatisfy(k -> {
            assertThat(k.kills()).isEqualTo(kills);
            assertThat(k.bad()).isZero();
            assertThat(k.records()).isGreaterThanOrEqualTo(kills);
        });
        assertThat(report.holds()).isTrue();
    }

    @Test
    void badSizesAreSaidTogether() {
        assertThatThrownBy(() -> new ShmSuite.Options(0, 300, 1, -1, 1))
                .hasMessage("shm: updates must be >= 1, but was 0; servers must be <= 256, but was 300;"
                        + " rounds must be >= 10, but was 1; kills must be >= 0, but was -1");
    }
}
