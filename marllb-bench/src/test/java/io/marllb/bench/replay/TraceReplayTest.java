package io.marllb.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.Scenarios;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.trace.TraceFormatException;
import io.marllb.env.traffic.Arrivals;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceReplayTest {

    @TempDir
    private Path folder;

    /** 1,000 flows, 100 per second from 10 ms on, of 200 ms work each: 20 cores of speed 1. */
    private Arrivals.Trace sized() throws IOException {
        StringBuilder rows = new StringBuilder("time_s,class,cpu_ms,io_ms\n");
        for (int i = 1; i <= 1_000; i++) {
            rows.append(i / 100.0).append(",all,200,0\n");
        }
        return trace("sized.csv", rows.toString());
    }

    private Arrivals.Trace unsized() throws IOException {
        StringBuilder rows = new StringBuilder("time_s\n");
        for (int i = 1; i <= 1_000; i++) {
            rows.append(i / 100.0).append('\n');
        }
        return trace("unsized.csv", rows.toString());
    }

    private Arrivals.Trace trace(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, text);
        return new Arrivals.Trace(file, "auto", 1, List.of());
    }

    private static double capacity(Scenario scenario) {
        return scenario.servers().stream().mapToDouble(ServerSpec::capacity).sum();
    }

    @Test
    void scalesTheDefaultClusterToUtilisationEightTenths() throws IOException {
        TraceReplay replay = TraceReplay.onDefaultCluster(sized(), OptionalLong.empty());

        assertThat(capacity(replay.scenario())).isCloseTo(20 / 0.8, within(1e-9));
        assertThat(replay.scenario().traffic().classes()).isEmpty();
        assertThat(replay.scenario().run().flows()).hasValue(1_000);
        assertThat(replay.scenario().name()).isEqualTo("sized.csv on quickstart");
        double factor = 20 / 0.8 / capacity(Scenarios.named("quickstart"));
        assertThat(replay.notes())
                .anySatisfy(n -> assertThat(n)
                        .startsWith(
                                "No scenario was given: this is the quickstart cluster with the speed of its servers "
                                        + "multiplied by " + String.format("%.4g", factor)));
    }

    @Test
    void theReplayedUtilisationIsWhatWasAskedFor() throws IOException {
        TraceReplay replay = TraceReplay.onDefaultCluster(sized(), OptionalLong.empty());

        ReplayResult result = ReplayExperiment.of(
                        replay.scenario(), List.of(PolicyRegistry.parse("wcmp")), ReplayOptions.of(1, 1))
                .run();

        double weighted = 0;
        List<Double> shares = result.policies().get(0).meanByServer(SeedResult::serverUtilisation);
        for (int j = 0; j < shares.size(); j++) {
            weighted += shares.get(j) * replay.scenario().servers().get(j).capacity();
        }
        assertThat(weighted / capacity(replay.scenario())).isCloseTo(0.8, within(0.04));
        assertThat(result.policies().get(0).total(SeedResult::flows)).isEqualTo(900);
    }

    @Test
    void keepsTheClassesWhereTheTraceHasNoSizes() throws IOException {
        Scenario quickstart = Scenarios.named("quickstart");

        TraceReplay replay = TraceReplay.onDefaultCluster(unsized(), OptionalLong.empty());

        assertThat(replay.scenario().traffic().classes())
                .isEqualTo(quickstart.traffic().classes());
        double meanWork = quickstart.traffic().meanWork().orElseThrow() / 1e9;
        assertThat(capacity(replay.scenario())).isCloseTo(100 * meanWork / 0.8, within(1e-6));
    }

    @Test
    void leavesAGivenClusterAsFastAsItIsAndSaysHowLoadedItIs() throws IOException {
        Scenario cluster = Scenarios.named("failover");

        TraceReplay replay = TraceReplay.on(cluster, sized(), OptionalLong.of(400));

        assertThat(replay.scenario().servers()).isEqualTo(cluster.servers());
        assertThat(replay.scenario().events()).isEqualTo(cluster.events());
        assertThat(replay.scenario().run().flows()).hasValue(400);
        double utilisation = 20 / capacity(cluster);
        assertThat(replay.notes())
                .contains("The mean utilisation is " + String.format(java.util.Locale.ROOT, "%.2f", utilisation) + ".");
        assertThat(replay.notes().get(0)).contains("(the first 400)");
    }

    @Test
    void scalesTheSpeedsOfEventsToo() throws IOException {
        Scenario cluster = Scenarios.named("antagonist");

        Scenario scaled =
                TraceReplay.replay(cluster, sized(), OptionalLong.empty(), true).scenario();

        double factor = capacity(scaled) / capacity(cluster);
        assertThat(scaled.events()).hasSameSizeAs(cluster.events()).isNotEmpty();
        for (int i = 0; i < scaled.events().size(); i++) {
            if (cluster.events().get(i) instanceof ScenarioEvent.SetSpeed before
                    && scaled.events().get(i) instanceof ScenarioEvent.SetSpeed after) {
                assertThat(after.speed()).isCloseTo(before.speed() * factor, within(1e-9));
            }
        }
    }

    @Test
    void aTornTraceIsRefusedBeforeAnyRun() throws IOException {
        Arrivals.Trace torn = trace("torn.csv", "time_s,class,cpu_ms,io_ms\n0.1,all,5,0\n0.2,al");

        assertThatThrownBy(() -> TraceReplay.onDefaultCluster(torn, OptionalLong.empty()))
                .isInstanceOf(TraceFormatException.class)
                .hasMessageContaining("torn.csv");
    }
}
