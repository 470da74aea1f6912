package io.marllb.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.Scenarios;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceScenarioTest {

    private static final String CLUSTER =
            """
            name: pair
            balancers: 2
            servers:
              - {cores: 1, speed: 1.0}
              - {cores: 3, speed: 1.0}
            traffic:
              arrivals: {type: poisson, rate: 10}
              classes:
                - {name: page, share: 1, cpu: {type: exponential, mean: 20ms}}
            events:
              - {at: 1s, servers: [0], speed: 0.5}
              - {at: 2s, add: {cores: 1, speed: 4.0}}
            run: {%s, warmup: 20%%, seed: 7}
            """;

    @TempDir
    Path folder;

    private Scenario cluster(String run) {
        return Scenarios.parse(String.format(CLUSTER, run), "pair.yaml", folder);
    }

    private Arrivals.Trace trace(String content) throws IOException {
        return new Arrivals.Trace(Files.writeString(folder.resolve("t.csv"), content), "auto", 1, List.of());
    }

    /** 5 flows in 2 s, each 400 ms of work: one core of speed 1 is busy on average. */
    private Arrivals.Trace sized() throws IOException {
        return trace("time_s,cpu_ms\n0,400\n0.5,400\n1,400\n1.5,400\n2,400\n");
    }

    @Test
    void scalesAllSpeedsToTheUtilisation() throws IOException {
        TraceScenario made = TraceScenario.scaled(cluster("flows: 3"), sized(), 0.5);

        // 1 busy core over 4 cores is 0.25: half the speed gives 0.5.
        assertThat(made.scenario().servers()).extracting(s -> s.speed()).containsExactly(0.5, 0.5);
        assertThat(made.scenario().events())
                .containsExactly(
                        new ScenarioEvent.SetSpeed(1_000_000_000L, List.of(0), 0.25),
                        new ScenarioEvent.Add(
                                2_000_000_000L, new ServerSpec(1, 2.0, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, Discipline.PS)));
        assertThat(made.notes()).last().asString().contains("pair").contains("x 0.5 ").contains("utilisation 0.500");
    }

    @Test
    void aScaledTraceRunsWhole() throws IOException {
        Scenario.Run run =
                TraceScenario.scaled(cluster("flows: 3"), sized(), 0.5).scenario().run();

        assertThat(run).isEqualTo(new Scenario.Run(OptionalLong.of(5), OptionalLong.empty(), 0.2, 7));
    }

    @Test
    void aDescribedClusterKeepsItsSpeedsAndItsRun() throws IOException {
        TraceScenario made = TraceScenario.on(cluster("flows: 3"), sized());

        assertThat(made.scenario().servers()).isEqualTo(cluster("flows: 3").servers());
        assertThat(made.scenario().run().flows()).hasValue(3);
        assertThat(made.notes()).anyMatch(n -> n.startsWith("run: the first 3 flows"));
        assertThat(made.notes()).last().isEqualTo("utilisation 0.250");
    }

    @Test
    void aRunEndsWithItsTrace() throws IOException {
        assertThat(TraceScenario.on(cluster("flows: 1000"), sized()).scenario().run().flows()).hasValue(5);
        assertThat(TraceScenario.on(cluster("duration: 1h"), sized()).scenario().run().duration())
                .hasValue(2_000_000_001L);
        assertThat(TraceScenario.on(cluster("duration: 1s"), sized()).scenario().run().duration())
                .hasValue(1_000_000_000L);
    }

    @Test
    void theSizesOfATraceReplaceTheClasses() throws IOException {
        assertThat(TraceScenario.on(cluster("flows: 3"), sized()).scenario().traffic().classes()).isEmpty();
    }

    @Test
    void aTraceWithoutSizesDrawsThemFromTheClasses() throws IOException {
        TraceScenario made = TraceScenario.on(cluster("flows: 3"), trace("time_s\n0\n1\n2\n3\n4\n"));

        assertThat(made.scenario().traffic().classes())
                .isEqualTo(cluster("flows: 3").traffic().classes());
        assertThat(made.notes()).anyMatch(n -> n.contains("no sizes"));
    }

    @Test
    void theLoadFactorSpeedsUpTheArrivals() throws IOException {
        Arrivals.Trace twice = new Arrivals.Trace(sized().file(), "auto", 2, List.of());

        TraceScenario made = TraceScenario.scaled(cluster("flows: 3"), twice, 0.5);

        assertThat(made.scenario().servers().get(0).speed()).isCloseTo(1.0, within(1e-12));
        assertThat(TraceScenario.on(cluster("duration: 1h"), twice).scenario().run().duration())
                .hasValue(1_000_000_001L);
    }

    @Test
    void refusesWhatCannotBeReadAgain() {
        Arrivals.Trace trace = new Arrivals.Trace(folder, "auto", 1, List.of());

        assertThatThrownBy(() -> TraceScenario.on(cluster("flows: 3"), trace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no regular file");
    }

    @Test
    void refusesAUtilisationThatIsNone() throws IOException {
        Arrivals.Trace trace = sized();

        assertThatThrownBy(() -> TraceScenario.scaled(cluster("flows: 3"), trace, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("utilisation must be in (0, 1), but was NaN");
    }
}
