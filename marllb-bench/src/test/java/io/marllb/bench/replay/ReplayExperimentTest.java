package io.marllb.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.bench.report.CsvResults;
import io.marllb.bench.report.JsonResults;
import io.marllb.bench.report.Ranking;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReplayExperimentTest {

    private static final List<PolicySpec> POLICIES = Stream.of("ecmp", "sed", "rate", "oracle-sed")
            .map(PolicyRegistry::parse)
            .toList();

    private static Scenario scenario(int flows) {
        return Scenarios.parse("""
                name: small
                balancers: 2
                servers:
                  - {count: 2, cores: 2, workers: 16, backlog: 16}
                  - {count: 2, cores: 1, workers: 16, backlog: 16}
                traffic:
                  arrivals: {type: poisson, rate: 400}
                  classes:
                    - {name: page, share: 0.3, cpu: {type: lognormal, mean: 25ms, cv: 1.5}, io: {type: exponential, mean: 5ms}}
                    - {name: file, share: 0.7, cpu: {type: exponential, mean: 4ms}}
                run: {flows: %d, seed: 7}
                """.formatted(flows), "small.yaml", Path.of("."));
    }

    private static String json(ReplayResult result) {
        return JsonResults.of(Ranking.of(result), List.of());
    }

    /** The simulator behind a name, for tests that must stand in its way. */
    private static Contender contender(String name, BiFunction<Long, RunOptions, RunResult> run) {
        return new Contender() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public boolean oracle() {
                return false;
            }

            @Override
            public RunResult run(Scenario scenario, long seed, RunOptions options) {
                return run.apply(seed, options);
            }
        };
    }

    private static Contender sed(String name, Scenario scenario) {
        PolicySpec sed = PolicyRegistry.parse("sed");
        return contender(name, (seed, options) -> Simulation.run(scenario, sed, seed, options));
    }

    @Test
    void givesTheSameBytesForAnyNumberOfThreads() {
        Scenario scenario = scenario(3_000);

        ReplayResult one =
                ReplayExperiment.of(scenario, POLICIES, ReplayOptions.of(3, 1)).run();
        ReplayResult four =
                ReplayExperiment.of(scenario, POLICIES, ReplayOptions.of(3, 4)).run();

        assertThat(json(four)).isEqualTo(json(one)).contains("\"seeds\" : [ 7, 8, 9 ]");
        assertThat(CsvResults.of(four)).isEqualTo(CsvResults.of(one));
    }

    @Test
    void seedsAndPoliciesDifferButTrafficIsCommon() {
        ReplayResult result = ReplayExperiment.of(scenario(3_000), POLICIES, ReplayOptions.of(2, 2))
                .run();

        assertThat(result.policies())
                .extracting(PolicyResult::policy)
                .containsExactly("ecmp", "sed", "rate", "oracle-sed");
        assertThat(result.policies()).extracting(PolicyResult::oracle).containsExactly(false, false, false, true);
        assertThat(result.policies())
                .allSatisfy(
                        p -> assertThat(p.seeds()).extracting(SeedResult::flows).containsExactly(2_700L, 2_700L));
        PolicyResult sed = result.policies().get(1);
        assertThat(sed.seeds().get(0).meanFctNanos())
                .isNotEqualTo(sed.seeds().get(1).meanFctNanos());
        assertThat(sed.meanFctNanos()).isLessThan(result.policies().get(0).meanFctNanos());
        assertThat(sed.fct().getTotalCount()).isEqualTo(sed.total(SeedResult::completed));
        assertThat(sed.fct(0).getTotalCount() + sed.fct(1).getTotalCount()).isEqualTo(sed.total(SeedResult::completed));
        assertThat(result.cancelled()).isFalse();
    }

    @Test
    void addsUpTheRunsOwnTimesByTheGivenClock() {
        AtomicLong ticks = new AtomicLong();
        ReplayOptions options = ReplayOptions.of(2, 1).withClock(() -> ticks.getAndAdd(1_000));
        Scenario scenario = scenario(500); // too few choices for one of them to be timed

        ReplayResult result =
                ReplayExperiment.of(scenario, POLICIES.subList(0, 1), options).run();

        assertThat(result.wallNanos()).as("two runs, one tick each").isEqualTo(2_000);
    }

    @Test
    void tellsOfProgressUntilAllIsDone() {
        List<Double> shares = new ArrayList<>();
        List<Integer> done = new ArrayList<>();
        ReplayOptions options = ReplayOptions.of(2, 2).withProgress((ended, total, share) -> {
            assertThat(total).isEqualTo(8);
            done.add(ended);
            shares.add(share);
        });

        ReplayExperiment.of(scenario(1_000), POLICIES, options).run();

        assertThat(done).isSorted().endsWith(8);
        assertThat(shares).isSorted().endsWith(1.0);
    }

    @Test
    void cancellingKeepsWhatHasEnded() {
        AtomicInteger ended = new AtomicInteger();
        ReplayOptions options = ReplayOptions.of(5, 1)
                .withProgress((done, total, share) -> ended.set(done))
                .withCancellation(() -> ended.get() >= 6);

        ReplayResult result =
                ReplayExperiment.of(scenario(1_000), POLICIES, options).run();

        assertThat(result.cancelled()).isTrue();
        assertThat(result.policies().stream().mapToInt(p -> p.seeds().size()).sum())
                .isEqualTo(6);
        assertThat(result.policies().get(0).seeds())
                .as("seeds go first, so that pairs are left")
                .hasSize(2);
        assertThat(json(result)).contains("\"cancelled\" : true");
    }

    @Test
    void aBrokenRunNamesPolicyAndSeed() {
        Contender broken = contender("broken", (seed, options) -> {
            throw new IllegalStateException("Little's law is violated");
        });

        assertThatThrownBy(() -> new ReplayExperiment(
                                scenario(500), List.of(sed("sed", scenario(500)), broken), ReplayOptions.of(2, 2))
                        .run())
                .isInstanceOf(RunFailedException.class)
                .hasMessage("policy 'broken', seed 7: Little's law is violated");
    }

    @Test
    void badInputIsPassedOnAsItIs() {
        Contender torn = contender("torn", (seed, options) -> {
            throw new IllegalArgumentException("t.csv, line 3: the line is cut off");
        });

        assertThatThrownBy(() -> new ReplayExperiment(scenario(500), List.of(torn), ReplayOptions.of(1, 1)).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t.csv, line 3: the line is cut off");
    }

    @Test
    void refusesToCompareWhatMetOtherTraffic() {
        List<Contender> unfair = List.of(sed("sed", scenario(500)), sed("other", scenario(600)));

        assertThatThrownBy(() -> new ReplayExperiment(scenario(500), unfair, ReplayOptions.of(1, 1)).run())
                .isInstanceOf(RunFailedException.class)
                .hasMessage(
                        "policy 'other', seed 7: common random numbers are violated: 540 flows arrived, but 450 under 'sed'");
    }

    @Test
    void refusesNoPolicyAndTheSameTwice() {
        assertThatThrownBy(() -> ReplayExperiment.of(scenario(10), List.of(), ReplayOptions.of(1, 1)))
                .hasMessage("policies: there must be at least one");
        List<PolicySpec> twice = List.of(PolicyRegistry.parse("sed"), PolicyRegistry.parse("sed"));
        assertThatThrownBy(() -> ReplayExperiment.of(scenario(10), twice, ReplayOptions.of(1, 1)))
                .hasMessage("policies: 'sed' is there twice");
    }

    @Test
    void refusesSeedsThatOverflowAndMoreThanFitIntoMemory() {
        Scenario last = Scenarios.parse(
                Scenarios.write(scenario(10)).replaceAll("seed: 7", "seed: 9223372036854775807"), "s", Path.of("."));

        assertThatThrownBy(() -> ReplayExperiment.of(last, POLICIES, ReplayOptions.of(2, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leaves no room for 2 seeds in a row");
        assertThat(ReplayExperiment.of(last, POLICIES, ReplayOptions.of(1, 1))
                        .run()
                        .seeds())
                .containsExactly(Long.MAX_VALUE);
        assertThatThrownBy(() -> ReplayOptions.of(2_000_000_000, 1))
                .hasMessageContaining("seeds must be in [1, 100000], but was 2000000000");
    }

    @Test
    void refusesNoSeedsAndNoThreads() {
        assertThatThrownBy(() -> ReplayOptions.of(0, 0))
                .hasMessage("ReplayOptions: seeds must be in [1, 100000], but was 0; threads must be >= 1, but was 0");
    }

    @Test
    void runsOnce() {
        ReplayExperiment experiment = ReplayExperiment.of(scenario(50), POLICIES, ReplayOptions.of(1, 1));
        experiment.run();

        assertThatThrownBy(experiment::run).isInstanceOf(IllegalStateException.class);
    }
}
