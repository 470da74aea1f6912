package io.marllb.env.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioArbitraries;
import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.LongRange;

/** Any valid scenario under any policy keeps its books. {@link Simulation#finish} checks conservation and Little's law itself. */
class SimulationProperties {

    @Provide
    Arbitrary<Scenario> scenarios() {
        return ScenarioArbitraries.scenarios();
    }

    @Provide
    Arbitrary<PolicySpec> policies() {
        return Arbitraries.of(
                        PolicyRegistry.policies().stream().map(PolicyInfo::name).toList())
                .map(PolicyRegistry::parse);
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.BOUNDED)
    void keepsItsInvariants(
            @ForAll("scenarios") Scenario scenario,
            @ForAll("policies") PolicySpec policy,
            @ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        Assume.that(policy.serves(scenario.slots()));

        RunResult result = Simulation.run(scenario, policy, seed, RunOptions.PLAIN);

        assertThat(result.flows()).isEqualTo(result.completed() + result.rejected());
        assertThat(result.inFlightAtEnd()).isZero();
        assertThat(result.invalidDecisions())
                .as("invalid decisions of %s", policy.name())
                .isZero();
        assertThat(Arrays.stream(result.serverUtilisation())).allMatch(u -> u >= 0 && u <= 1 + 1e-9);
        assertThat(Arrays.stream(result.serverMeanInFlight())).allMatch(q -> q >= 0);
        assertThat(result.fct().getTotalCount()).isEqualTo(result.completed());
        if (result.completed() > 0) {
            double shortest = result.fct().getMinValue();
            assertThat(result.meanFctNanos())
                    .isBetween(shortest * 0.999, result.fct().getMaxValue() * 1.001);
        }
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void theSameSeedGivesTheSameRunAndWatchingChangesNothing(
            @ForAll("scenarios") Scenario scenario, @ForAll("policies") PolicySpec policy) {
        Assume.that(policy.serves(scenario.slots()));
        List<RunResult> runs =
                List.of(RunOptions.PLAIN, RunOptions.PLAIN, RunOptions.PLAIN.withTimeSeries()).parallelStream()
                        .map(options -> Simulation.run(scenario, policy, 7, options))
                        .toList();

        for (RunResult run : runs) {
            assertThat(run.fct()).isEqualTo(runs.get(0).fct());
            assertThat(run.events()).isEqualTo(runs.get(0).events());
            assertThat(run.otherEvents()).isEqualTo(runs.get(0).otherEvents());
            assertThat(run.serverMeanInFlight()).isEqualTo(runs.get(0).serverMeanInFlight());
        }
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void policiesMeetTheSameFlowsUnderTheSameSeed(@ForAll("scenarios") Scenario scenario) {
        RunResult one = Simulation.run(scenario, PolicyRegistry.parse("ecmp"), 3, RunOptions.PLAIN);
        RunResult other = Simulation.run(scenario, PolicyRegistry.parse("sed"), 3, RunOptions.PLAIN);

        assertThat(one.flows()).isEqualTo(other.flows());
        assertThat(one.measuredNanos()).isEqualTo(other.measuredNanos());
    }
}
