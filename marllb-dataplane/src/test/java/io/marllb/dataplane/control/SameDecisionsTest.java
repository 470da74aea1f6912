package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.FakeDataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenarios;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.util.EnumSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A policy in the controller decides as in the simulator, bit by bit, when both see the same. */
class SameDecisionsTest {

    private static final ControllerConfig UNBOUNDED = ControllerConfig.DEFAULTS
            .withGuard(GuardConfig.DEFAULTS.withMaxWeightChange(Double.POSITIVE_INFINITY))
            .withSlowStart(java.time.Duration.ZERO);

    /** What balancer 0 of the simulation sees and decides, and beside it a controller that is shown the same. */
    private static final class Beside implements WeightPolicy {
        private final WeightPolicy simulated;
        private final FakeDataPlane dataPlane;
        private final Controller controller;
        int compared;

        Beside(WeightPolicy simulated, FakeDataPlane dataPlane, Controller controller) {
            this.simulated = simulated;
            this.dataPlane = dataPlane;
            this.controller = controller;
        }

        @Override
        public void start(View view, double[] weights) {
            simulated.start(view, weights);
        }

        @Override
        public void decide(Observation o, Reports reports, double[] weights) {
            show(o, dataPlane.out);
            dataPlane.publish(o.now());
            simulated.decide(o, reports, weights);
            controller.tick(o.now());

            assertThat(dataPlane.follow()).isTrue();
            for (int j = 0; j < o.n(); j++) {
                if (o.active(j)) {
                    assertThat(dataPlane.in.weight[j])
                            .as("weight of %d at %d", j, o.now())
                            .isEqualTo(weights[j]);
                }
            }
            if (!Double.isNaN(simulated.bias())) {
                assertThat(dataPlane.in.biasOffset).isEqualTo(simulated.bias());
            }
            compared++;
        }

        @Override
        public double bias() {
            return simulated.bias();
        }

        @Override
        public EnumSet<io.marllb.core.Need> needs() {
            return simulated.needs();
        }

        private static void show(Observation o, MsgOut out) {
            for (int j = 0; j < o.n(); j++) {
                out.state[j] = o.active(j) ? ServerState.ACTIVE : ServerState.DRAINING;
                out.generation[j] = 1;
                out.staticWeight[j] = o.staticWeight(j);
                out.inFlight[j] = o.inFlight(j);
                out.started[j] = o.started(j);
                out.completed[j] = o.completed(j);
                out.busyNanos[j] = o.busyNanos(j);
                out.inFlightNanos[j] = (long) o.inFlightNanos(j);
                for (Reduction r : Reduction.values()) {
                    out.fct[j][r.ordinal()] = o.flowCompletionTime(j, r);
                    out.duration[j][r.ordinal()] = o.flowDuration(j, r);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "marllb, paper-moderate-690",
        "qmix, paper-moderate-690",
        "sac-gru, capacity-shift",
        "marllb, failover",
        "rate, antagonist",
        "aquarius, paper-moderate-690",
        "hlb, paper-moderate-690",
        "knapsack, paper-moderate-690",
        "wcmp, paper-moderate-690"
    })
    void asInTheSimulator(String name, String scenarioName) {
        var scenario = Scenarios.load(scenarioName);
        PolicySpec policy = PolicyRegistry.parse(name);
        Beside[] beside = {null};
        long[] now = {0};
        Simulation simulation = Simulation.of(
                scenario,
                name,
                setup -> {
                    Policy built = policy.build(setup);
                    if (setup.balancer() != 0) {
                        return built;
                    }
                    Segment segment = Segment.inMemory(
                            new SegmentSpec(setup.servers(), 1, setup.balancers(), setup.intervalNanos()));
                    Controller controller = new Controller(
                            SegmentDataPlane.inProcess(segment, io.marllb.core.Need.PASSIVE, () -> now[0]),
                            policy,
                            UNBOUNDED,
                            () -> now[0],
                            new ControlRoom.FakeProber());
                    beside[0] = new Beside(built.weights(), new FakeDataPlane(segment), controller);
                    return new Policy(name, built.rule(), beside[0]);
                },
                7,
                RunOptions.PLAIN.withObservations());

        for (int tick = 1; tick <= 120; tick++) {
            now[0] = tick * scenario.control().interval();
            simulation.advanceTo(now[0]);
        }

        assertThat(beside[0].compared).isEqualTo(120);
        beside[0].controller.close();
    }
}
