package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Health, drain, slow start and the list of servers, through the whole loop. */
class PoolTest {

    private static final ControllerConfig THREE = ControllerConfig.DEFAULTS.withServers(ControlRoom.servers(3));
    private static final int SECOND = 4; // rounds

    private static ControlRoom room(ControllerConfig config, int slots, double... weights) {
        return new ControlRoom(PolicyRegistry.parse("sed"), config, slots, weights);
    }

    @Test
    void aServerThatRefusesIsDeadWithinItsIntervalAndOneSecond() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.rounds(2 * SECOND);
            room.prober.trouble.put(ControlRoom.address(1), "connection refused");

            int rounds = 0;
            while (room.dataPlane.in.state[1] != ServerState.DEAD && rounds < 100) {
                room.round();
                rounds++;
            }

            assertThat(rounds).isLessThanOrEqualTo(3 * SECOND);
            assertThat(room.dataPlane.in.weight[1]).isZero();
            assertThat(room.dataPlane.in.state)
                    .containsExactly(ServerState.ACTIVE, ServerState.DEAD, ServerState.ACTIVE);
            assertThat(room.log.of("server-down")).isEqualTo(1);
            assertThat(room.controller.status().servers().get(1).reason()).isEqualTo("connection refused");
        }
    }

    @Test
    void oneFailedCheckIsNoDeath() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.rounds(1);
            room.prober.trouble.put(ControlRoom.address(1), "no answer");
            while (room.controller.health().failedChecks() == 0) {
                room.round();
            }
            room.prober.trouble.clear();
            room.rounds(10 * SECOND);

            assertThat(room.log.of("server-down")).isZero();
        }
    }

    @Test
    void aServerThatComesBackRampsUpFromATenth() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.prober.trouble.put(ControlRoom.address(0), "connection refused");
            room.rounds(4 * SECOND);
            assertThat(room.dataPlane.in.state[0]).isEqualTo(ServerState.DEAD);
            room.prober.trouble.clear();
            while (room.dataPlane.in.state[0] == ServerState.DEAD) {
                room.round();
            }

            List<Double> ramp = new ArrayList<>(List.of(room.dataPlane.in.weight[0]));
            for (int i = 0; i < 11 * SECOND; i++) {
                ramp.add(room.round().weight[0]);
            }

            assertThat(ramp)
                    .isSorted()
                    .startsWith(0.1, 0.1, 0.1, 0.1, 0.1, 0.125)
                    .endsWith(1.0);
            assertThat(ramp.get(5 * SECOND)).isCloseTo(0.5, within(1e-9));
        }
    }

    @Test
    void aCheckThatGivesNoResultIsAFailedOne() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.prober.silent = true;
            room.rounds(20 * SECOND);

            assertThat(room.controller.health().failedChecks()).isPositive();
            assertThat(room.controller.status().panic()).isTrue();
        }
    }

    @Test
    void whenAllAreDownAllAreUsed() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            for (int j = 0; j < 3; j++) {
                room.prober.trouble.put(ControlRoom.address(j), "connection refused");
            }
            room.rounds(5 * SECOND);

            assertThat(room.dataPlane.in.state).containsOnly(ServerState.ACTIVE);
            assertThat(room.dataPlane.in.weight).doesNotContain(0);
            assertThat(room.controller.status().panic()).isTrue();
            assertThat(room.log.of("panic")).isEqualTo(1);

            room.prober.trouble.remove(ControlRoom.address(2));
            room.rounds(5 * SECOND);
            assertThat(room.dataPlane.in.state).containsExactly(ServerState.DEAD, ServerState.DEAD, ServerState.ACTIVE);
            assertThat(room.log.of("panic-over")).isEqualTo(1);
        }
    }

    @Test
    void aPanicThresholdKeepsMoreThanOne() {
        ControllerConfig half = THREE.withGuard(new GuardConfig(1, 0.5, 0.5, 2, Duration.ofMillis(100)));
        try (ControlRoom room = room(half, 3, 1, 1, 1)) {
            room.prober.trouble.put(ControlRoom.address(0), "connection refused");
            room.prober.trouble.put(ControlRoom.address(1), "connection refused");
            room.rounds(5 * SECOND);

            assertThat(room.dataPlane.in.state).containsOnly(ServerState.ACTIVE);
        }
    }

    @Test
    void aDrainedServerGetsNothingNewWhateverItsHealth() {
        List<ServerEntry> servers = ControlRoom.servers(3);
        servers.set(2, new ServerEntry("c", 2, Optional.of(ControlRoom.address(2)), Optional.empty(), 1, true));
        try (ControlRoom room = room(THREE.withServers(servers), 3, 1, 1, 1)) {
            MsgIn in = room.round();

            assertThat(in.state).containsExactly(ServerState.ACTIVE, ServerState.ACTIVE, ServerState.DRAINING);
            assertThat(in.weight[2]).isZero();

            room.controller.reconfigure(PolicyRegistry.parse("sed"), THREE);
            assertThat(room.round().state).containsOnly(ServerState.ACTIVE);
            assertThat(room.dataPlane.in.weight[2]).isEqualTo(Pool.RAMP_START);
        }
    }

    @Test
    void listedServersAreAddedAndRampUp() {
        try (ControlRoom room = room(THREE, 4, 1, 1)) {
            room.rounds(3);

            assertThat(room.dataPlane.commands).containsExactly("ADD 2");
            assertThat(room.dataPlane.in.state)
                    .containsExactly(ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ABSENT);
            assertThat(room.dataPlane.in.weight[2]).isEqualTo(Pool.RAMP_START);
        }
    }

    @Test
    void aRefusedAddIsSaidOnceAndTriedAgain() {
        try (ControlRoom room = room(THREE, 3, 1, 1)) {
            room.dataPlane.answer = CommandResult.BAD_ADDRESS;
            room.rounds(12 * SECOND);
            assertThat(room.dataPlane.commands).hasSize(3).containsOnly("ADD 2");
            assertThat(room.log.of("command-refused")).isEqualTo(1);

            room.dataPlane.answer = CommandResult.OK;
            room.rounds(6 * SECOND);
            assertThat(room.dataPlane.in.state[2]).isEqualTo(ServerState.ACTIVE);
        }
    }

    @Test
    void aServerThatLeavesTheListIsDrainedThenRemoved() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.dataPlane.out.inFlight[2] = 1;
            room.round();
            room.controller.reconfigure(PolicyRegistry.parse("sed"), THREE.withServers(ControlRoom.servers(2)));
            room.rounds(3 * SECOND);
            assertThat(room.dataPlane.in.state[2]).isEqualTo(ServerState.DRAINING);
            assertThat(room.dataPlane.commands).isEmpty();

            room.dataPlane.out.inFlight[2] = 0;
            room.rounds(SECOND);
            assertThat(room.dataPlane.commands).containsExactly("REMOVE 2");
            assertThat(room.dataPlane.out.state[2]).isEqualTo(ServerState.ABSENT);
            assertThat(room.log.of("server-removed")).isEqualTo(1);
        }
    }

    @Test
    void aLongFlowKeepsALeavingServerForSoLongOnly() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.dataPlane.out.inFlight[2] = 1;
            room.round();
            room.controller.reconfigure(PolicyRegistry.parse("sed"), THREE.withServers(ControlRoom.servers(2)));
            room.rounds(301 * SECOND);

            assertThat(room.dataPlane.commands).containsExactly("REMOVE 2");
        }
    }

    @Test
    void serversThatAreNotListedAreLeftAsTheyAre() {
        try (ControlRoom room = room(ControllerConfig.DEFAULTS, 3, 1, 2, 3)) {
            room.dataPlane.out.state[1] = ServerState.DRAINING;
            MsgIn in = room.round();

            assertThat(in.state).containsExactly(ServerState.ACTIVE, ServerState.DRAINING, ServerState.ACTIVE);
            assertThat(in.weight).containsExactly(1, 0, 3);
            assertThat(room.prober.started).isZero();
        }
    }

    @Test
    void aChangeThatWouldMoveAServerIsRefusedAndNothingChanges() {
        try (ControlRoom room = room(THREE, 4, 1, 1, 1)) {
            room.round();
            List<ServerEntry> shifted =
                    List.of(ServerEntry.of(0, ControlRoom.address(0)), ServerEntry.of(1, ControlRoom.address(2)));
            room.controller.reconfigure(PolicyRegistry.parse("sed"), THREE.withServers(shifted));
            room.rounds(3);

            assertThat(room.dataPlane.in.state)
                    .containsExactly(ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ABSENT);
            assertThat(room.log.lines)
                    .anyMatch(l -> l.contains("change-refused")
                            && l.contains("server 10.0.0.3:80 would move from slot 2 to 1; write slot: 2 at it"));

            List<ServerEntry> another =
                    List.of(ServerEntry.of(0, ControlRoom.address(0)), ServerEntry.of(1, ControlRoom.address(7)));
            assertThatThrownBy(() -> room.controller.requireFit(null, THREE.withServers(another)))
                    .hasMessage("slot 1 still belongs to 10.0.0.2:80; give 10.0.0.8:80 another one: slot: 3");
        }
    }

    @Test
    void aListThatDoesNotFitTheDataPlaneIsRefusedAtTheStart() {
        assertThatThrownBy(() -> room(THREE, 2, 1, 1))
                .hasMessage("server 10.0.0.3:80 has slot 2, but the data plane has 2 slots (0 to 1)");
    }

    @Test
    void aServerThatWasDeadWhenTheControllerCameStaysSoUntilItAnswers() {
        try (ControlRoom room = room(THREE, 3, 1, 1, 1)) {
            room.dataPlane.out.state[1] = ServerState.DEAD;
            room.prober.trouble.put(ControlRoom.address(1), "connection refused");
            room.rounds(1);
            assertThat(room.dataPlane.in.state[1]).isEqualTo(ServerState.DEAD);
            room.prober.trouble.clear();
            room.rounds(4 * SECOND);
            assertThat(room.dataPlane.in.state[1]).isEqualTo(ServerState.ACTIVE);
        }
    }

    @Test
    void aServerWhoseFlowsFailIsEjectedForAWhileAndItsOpenFlowsStay() {
        ControllerConfig config = THREE.withHealth(HealthConfig.DEFAULTS.withKind(HealthConfig.Kind.NONE));
        try (ControlRoom room = room(config, 3, 1, 1, 1)) {
            room.rounds(2);
            for (int i = 0; i < 6; i++) {
                room.dataPlane.out.rejected[0] += 2;
                room.dataPlane.out.completed[1] += 10;
                room.dataPlane.out.completed[2] += 10;
                room.round();
            }
            assertThat(room.dataPlane.in.weight[0]).isZero();
            assertThat(room.dataPlane.in.state[0]).isEqualTo(ServerState.ACTIVE);
            assertThat(room.log.of("server-ejected")).isEqualTo(1);

            room.rounds(31 * SECOND);
            assertThat(room.dataPlane.in.weight[0]).isPositive();
            assertThat(room.controller.status().ejections()).isEqualTo(1);
        }
    }

    @Test
    void whenAllFlowsFailNobodyIsEjected() {
        try (ControlRoom room = room(ControllerConfig.DEFAULTS, 4, 1, 1, 1, 1)) {
            room.rounds(2);
            for (int i = 0; i < 20; i++) {
                for (int j = 0; j < 4; j++) {
                    room.dataPlane.out.aborted[j] += 5;
                }
                room.round();
            }

            assertThat(room.controller.status().ejections()).isZero();
        }
    }

    @Test
    void atMostHalfOfThePoolIsEjected() {
        try (ControlRoom room = room(ControllerConfig.DEFAULTS, 4, 1, 1, 1, 1)) {
            room.rounds(2);
            for (int i = 0; i < 20; i++) {
                for (int j = 0; j < 3; j++) {
                    room.dataPlane.out.rejected[j] += 5;
                }
                room.dataPlane.out.completed[3] += 50;
                room.round();
            }

            assertThat(Arrays.stream(room.dataPlane.in.weight)
                            .filter(w -> w > 0)
                            .count())
                    .isEqualTo(2);
        }
    }

    @Test
    void aServerThatAnswersNobodyIsEjectedWhereNobodyChecksIt() {
        try (ControlRoom room = room(ControllerConfig.DEFAULTS, 3, 1, 1, 1)) {
            for (int i = 0; i < 11 * SECOND; i++) {
                room.dataPlane.out.inFlight[0] = 3;
                room.dataPlane.out.inFlight[1] = 1;
                room.dataPlane.out.completed[1] += 1;
                room.round();
            }

            assertThat(room.dataPlane.in.weight[0]).isZero();
            assertThat(room.dataPlane.in.weight[1]).isPositive();
        }
    }

    @Test
    void aSlotThatIsUsedAgainStartsWithCleanHands() {
        PassiveHealth passive = new PassiveHealth(2);
        io.marllb.ipc.MsgOut out = new io.marllb.ipc.MsgOut(2);
        out.state[0] = ServerState.ACTIVE;
        out.state[1] = ServerState.ACTIVE;
        passive.observe(out, 1);
        out.rejected[0] = 50;
        out.completed[1] = 50;
        passive.observe(out, 2);
        assertThat(passive.suspect(0, out, true, 2)).isTrue();
        out.generation[0]++;
        out.rejected[0] = 60;
        passive.observe(out, 3);

        assertThat(passive.suspect(0, out, true, 3)).isFalse();
    }
}
