package io.marllb.bench.engine;

import io.marllb.core.Flow;
import io.marllb.core.Policy;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time per flow (an arrival and a departure) of whole runs, all statistics on. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SimulationBenchmark {

    private static final int FLOWS = 500_000;

    /** Number of servers. */
    @Param({"8", "64", "4096"})
    public int servers;

    /** How servers share their core. */
    @Param({"FIFO", "PS"})
    public Discipline discipline;

    /** The policy of the one balancer. */
    @Param({"sed", "ecmp"})
    public String policy;

    private Scenario scenario;
    private PolicySpec spec;
    private long seed;

    /** Builds the scenario. */
    @Setup
    public void prepare() {
        spec = PolicyRegistry.parse(policy);
        scenario = new Scenario(
                "benchmark",
                1,
                Collections.nCopies(
                        servers, new ServerSpec(1, 1, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, discipline)),
                true,
                new Scenario.Traffic(
                        new Arrivals.Poisson(900.0 * servers),
                        List.of(new FlowClass("all", 1, new Distribution.Exponential(1e6), Optional.empty())),
                        discipline == Discipline.PS ? 2 : 0),
                Scenario.Network.none(),
                List.of(),
                Scenario.Control.defaults(),
                new Scenario.Run(OptionalLong.of(FLOWS), OptionalLong.empty(), 0.1, 1));
    }

    /**
     * A run under the policy.
     *
     * @return what it measured
     */
    @Benchmark
    @OperationsPerInvocation(FLOWS)
    public RunResult run() {
        return Simulation.run(scenario, spec, seed++, RunOptions.PLAIN.withObservations());
    }

    /**
     * The same without a rule's work and without observations: a turn counter picks the server.
     *
     * @return what it measured
     */
    @Benchmark
    @OperationsPerInvocation(FLOWS)
    public RunResult baseline() {
        int[] turn = new int[1];
        int n = servers;
        return Simulation.of(
                        scenario,
                        "turn",
                        setup -> new Policy(
                                "turn",
                                (Flow flow, io.marllb.core.View view, io.marllb.core.Words words) ->
                                        turn[0] = (turn[0] + 1) % n,
                                (observation, reports, weights) -> {}),
                        seed++,
                        RunOptions.PLAIN)
                .run();
    }
}
