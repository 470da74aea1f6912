package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.env.traffic.Arrivals;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ScenarioTest {

    private static Scenario with(List<ServerSpec> servers, List<ScenarioEvent> events) {
        Scenario s = Scenarios.named("mm1");
        return new Scenario(
                s.name(), s.balancers(), servers, true, s.traffic(), s.network(), events, s.control(), s.run());
    }

    @Test
    void sortsEventsByTimeAndKeepsTheOrderOfEqualTimes() {
        ScenarioEvent late = new ScenarioEvent.SetRate(9, 2);
        ScenarioEvent first = new ScenarioEvent.SetRate(5, 3);
        ScenarioEvent second = new ScenarioEvent.SetRate(5, 4);

        assertThat(with(List.of(ServerSpec.standard()), List.of(late, first, second))
                        .events())
                .containsExactly(first, second, late);
    }

    @Test
    void refusesEventsThatCannotHappen() {
        assertThatThrownBy(() -> with(
                        List.of(ServerSpec.standard()),
                        List.of(
                                new ScenarioEvent.SetDown(5, List.of(1), true),
                                new ScenarioEvent.Remove(6, List.of(0)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("event 0 names server 1, but at 5ns there is only server 0")
                .hasMessageContaining("event 1 removes the last server");
        assertThatThrownBy(() -> with(List.of(), List.of())).hasMessageContaining("servers must not be empty");
        assertThatThrownBy(() -> with(List.of(ServerSpec.standard()), List.of(new ScenarioEvent.SetRate(-1, 1))))
                .hasMessageContaining("at must be >= 0");
    }

    @Test
    void aServerThatWasAddedMayReplaceTheLastOne() {
        Scenario s = with(
                List.of(ServerSpec.standard()),
                List.of(new ScenarioEvent.Add(5, ServerSpec.standard()), new ScenarioEvent.Remove(5, List.of(0))));

        assertThat(s.slots()).isEqualTo(2);
    }

    @Test
    void recordsCheckEveryValueAndReportAllAtOnce() {
        assertThatThrownBy(() -> new ServerSpec(0, Double.NaN, -1, 0, -1, Discipline.PS))
                .hasMessageContaining("cores")
                .hasMessageContaining("speed")
                .hasMessageContaining("smtGain")
                .hasMessageContaining("workers")
                .hasMessageContaining("backlog");
        assertThatThrownBy(() -> new ServerSpec(1, 1, 0.2, 1, 1, Discipline.FIFO))
                .hasMessageContaining("needs discipline PS");
        assertThatThrownBy(() -> new Scenario.Network(-1, -1, Double.NaN))
                .hasMessageContaining("clientToBalancer")
                .hasMessageContaining("balancerToServer")
                .hasMessageContaining("signalLoss");
        assertThatThrownBy(() -> new Scenario.Control(0, 0, -1, -1))
                .hasMessageContaining("interval")
                .hasMessageContaining("reportInterval")
                .hasMessageContaining("detection")
                .hasMessageContaining("slowStart");
        assertThatThrownBy(() -> new Scenario.Run(OptionalLong.empty(), OptionalLong.empty(), 1, 1))
                .hasMessageContaining("exactly one of flows and duration")
                .hasMessageContaining("warmup");
        assertThatThrownBy(() -> new Scenario.Traffic(new Arrivals.Poisson(1), List.of(), 17))
                .hasMessageContaining("classes must not be empty")
                .hasMessageContaining("acks");
        assertThatThrownBy(() -> new ScenarioEvent.SetSpeed(1, List.of(0), Double.NaN))
                .hasMessageContaining("speed");
        assertThatThrownBy(() -> new ScenarioEvent.SetRate(1, 0)).hasMessageContaining("factor");
    }
}
