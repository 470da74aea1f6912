package io.marllb.bench.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.control.Controller;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.GuardConfig;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatedDataPlaneTest {

    private static final int INTERVALS = 120;
    private static final long SEED = 7;

    /** Nothing between a policy's word and the weights in force. */
    private static final ControllerConfig OPEN = ControllerConfig.DEFAULTS
            .withGuard(new GuardConfig(1, 0, 0, Double.POSITIVE_INFINITY, Duration.ofMinutes(1)))
            .withSlowStart(Duration.ZERO);

    /** Keeps what a policy decided in each interval. */
    private static final class Decisions implements WeightPolicy {
        private final WeightPolicy policy;
        final double[][] weights = new double[INTERVALS][];
        final double[] bias = new double[INTERVALS];
        int count;

        Decisions(WeightPolicy policy) {
            this.policy = policy;
        }

        @Override
        public void start(View view, double[] to) {
            policy.start(view, to);
        }

        @Override
        public void decide(Observation observation, Reports reports, double[] to) {
            policy.decide(observation, reports, to);
            weights[count] = to.clone();
            bias[count++] = policy.bias();
        }

        @Override
        public double bias() {
            return policy.bias();
        }

        @Override
        public java.util.EnumSet<io.marllb.core.Need> needs() {
            return policy.needs();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "marllb, paper-moderate-690",
        "qmix, paper-moderate-690",
        "sac-gru, capacity-shift",
        "rate, antagonist",
        "aquarius, paper-moderate-690",
        "hlb, wide-capacities",
        "wcmp, paper-moderate-690"
    })
    void theControllerSteersItAsThePlainSimulationSteersItself(String name, String scenarioName) {
        Scenario scenario = Scenarios.load(scenarioName);
        PolicySpec policy = PolicyRegistry.parse(name);
        Decisions[] plain = {null};
        Simulation simulation = Simulation.of(
                scenario,
                name,
                setup -> {
                    Policy built = policy.build(setup);
                    if (setup.balancer() != 0) {
                        return built;
                    }
                    plain[0] = new Decisions(built.weights());
                    return new Policy(name, built.rule(), plain[0]);
                },
                SEED,
                RunOptions.PLAIN.withObservations());

        SimulatedDataPlane plane = SimulatedDataPlane.of(scenario, policy, 0, SEED);
        try (plane;
                Controller controller = new Controller(plane.dataPlane(), policy, OPEN)) {
            for (int k = 0; k < INTERVALS; k++) {
                simulation.advanceTo((k + 1) * scenario.control().interval());
                assertThat(plane.advance()).isTrue();
                controller.tick(plane.now());
                plane.takeIn();

                assertThat(plane.weights()).as("weights of interval %d", k).isEqualTo(plain[0].weights[k]);
                assertThat(plane.simulation().arrived()).isEqualTo(simulation.arrived());
                assertThat(plane.simulation().completionTimeSum())
                        .as("completion times until interval %d", k)
                        .isEqualTo(simulation.completionTimeSum());
            }
        }
        assertThat(plain[0].count).isEqualTo(INTERVALS);
        assertThat(simulation.completed()).isPositive();
    }

    @Test
    void refusesABalancerThatThereIsNot() {
        assertThatThrownBy(() -> SimulatedDataPlane.of(
                        Scenarios.load("paper-moderate-690"), PolicyRegistry.parse("sed"), 9, SEED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("balancer must be in [0, ")
                .hasMessageEndingWith("but was 9");
    }
}
