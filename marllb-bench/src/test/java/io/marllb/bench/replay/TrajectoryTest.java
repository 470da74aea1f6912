package io.marllb.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrajectoryTest {

    private static Trajectory record(String events, String run) {
        Scenario scenario = Scenarios.parse("""
                name: small
                balancers: 2
                servers:
                  - {count: 3, cores: 1}
                traffic:
                  arrivals: {type: poisson, rate: 150}
                  classes:
                    - {name: all, share: 1, cpu: {type: exponential, mean: 10ms}}
                events: %s
                control: {interval: 20ms}
                run: %s
                """.formatted(events, run), "small.yaml", Path.of("."));
        ReplayResult result = ReplayExperiment.of(
                        scenario,
                        List.of(PolicyRegistry.parse("sed")),
                        ReplayOptions.of(2, 1).withTrajectories())
                .run();
        return result.policies().get(0).trajectory().orElseThrow();
    }

    @Test
    void isShortHoweverLongTheRun() {
        Trajectory t = record("[]", "{duration: 20s, warmup: 25%}");

        assertThat(t.bins()).isEqualTo(Trajectory.MAX_BINS);
        assertThat(t.seconds()).isSorted();
        assertThat(t.seconds()[t.bins() - 1]).isCloseTo(20, within(0.1));
        assertThat(t.warmupEndSeconds()).isCloseTo(5, within(0.05));
        assertThat(t.instants()).isBetween(745, 755); // 15 s of 20 ms each
    }

    @Test
    void keepsEverySampleOfAShortRun() {
        Trajectory t = record("[]", "{duration: 1s, warmup: 0%}");

        assertThat(t.bins()).isBetween(48, 51);
        assertThat(t.warmupEndSeconds()).isZero();
    }

    @Test
    void weightSharesOfServersThatTakePartSumToOne() {
        Trajectory t =
                record("[{at: 2s, servers: [1], down: true}, {at: 4s, servers: [1], down: false}]", "{duration: 6s}");

        for (int b = 0; b < t.bins(); b++) {
            assertThat(t.weightShare(b, 0) + t.weightShare(b, 1) + t.weightShare(b, 2))
                    .isCloseTo(1, within(1e-9));
        }
        int during = binAt(t, 3);
        assertThat(t.weightShare(during, 1)).isZero();
        assertThat(t.weightShare(during, 0)).isCloseTo(0.5, within(1e-6));
    }

    @Test
    void aDeadServerIsAbsentNotIdle() {
        Trajectory t = record("[{at: 1s, servers: [1], down: true}]", "{duration: 6s, warmup: 50%}");

        for (int k = 0; k < t.instants(); k++) {
            assertThat(t.busyAt(k, 1)).isEqualTo(Trajectory.ABSENT);
            assertThat(t.busyAt(k, 0)).isNotNegative();
        }
    }

    @Test
    void meanResponseTimeOverTimeAgreesWithTheRuns() {
        Trajectory t = record("[]", "{duration: 20s, warmup: 0%}");

        double sum = 0;
        for (double fct : t.meanFctSeconds()) {
            sum += Double.isNaN(fct) ? 0 : fct;
        }

        assertThat(sum / t.bins()).as("three servers at utilisation 0.5").isBetween(0.010, 0.020);
        for (double jain : t.jain()) {
            assertThat(jain).isBetween(0.0, 1.0 + 1e-12);
        }
    }

    private static int binAt(Trajectory t, double seconds) {
        int b = 0;
        while (t.seconds()[b] < seconds) {
            b++;
        }
        return b;
    }
}
