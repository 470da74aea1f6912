package io.marllb.env.engine;

import static io.marllb.env.engine.Clusters.UNLIMITED;
import static io.marllb.env.engine.Clusters.fifo;
import static io.marllb.env.engine.Clusters.ms;
import static io.marllb.env.engine.Clusters.ps;
import static io.marllb.env.engine.Clusters.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.core.Words;
import io.marllb.env.engine.Clusters.Scripted;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.policies.PolicyRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small clusters whose every moment can be worked out by hand. Times in milliseconds. */
class SimulationTest {

    private static Scripted to(int... servers) {
        return new Scripted(EnumSet.noneOf(Need.class), servers);
    }

    private static double[] flow(double at, double cpu) {
        return new double[] {at, cpu, 0};
    }

    @Test
    void processorSharingServesTwoFlowsAtHalfSpeedEach() {
        Scripted policy = to(0);

        RunResult result = run(Clusters.of(List.of(ps(1))), policy, flow(0, 10), flow(4, 3));

        // 4 ms alone (6 left), then shared: the second needs 6 ms for its 3, ends at 10; the first has 3 left, alone
        // until 13.
        assertThat(policy.log)
                .containsExactly(
                        "started 0 at 0.0",
                        "started 0 at 4.0",
                        "ended 0 after 6.0 COMPLETED at 10.0",
                        "ended 0 after 13.0 COMPLETED at 13.0");
        assertThat(result.meanFctNanos()).isEqualTo(9.5e6);
    }

    @Test
    void processorSharingNeverRunsAFlowFasterThanOneCore() {
        Scripted policy = to(0);

        run(Clusters.of(List.of(ps(4))), policy, flow(0, 10), flow(0, 20));

        assertThat(policy.log).endsWith("ended 0 after 10.0 COMPLETED at 10.0", "ended 0 after 20.0 COMPLETED at 20.0");
    }

    @Test
    void smtAddsItsGainPerFlowBeyondTheCoresUpToTheCores() {
        ServerSpec oneCore = new ServerSpec(1, 1, 0.2, UNLIMITED, UNLIMITED, Discipline.PS);
        Scripted policy = to(0);

        run(Clusters.of(List.of(oneCore)), policy, flow(0, 12), flow(0, 12), flow(0, 12));

        // Total rate 1.2 with two flows and with three: 36 ms of work take 30 ms.
        assertThat(policy.log).endsWith("ended 0 after 30.0 COMPLETED at 30.0");
    }

    @Test
    void fifoServesInOrderOnItsCores() {
        Scripted policy = to(0);

        run(Clusters.of(List.of(fifo(2))), policy, flow(0, 10), flow(1, 2), flow(2, 4), flow(2.5, 1));

        assertThat(policy.log.subList(4, 8))
                .containsExactly(
                        "ended 0 after 2.0 COMPLETED at 3.0",
                        "ended 0 after 5.0 COMPLETED at 7.0",
                        "ended 0 after 5.5 COMPLETED at 8.0",
                        "ended 0 after 10.0 COMPLETED at 10.0");
    }

    @Test
    void rejectsBeyondWorkersAndBacklogAndCountsIt() {
        ServerSpec small = new ServerSpec(1, 1, 0, 1, 1, Discipline.PS);
        Scripted policy = to(0);

        RunResult result = run(Clusters.of(List.of(small)), policy, flow(0, 10), flow(1, 10), flow(2, 10), flow(12, 1));

        assertThat(policy.log).contains("ended 0 after 0.0 REJECTED at 2.0");
        assertThat(result.flows()).isEqualTo(4);
        assertThat(result.completed()).isEqualTo(3);
        assertThat(result.rejected()).isEqualTo(1);
        assertThat(result.inFlightAtEnd()).isZero();
        // The second starts at 10 and ends at 20, the fourth waits until then.
        assertThat(policy.log).endsWith("ended 0 after 9.0 COMPLETED at 21.0");
    }

    @Test
    void fifoWithoutALimitOfWorkersRejectsBeyondItsCoresAndBacklog() {
        ServerSpec small = new ServerSpec(2, 1, 0, UNLIMITED, 1, Discipline.FIFO);

        RunResult result = run(Clusters.of(List.of(small)), to(0), flow(0, 10), flow(0, 10), flow(0, 10), flow(0, 10));

        assertThat(result.completed()).isEqualTo(3);
        assertThat(result.rejected()).isEqualTo(1);
    }

    @Test
    void ioHoldsItsWorkerButNoCore() {
        ServerSpec oneWorker = new ServerSpec(1, 1, 0, 1, UNLIMITED, Discipline.PS);
        ServerSpec twoWorkers = new ServerSpec(1, 1, 0, 2, UNLIMITED, Discipline.FIFO);
        double[][] flows = {{0, 2, 5}, {0, 2, 0}};
        Scripted blocked = to(0);
        Scripted overlapping = to(0);

        run(Clusters.of(List.of(oneWorker)), blocked, flows);
        run(Clusters.of(List.of(twoWorkers)), overlapping, flows);

        assertThat(blocked.log).endsWith("ended 0 after 7.0 COMPLETED at 7.0", "ended 0 after 9.0 COMPLETED at 9.0");
        assertThat(overlapping.log)
                .endsWith("ended 0 after 4.0 COMPLETED at 4.0", "ended 0 after 7.0 COMPLETED at 7.0");
    }

    @Test
    void aSpeedChangeCountsFromItsMomentOn() {
        Scripted policy = to(0);

        run(
                Clusters.of(
                        List.of(ps(1)),
                        new ScenarioEvent.SetSpeed(ms(4), List.of(0), 0.5),
                        new ScenarioEvent.SetSpeed(ms(8), List.of(0), 2)),
                policy,
                flow(0, 10));

        // 4 at speed 1, 2 in 4 ms at half speed, 4 left at speed 2.
        assertThat(policy.log).endsWith("ended 0 after 10.0 COMPLETED at 10.0");
    }

    @Test
    void aDyingServerAbortsItsFlowsAndGetsNoneUntilItIsBack() {
        Scripted policy = to(0, 0, 0, 0);

        RunResult result = run(
                Clusters.of(
                        List.of(ps(1), ps(1)),
                        new ScenarioEvent.SetDown(ms(5), List.of(0), true),
                        new ScenarioEvent.SetDown(ms(20), List.of(0), false)),
                policy,
                flow(0, 10),
                flow(10, 1),
                flow(21, 3));

        assertThat(policy.log)
                .containsExactly(
                        "started 0 at 0.0",
                        "ended 0 after 5.0 ABORTED at 5.0",
                        "started 0 at 21.0",
                        "ended 0 after 3.0 COMPLETED at 24.0");
        assertThat(result.rejected()).isEqualTo(2); // one aborted, one found no eligible server
        assertThat(result.aborted()).isEqualTo(1);
        assertThat(result.completed()).isEqualTo(1);
    }

    @Test
    void balancersNoticeADeathOnlyAfterTheDetectionTime() {
        Scenario scenario = Clusters.of(
                1,
                List.of(ps(1)),
                new Scenario.Network(0, 0, 0),
                new Scenario.Control(ms(250), ms(250), ms(10), 0),
                0,
                new ScenarioEvent.SetDown(ms(5), List.of(0), true));
        Scripted policy = to(0);

        run(scenario, policy, flow(6, 1), flow(16, 1));

        assertThat(policy.log).containsExactly("started 0 at 6.0", "ended 0 after 0.0 REJECTED at 6.0");
    }

    @Test
    void drainAndRemovalLetOpenFlowsFinish() {
        Scripted policy = to(0, 0, 1, 0);

        RunResult result = run(
                Clusters.of(
                        List.of(ps(1), ps(1)),
                        new ScenarioEvent.SetDrain(ms(5), List.of(0), true),
                        new ScenarioEvent.Remove(ms(5), List.of(1)),
                        new ScenarioEvent.SetDrain(ms(30), List.of(0), false)),
                policy,
                flow(0, 10),
                flow(6, 1),
                flow(7, 1),
                flow(31, 1));

        assertThat(policy.log)
                .containsExactly(
                        "started 0 at 0.0",
                        "ended 0 after 10.0 COMPLETED at 10.0",
                        "started 0 at 31.0",
                        "ended 0 after 1.0 COMPLETED at 32.0");
        assertThat(result.rejected()).isEqualTo(2);
    }

    @Test
    void anAddedServerTakesTheNextIndexAndIsThereFromItsMomentOn() {
        Scripted policy = to(1);

        RunResult result =
                run(Clusters.of(List.of(ps(1)), new ScenarioEvent.Add(ms(5), ps(2))), policy, flow(0, 1), flow(6, 1));

        assertThat(result.serverCompleted()).containsExactly(0, 1);
        assertThat(result.rejected()).isEqualTo(1);
    }

    @Test
    void slowStartRampsTheWeightOfAServerThatJoins() {
        Scenario scenario = Clusters.of(
                1,
                List.of(ps(1)),
                new Scenario.Network(0, 0, 0),
                new Scenario.Control(ms(10), ms(10), 0, ms(40)),
                0,
                new ScenarioEvent.Add(ms(5), ps(1)));
        double[][] flows = {{0, 1, 0}, {100, 1, 0}};

        TimeSeries series = Simulation.of(
                        scenario,
                        "scripted",
                        to(0).policy(),
                        new ScriptedFlows(flows),
                        1,
                        RunOptions.PLAIN.withTimeSeries())
                .run()
                .series();

        double[] weights =
                IntStream.range(0, 6).mapToDouble(i -> series.weight(i, 0, 1)).toArray();
        assertThat(weights).containsExactly(new double[] {0.125, 0.375, 0.625, 0.875, 1, 1}, within(1e-6));
    }

    @Test
    void networkDelaysAreInTheCompletionTimeAndInWhatTheBalancerSees() {
        Scripted policy = to(0);
        Scenario.Network network = new Scenario.Network(ms(2), ms(3), 0);

        RunResult result = run(Clusters.of(List.of(ps(1)), network), policy, flow(0, 10));

        // Sent at 0, at the balancer at 2, at the server at 5, served at 15, answered directly to the client at 20,
        // seen by the balancer at 22.
        assertThat(result.meanFctNanos()).isEqualTo(20e6);
        assertThat(policy.log).containsExactly("started 0 at 2.0", "ended 0 after 20.0 COMPLETED at 22.0");
    }

    @Test
    void acksComeOncePerShareOfTheWork() {
        Scripted policy = new Scripted(EnumSet.of(Need.FLOW_AGE), 0);
        Scenario scenario = Clusters.of(
                1, List.of(fifo(1)), new Scenario.Network(0, 0, 0), new Scenario.Control(ms(250), ms(250), 0, 0), 4);

        run(scenario, policy, flow(0, 100));

        List<Double> ages = policy.log.stream()
                .filter(s -> s.startsWith("sampled"))
                .map(s -> Double.valueOf(s.substring(s.lastIndexOf(' '))))
                .toList();
        assertThat(ages).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(ages.get(i)).isBetween(25.0 * i, 25.0 * (i + 1));
        }
    }

    @Test
    void integralsCoverTheMeasuredTime() {
        RunResult result = run(
                Clusters.of(List.of(ps(1), fifo(2))), to(0, 1, 1, 0), flow(0, 10), flow(0, 4), flow(0, 8), flow(20, 1));

        assertThat(result.measuredNanos()).isEqualTo(ms(20));
        assertThat(result.serverUtilisation()).containsExactly(new double[] {0.5, 0.3}, within(1e-9));
        assertThat(result.serverMeanInFlight()).containsExactly(new double[] {0.5, 0.6}, within(1e-9));
        assertThat(result.events()).isEqualTo(8);
    }

    @Test
    void aRuleThatPicksAnIneligibleServerIsAnErrorWithItsName() {
        FlowRule stubborn = (flow, view, words) -> 0;
        WeightPolicy none = (observation, reports, weights) -> {};
        Function<io.marllb.core.PolicySetup, Policy> policy = setup -> new Policy("stubborn", stubborn, none);
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(ps(1)), new ScenarioEvent.SetDrain(0, List.of(0), true)),
                "stubborn",
                policy,
                new ScriptedFlows(flow(1, 1)),
                1,
                RunOptions.PLAIN);

        assertThatThrownBy(simulation::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("stubborn chose server 0, which is not eligible");
    }

    @Test
    void invalidWeightsAreCountedAndReplacedByEqualOnes() {
        double[] bad = {Double.NaN, 1};
        WeightPolicy broken = (observation, reports, weights) -> System.arraycopy(bad, 0, weights, 0, 2);
        double[] seen = new double[2];
        FlowRule reader = (flow, view, words) -> {
            seen[0] = view.weight(0);
            seen[1] = view.weight(1);
            return 0;
        };
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(ps(1), ps(1))),
                "broken",
                setup -> new Policy("broken", reader, broken),
                new ScriptedFlows(flow(300, 1)),
                1,
                RunOptions.PLAIN);

        RunResult result = simulation.run();

        assertThat(result.invalidDecisions()).isPositive();
        assertThat(seen).containsExactly(1, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, 0",
        "0.25, 1, 0.25, 0",
        "NaN, 1, NaN, 0",
        "-1, 1, NaN, 2",
        "Infinity, 1, NaN, 2",
        "0.5, -1, NaN, 2"
    })
    void rulesSeeTheBiasOfTheWeightPolicyUnlessItIsInvalid(double bias, double weight, double shown, long invalid) {
        WeightPolicy policy = new WeightPolicy() {
            @Override
            public void decide(Observation observation, Reports reports, double[] weights) {
                Arrays.fill(weights, weight);
            }

            @Override
            public void start(View view, double[] weights) {
                Arrays.fill(weights, weight);
            }

            @Override
            public double bias() {
                return bias;
            }
        };
        List<Double> seen = new ArrayList<>();
        FlowRule reader = (flow, view, words) -> {
            seen.add(view.bias());
            return 0;
        };
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(ps(1), ps(1))),
                "biased",
                setup -> new Policy("biased", reader, policy),
                new ScriptedFlows(flow(1, 1), flow(300, 1)), // before and after the first decision
                1,
                RunOptions.PLAIN);

        RunResult result = simulation.run();

        assertThat(seen).containsExactly(shown, shown);
        assertThat(result.invalidDecisions()).isEqualTo(invalid);
    }

    @Test
    void steppingGivesTheSameRunAsRunningThrough() {
        double[][] flows = IntStream.range(0, 200)
                .mapToObj(i -> new double[] {i * 1.7, 1 + i % 5, i % 3})
                .toArray(double[][]::new);
        Scenario scenario = Clusters.of(List.of(ps(1), fifo(2)));

        RunResult through = run(scenario, to(0, 1, 1, 0, 1), flows);
        Simulation stepped = Simulation.of(
                scenario, "scripted", to(0, 1, 1, 0, 1).policy(), new ScriptedFlows(flows), 1, RunOptions.PLAIN);
        for (long t = 0; t < ms(2_000); t += ms(13)) {
            stepped.advanceTo(t);
        }

        assertThat(stepped.finish().meanFctNanos()).isEqualTo(through.meanFctNanos());
        assertThat(stepped.completed()).isEqualTo(200);
    }

    @Test
    void stopsBeforeEachArrivalForAnAgentThatPicksServers() {
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(ps(1))),
                "scripted",
                to(0).policy(),
                new ScriptedFlows(flow(1, 5), flow(2, 5), flow(30, 1)),
                1,
                RunOptions.PLAIN);

        assertThat(simulation.advanceToArrival()).isTrue();
        assertThat(simulation.inSystem(0)).isZero();
        simulation.step();
        assertThat(simulation.advanceToArrival()).isTrue();
        assertThat(simulation.inSystem(0)).isEqualTo(1);
        simulation.step();
        assertThat(simulation.advanceToArrival()).isTrue();
        assertThat(simulation.inSystem(0)).isZero();
        simulation.step();
        assertThat(simulation.advanceToArrival()).isFalse();
    }

    @Test
    void slowStartShorterThanTheIntervalIsOverAtTheNextInterval() {
        Scenario scenario = Clusters.of(
                1,
                List.of(ps(1)),
                new Scenario.Network(0, 0, 0),
                new Scenario.Control(ms(250), ms(250), 0, ms(20)),
                0,
                new ScenarioEvent.Add(ms(5), ps(1)));

        TimeSeries series = Simulation.of(
                        scenario,
                        "sed",
                        PolicyRegistry.parse("sed")::build,
                        new ScriptedFlows(flow(0, 1), flow(600, 1)),
                        1,
                        RunOptions.PLAIN.withTimeSeries())
                .run()
                .series();

        assertThat(series.weight(0, 0, 1)).isEqualTo(1);
    }

    @Test
    void anAddedServerReportsItsUtilisationSinceItJoined() {
        List<Double> told = new ArrayList<>();
        FlowRule rule = new FlowRule() {
            @Override
            public int choose(Flow flow, View view, Words words) {
                return 1;
            }

            @Override
            public EnumSet<Need> needs() {
                return EnumSet.of(Need.REPORT);
            }

            @Override
            public void signal(Signal signal, long now) {
                if (signal.server == 1) {
                    told.add(signal.utilisation);
                }
            }
        };
        WeightPolicy none = (observation, reports, weights) -> {};

        Simulation.of(
                        Clusters.of(List.of(ps(1)), new ScenarioEvent.Add(ms(900), ps(1))),
                        "listener",
                        setup -> new Policy("listener", rule, none),
                        new ScriptedFlows(flow(901, 600)),
                        1,
                        RunOptions.PLAIN)
                .run();

        assertThat(told.get(0)).isCloseTo(99.0 / 100, within(1e-9));
    }

    @Test
    void aDecisionSeesTheReportsOfItsMoment() {
        List<Integer> counts = new ArrayList<>();
        WeightPolicy reader = new WeightPolicy() {
            @Override
            public void decide(Observation observation, Reports reports, double[] weights) {
                counts.add(reports.latest(0) == null ? -1 : reports.latest(0).inFlight);
            }

            @Override
            public EnumSet<Need> needs() {
                return EnumSet.of(Need.REPORT);
            }
        };
        FlowRule first = (flow, view, words) -> 0;

        Simulation.of(
                        Clusters.of(List.of(ps(1))),
                        "reader",
                        setup -> new Policy("reader", first, reader),
                        new ScriptedFlows(flow(100, 500), flow(300, 500)),
                        1,
                        RunOptions.PLAIN)
                .run();

        assertThat(counts.subList(0, 2)).containsExactly(1, 2);
    }

    @Test
    void whenTheLastServerWithAWeightDiesTheOthersServe() {
        double[] onlyFirst = {1, 0};
        WeightPolicy policy = (observation, reports, weights) -> System.arraycopy(onlyFirst, 0, weights, 0, 2);
        FlowRule firstEligible = (flow, view, words) -> view.eligible(0) ? 0 : view.eligible(1) ? 1 : -1;

        RunResult result = Simulation.of(
                        Clusters.of(List.of(ps(1), ps(1)), new ScenarioEvent.SetDown(ms(300), List.of(0), true)),
                        "first",
                        setup -> new Policy("first", firstEligible, policy),
                        new ScriptedFlows(flow(260, 1), flow(310, 1)),
                        1,
                        RunOptions.PLAIN)
                .run();

        assertThat(result.serverCompleted()).containsExactly(1, 1);
    }

    @Test
    void workThatTakesLongerThanTimeCanTellNeverEnds() {
        ServerSpec still = new ServerSpec(1, 1e-9, 0, UNLIMITED, UNLIMITED, Discipline.PS);
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(still)),
                "scripted",
                to(0).policy(),
                new ScriptedFlows(flow(1, 1e10), flow(2, 1e10)),
                1,
                RunOptions.PLAIN);

        simulation.advanceTo(ms(1_000));

        assertThat(simulation.now()).isEqualTo(ms(1_000));
        assertThat(simulation.finish().inFlightAtEnd()).isEqualTo(2);
    }

    @Test
    void aTraceThatEndsWithinTheWarmUpIsAnError() {
        Scenario s = Clusters.of(List.of(ps(1)));
        Scenario scenario = new Scenario(
                s.name(),
                1,
                s.servers(),
                true,
                s.traffic(),
                s.network(),
                s.events(),
                s.control(),
                new Scenario.Run(OptionalLong.of(1_000), OptionalLong.empty(), 0.1, 1));

        assertThatThrownBy(() -> run(scenario, to(0), flow(0, 1), flow(1, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the traffic ends after 2 flows, within the warm-up");
    }

    @Test
    void aLongTimeSeriesIsThinnedEvenly() {
        Simulation simulation = Simulation.of(
                Clusters.of(List.of(ps(1))),
                "scripted",
                to(0).policy(),
                new ScriptedFlows(flow(1, 1), flow(10_000_000, 1)),
                1,
                RunOptions.PLAIN.withTimeSeries());

        TimeSeries series = simulation.run().series(); // 40,000 intervals of 250 ms

        assertThat(series.size()).isBetween(16_384, 32_768);
        assertThat(series.seconds(0)).isEqualTo(0.5);
        for (int i = 1; i < series.size(); i++) {
            assertThat(series.seconds(i) - series.seconds(i - 1)).isEqualTo(0.5);
        }
        assertThat(series.completed(0)).isEqualTo(1);
    }
}
