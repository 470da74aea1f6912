package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.FakeDataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.MadePolicy;
import io.marllb.policies.PolicyRegistry;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class ControllerTest {

    private static final ControllerConfig PLAIN = ControllerConfig.DEFAULTS;
    private static final ControllerConfig UNBOUNDED =
            PLAIN.withGuard(GuardConfig.DEFAULTS.withMaxWeightChange(Double.POSITIVE_INFINITY));

    @TempDir
    Path folder;

    @Test
    void publishesRuleAndWeightsWithAnAliasTableOfThem() {
        try (ControlRoom room = new ControlRoom("wcmp", PLAIN, 1, 2, 5)) {
            MsgIn in = room.round();

            assertThat(in.rule).isEqualTo(Rule.WEIGHTED_RANDOM);
            assertThat(in.weight).containsExactly(1, 2, 5);
            assertThat(in.state).containsOnly(ServerState.ACTIVE);
            assertThat(in.answers).isEqualTo(1);
            assertThat(probability(in, 2)).isCloseTo(5 / 8.0, within(1e-9));
            assertThat(room.controller.status().ready()).isTrue();
        }
    }

    private static double probability(MsgIn in, int server) {
        double cells = 0;
        for (int c = 0; c < in.servers; c++) {
            double own = in.threshold[c] / 0x1.0p32;
            cells += c == server ? own : 0;
            cells += in.alias[c] == server ? 1 - own : 0;
        }
        return cells / in.servers;
    }

    @Test
    void publishesTheRulesBiasAsTwoNumbersSoThatTiesAreTheSame() {
        try (ControlRoom room = new ControlRoom("sed:bias=1/m:ties=vpp", PLAIN, 1, 1)) { // m = 3
            MsgIn in = room.round();

            assertThat(in.rule).isEqualTo(Rule.SED);
            assertThat(in.biasScale).isEqualTo(3);
            assertThat(in.biasOffset).isEqualTo(1);
            assertThat(in.vppTies).isTrue();
        }
    }

    @Test
    void publishesPoweredWeightsSoThatEveryDataPlaneUsesTheSameBits() {
        try (ControlRoom room = new ControlRoom("sed:exponent=0.3", PLAIN, 3, 7)) {
            MsgIn in = room.round();

            assertThat(in.exponent).isEqualTo(1);
            assertThat(in.weight).containsExactly(StrictMath.pow(3, 0.3), StrictMath.pow(7, 0.3));
        }
    }

    @Test
    void powersThatOverflowKeepTheirRatiosAndNoWeightVanishes() {
        try (ControlRoom room = new ControlRoom("sed:exponent=4", PLAIN, 1e80, 2e80, 1e-90)) {
            MsgIn in = room.round();

            assertThat(in.weight[1] / in.weight[0]).isCloseTo(16, within(1e-9));
            assertThat(in.weight[2]).isPositive();
        }
    }

    @Test
    void aBiasOfThePolicyReplacesTheRules() {
        WeightPolicy policy = new WeightPolicy() {
            @Override
            public void decide(Observation observation, Reports reports, double[] weights) {}

            @Override
            public double bias() {
                return 0.25;
            }
        };
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), PLAIN, 2, 1, 1)) {
            MsgIn in = room.round();

            assertThat(in.biasScale).isEqualTo(1);
            assertThat(in.biasOffset).isEqualTo(0.25);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prequal            | needs PROBE    | nearest: lsq2",
                "awcmp              | needs REPORT   | nearest: weighted-random+rate",
                "hcl                | runs weighted-random, two-choices, sed, least-flows and maglev | nearest: lsq2",
                "rr                 | rule round-robin | nearest: ecmp",
                "maglev:slots=101   | rule maglev    | nearest: maglev",
                "oracle-sed         | needs GLOBAL   | nearest: sed+equal",
                "marllb-exchange    | needs PEERS    | nearest: marllb",
                "gossip             | needs          | nearest: sed",
            })
    void refusesWhatTheDataPlaneCannotServeAndNamesTheNearest(String policy, String why, String nearest) {
        try (Segment dataPlane = Segment.create(folder.resolve("lb"), new SegmentSpec(8, 1, 2, ControlRoom.INTERVAL));
                SegmentDataPlane attached = SegmentDataPlane.attach(folder.resolve("lb"), () -> 1)) {
            assertThat(dataPlane.spec().servers()).isEqualTo(8);
            ControlRoom.FakeProber prober = new ControlRoom.FakeProber();
            assertThatThrownBy(() -> new Controller(attached, PolicyRegistry.parse(policy), PLAIN, () -> 1, prober))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("policy '" + policy + "' ")
                    .hasMessageContaining(why)
                    .hasMessageEndingWith(nearest);
            assertThat(prober.closed).as("its thread does not stay").isTrue();
        }
    }

    @Test
    void refusesAnIntervalForWhichTheDataPlaneHasNoPatience() {
        assertThatThrownBy(() -> new ControlRoom("sed", PLAIN.withInterval(Duration.ofSeconds(2)), 1, 1))
                .hasMessage(
                        "interval 2000ms is too long: the data plane expects 250ms and falls back after five of them; "
                                + "use at most 1000ms, or tell the data plane");
    }

    @Test
    void weightsMoveByAFactorPerIntervalAtMost() {
        double[] wanted = {1, 1};
        WeightPolicy policy = (o, r, w) -> System.arraycopy(wanted, 0, w, 0, 2);
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), PLAIN, 2, 1, 1)) {
            room.round();
            wanted[1] = 1000;

            MsgIn in = room.round();

            assertThat(in.weight).containsExactly(0.5, 1000 / 500.5);
            assertThat(room.controller.status().boundedDecisions()).isEqualTo(1);
            room.rounds(12);
            assertThat(room.dataPlane.in.weight).containsExactly(1, 1000);
        }
    }

    @Test
    void invalidWeightsBecomeEqualOnesAndAreSaidOnce() {
        double[] weight = {3};
        WeightPolicy policy = (o, r, w) -> {
            w[0] = weight[0];
            w[1] = 1;
        };
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), UNBOUNDED, 2, 1, 1)) {
            assertThat(room.round().weight).containsExactly(3, 1);
            for (double bad : new double[] {Double.NaN, -1, Double.POSITIVE_INFINITY}) {
                weight[0] = bad;
                assertThat(room.round().weight).containsExactly(1, 1);
            }
            weight[0] = 2;
            assertThat(room.round().weight).containsExactly(2, 1);

            assertThat(room.controller.status().invalidDecisions()).isEqualTo(3);
            assertThat(room.controller.status().stage()).isZero();
            assertThat(room.log.of("decision-invalid")).isEqualTo(1);
            assertThat(room.log.of("decision-invalid-over")).isEqualTo(1);
        }
    }

    @Test
    void aPolicyThatKeepsFailingBeginsAnewAndStepsDownTheLadderMeanwhile() {
        int[] built = {0};
        boolean[] broken = {false};
        try (ControlRoom room = new ControlRoom(
                MadePolicy.of("sed+equal", s -> {
                    built[0]++;
                    return (o, r, w) -> {
                        if (broken[0]) {
                            throw new StackOverflowError("no idea"); // as bad as it gets
                        }
                        w[0] = 3;
                        w[1] = 1;
                    };
                }),
                UNBOUNDED,
                2,
                2,
                5)) {
            room.round();
            broken[0] = true;
            for (int missed = 1; missed <= 45; missed++) {
                MsgIn in = room.round();
                int stage = missed >= 40 ? 2 : missed >= 5 ? 1 : 0;
                assertThat(room.controller.status().stage())
                        .as("after %d", missed)
                        .isEqualTo(stage);
                assertThat(in.weight)
                        .as("after %d", missed)
                        .containsExactly(stage == 2 ? new double[] {2, 5} : new double[] {3, 1});
            }
            assertThat(built[0]).isEqualTo(1 + 45 / 5);
            assertThat(room.log.of("policy-failed")).isEqualTo(1);
            assertThat(room.log.of("late")).isEqualTo(1);
            assertThat(room.log.of("lost")).isEqualTo(1);
            assertThat(room.controller.status().incidents()).containsEntry("policy-failed", 45L);
            assertThat(room.controller.status().ready()).isFalse();

            broken[0] = false;
            assertThat(room.round().weight).containsExactly(3, 1);
            assertThat(room.controller.status().stage()).isZero();
            assertThat(room.log.of("recovered")).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBePublishedSteersNothing() {
        boolean[] deaf = {false};
        UnaryOperator<DataPlane> around = plane -> (DataPlane) Proxy.newProxyInstance(
                DataPlane.class.getClassLoader(), new Class<?>[] {DataPlane.class}, (self, method, args) -> {
                    if (deaf[0] && method.getName().equals("publish")) {
                        throw new IllegalStateException("it does not listen");
                    }
                    return method.invoke(plane, args);
                });
        try (ControlRoom room = new ControlRoom(PolicyRegistry.parse("sed"), PLAIN, around, 2, 1, 1)) {
            room.round();
            deaf[0] = true;
            room.rounds(Ladder.LOST);

            assertThat(room.controller.status().stage()).isEqualTo(2);
            assertThat(room.controller.status().ready()).isFalse();
            assertThat(room.controller.status().incidents()).containsEntry("round-failed", (long) Ladder.LOST);
            assertThat(room.log.of("round-failed")).isEqualTo(1);

            deaf[0] = false;
            room.round();
            assertThat(room.controller.status().stage()).isZero();
            assertThat(room.controller.status().ready()).isTrue();
        }
    }

    @Test
    void recoveryIsBoundedAgainstTheWeightsInForce() {
        boolean[] broken = {true};
        WeightPolicy policy = (o, r, w) -> {
            if (broken[0]) {
                throw new IllegalStateException();
            }
            w[0] = 1;
            w[1] = 100;
        };
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), PLAIN, 2, 1, 1)) {
            room.rounds(41);
            broken[0] = false;

            MsgIn in = room.round();

            assertThat(in.weight[1] / in.weight[0]).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void aPolicyThatHangsDoesNotKeepTheControllerFromItsWork() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        boolean[] hang = {false};
        WeightPolicy policy = (o, r, w) -> {
            w[0] = o.inFlight(0);
            if (hang[0]) {
                hangs.countDown();
                try {
                    released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        ControllerConfig config = UNBOUNDED.withServers(ControlRoom.servers(2));
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), config, 2, 1, 1)) {
            room.dataPlane.out.inFlight[0] = 7;
            assertThat(room.round().weight[0]).isEqualTo(7);
            room.prober.trouble.put(ControlRoom.address(1), "connection refused");
            hang[0] = true;
            room.dataPlane.out.inFlight[0] = 8;
            room.dataPlane.publish(room.now);
            Thread first = new Thread(() -> room.controller.tick(room.now));
            first.start();
            hangs.await();
            hang[0] = false;
            room.controller.tick(room.now); // not late yet: nothing happens
            assertThat(room.controller.status().missedIntervals()).isZero();
            room.now += ControlRoom.INTERVAL;
            room.rounds(20);

            assertThat(room.dataPlane.in.weight).containsExactly(7, 0);
            assertThat(room.dataPlane.in.state[1]).isEqualTo(ServerState.DEAD);
            assertThat(room.controller.status().stage()).isEqualTo(1);
            assertThat(room.controller.status().incidents()).containsEntry("policy-late", 20L);
            assertThat(room.log.of("policy-late")).isEqualTo(1);
            long published = room.controller.status().published();

            released.countDown();
            first.join();
            assertThat(room.controller.status().published())
                    .as("what it said at last is not used")
                    .isEqualTo(published);
            room.dataPlane.out.inFlight[0] = 9;
            assertThat(room.round().weight[0]).isEqualTo(9);
            assertThat(room.controller.status().stage()).isZero();
        }
    }

    @Test
    void aDecisionThatTakesTooLongIsNotUsed() {
        long[] slow = {0};
        ControlRoom[] room = {null};
        WeightPolicy policy = (o, r, w) -> {
            w[0] = 5;
            room[0].now += slow[0];
        };
        room[0] = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), UNBOUNDED, 2, 1, 1);
        try (ControlRoom there = room[0]) {
            slow[0] = 200_000_000L;
            assertThat(there.round().weight[0]).isEqualTo(1);
            assertThat(there.controller.status().missedIntervals()).isEqualTo(1);
            slow[0] = 50_000_000L;
            assertThat(there.round().weight[0]).isEqualTo(5);
        }
    }

    @Test
    void runningGoesOnWhileAPolicyHangs() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        WeightPolicy policy = (o, r, w) -> {
            hangs.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        Segment segment = Segment.inMemory(new SegmentSpec(2, 1, 1, 20_000_000L));
        FakeDataPlane dataPlane = new FakeDataPlane(segment).withServers(1, 1);
        Controller controller = new Controller(
                SegmentDataPlane.inProcess(segment, Need.PASSIVE, System::nanoTime),
                MadePolicy.of("sed+equal", s -> policy),
                PLAIN.withGuard(new GuardConfig(1, 0, 0.5, 2, Duration.ofMillis(20))),
                System::nanoTime,
                new ControlRoom.FakeProber());
        Thread running = new Thread(controller::run);
        running.start();
        try {
            long until = System.nanoTime() + 60_000_000_000L;
            while (!(hangs.getCount() == 0 && dataPlane.in.sequence >= 3) && System.nanoTime() < until) {
                dataPlane.publish(System.nanoTime());
                LockSupport.parkNanos(5_000_000L);
            }
            assertThat(dataPlane.in.sequence).as("published within a minute").isGreaterThanOrEqualTo(3);
        } finally {
            controller.close();
            released.countDown();
            running.join();
        }
    }

    @Test
    void aDataPlaneThatSaysNothingNewGetsTheLastGoodWeightsAgain() {
        int[] asked = {0};
        WeightPolicy policy = (o, r, w) -> w[0] = 2 + asked[0]++;
        try (ControlRoom room = new ControlRoom(MadePolicy.of("sed+equal", s -> policy), UNBOUNDED, 2, 1, 1)) {
            room.round();
            long first = room.dataPlane.in.sequence;

            MsgIn in = room.silentRound();

            assertThat(in.sequence).isEqualTo(first + 1);
            assertThat(in.answers).isEqualTo(1);
            assertThat(in.weight).containsExactly(2, 1);
            assertThat(asked[0]).isEqualTo(1);
            assertThat(room.controller.status().missedIntervals()).isEqualTo(1);
        }
    }

    @Test
    void nothingIsPublishedToADataPlaneThatGivesNoSign() {
        try (ControlRoom room = new ControlRoom("sed", PLAIN, 1, 1)) {
            room.rounds(3);
            long last = room.dataPlane.in.sequence;
            room.now += 2_000_000_000L;
            room.controller.tick(room.now);
            room.dataPlane.follow();

            assertThat(room.dataPlane.in.sequence).isEqualTo(last);
            assertThat(room.controller.status().attached()).isFalse();
            assertThat(room.controller.status().ready()).isFalse();
            assertThat(room.log.of("data-plane-gone")).isEqualTo(1);

            room.rounds(1);
            assertThat(room.dataPlane.in.sequence).isEqualTo(last + 1);
            assertThat(room.controller.status().ready()).isTrue();
            assertThat(room.log.of("data-plane-gone-over")).isEqualTo(1);
        }
    }

    @Test
    void attachesToADataPlaneThatStartsAnew() {
        Path file = folder.resolve("lb");
        long[] now = {1_000_000_000_000L};
        SegmentSpec spec = new SegmentSpec(3, 1, 1, ControlRoom.INTERVAL);
        FakeDataPlane first = new FakeDataPlane(Segment.create(file, spec)).withServers(1, 2, 3);
        try (Controller controller = new Controller(
                SegmentDataPlane.attach(file, () -> now[0]),
                PolicyRegistry.parse("marllb"),
                PLAIN,
                () -> now[0],
                new ControlRoom.FakeProber())) {
            first.out.started[0] = 10;
            first.publish(now[0]);
            controller.tick(now[0]);
            assertThat(first.follow()).isTrue();
            first.segment.close();
            now[0] += ControlRoom.INTERVAL;
            controller.tick(now[0]);
            assertThat(controller.status().attached()).isFalse();

            SegmentSpec larger = new SegmentSpec(5, 1, 1, ControlRoom.INTERVAL);
            try (Segment again = Segment.create(file, larger)) {
                FakeDataPlane second = new FakeDataPlane(again).withServers(1, 1, 1, 1, 1);
                second.out.started[4] = 5;
                second.publish(now[0]);
                now[0] += ControlRoom.INTERVAL;
                controller.tick(now[0]);

                assertThat(second.follow()).isTrue();
                assertThat(second.in.sequence).isEqualTo(1);
                assertThat(second.in.weight).hasSize(5).containsOnly(second.in.weight[0]);
                assertThat(controller.status().replaced()).isEqualTo(1);
                assertThat(controller.status().ready()).isTrue();
                assertThat(controller.status().startedFlows()).as("of both").isEqualTo(15);
            }
        }
    }

    @Test
    void waitsForADataPlaneThatFitsThePolicy() {
        Path file = folder.resolve("lb");
        long[] now = {1_000_000_000_000L};
        Segment first = Segment.create(file, new SegmentSpec(4, 1, 1, ControlRoom.INTERVAL));
        try (Controller controller = new Controller(
                SegmentDataPlane.attach(file, () -> now[0]),
                PolicyRegistry.parse("marllb"),
                PLAIN,
                () -> now[0],
                new ControlRoom.FakeProber())) {
            first.close();
            Segment unfit = Segment.create(file, new SegmentSpec(200, 1, 1, ControlRoom.INTERVAL));
            new FakeDataPlane(unfit).publish(now[0]);
            controller.tick(now[0]);
            assertThat(controller.status().attached()).isFalse();
            assertThat(controller.status().incidents()).containsKey("data-plane-unfit");
            unfit.close();

            try (Segment fit = Segment.create(file, new SegmentSpec(2, 1, 1, ControlRoom.INTERVAL))) {
                FakeDataPlane there = new FakeDataPlane(fit).withServers(1, 1);
                there.publish(now[0]);
                for (int i = 0; i < 3; i++) {
                    controller.tick(now[0]);
                }
                assertThat(there.follow()).isTrue();
            }
        }
    }

    @Test
    void goesOnWhereTheControllerBeforeStopped() {
        Path file = folder.resolve("lb");
        long[] now = {1_000_000_000_000L};
        try (Segment made = Segment.create(file, new SegmentSpec(2, 1, 1, ControlRoom.INTERVAL))) {
            FakeDataPlane dataPlane = new FakeDataPlane(made).withServers(1, 1);
            for (int life = 0; life < 2; life++) {
                try (Controller controller = new Controller(
                        SegmentDataPlane.attach(file, () -> now[0]),
                        PolicyRegistry.parse("sed"),
                        PLAIN,
                        () -> now[0],
                        new ControlRoom.FakeProber())) {
                    dataPlane.publish(now[0]);
                    controller.tick(now[0]);
                }
                dataPlane.follow();
                assertThat(dataPlane.in.sequence).isEqualTo(life + 1);
            }
        }
    }

    @Test
    void anotherPolicyTakesOverFromTheNextRoundOn() {
        try (ControlRoom room = new ControlRoom("sed", UNBOUNDED, 1, 4)) {
            room.round();
            room.controller.reconfigure(PolicyRegistry.parse("lsq2"), UNBOUNDED);

            MsgIn in = room.round();

            assertThat(in.rule).isEqualTo(Rule.TWO_CHOICES);
            assertThat(in.choices).isEqualTo(2);
            assertThat(in.weight).containsExactly(1, 1);
        }
    }

    @Test
    void anotherPlaceAmongTheBalancersNeedsARestart() {
        try (ControlRoom room = new ControlRoom("sed", PLAIN, 1, 1)) {
            room.round();
            ControllerConfig other = PLAIN.withBalancer(1);

            assertThatThrownBy(() -> room.controller.requireFit(null, other))
                    .hasMessage("balancer is 0 and cannot become 1 while the controller runs; restart it for that");
            room.controller.reconfigure(other);
            room.round();
            assertThat(room.log.of("change-refused")).isEqualTo(1);
        }
    }

    @Test
    void latencyComesFromTheFlowsThatWereCompletedInTheLastMinute() {
        try (ControlRoom room = new ControlRoom("sed", PLAIN, 1, 1)) {
            for (int i = 1; i <= 100; i++) {
                room.dataPlane.flowEnded(0, i * 1_000_000L, Outcome.COMPLETED, room.now);
                room.dataPlane.flowEnded(0, 1_000L, Outcome.REJECTED, room.now);
                room.dataPlane.flowEnded(0, 60_000_000_000L, Outcome.ABORTED, room.now);
            }
            room.rounds(8);
            assertThat(room.controller.status().latencyMillis().get(0)).isCloseTo(50.5, within(0.1));
            assertThat(room.controller.status().latencyMillis().get(1)).isCloseTo(95, within(0.1));
            assertThat(room.controller.status().latencyMillis().get(2)).isCloseTo(99, within(0.1));

            room.rounds(4 * 70);
            assertThat(room.controller.status().latencyMillis()).containsOnly(Double.NaN);
        }
    }

    @Test
    void needsOfAProcessOfOurOwnAreWhatItOffers() {
        Segment segment = Segment.inMemory(new SegmentSpec(2, 1, 1, ControlRoom.INTERVAL));
        SegmentDataPlane own = SegmentDataPlane.inProcess(
                segment, EnumSet.of(Need.FLOW_END, Need.FLOW_AGE, Need.RESERVOIRS, Need.FLOW_HASH), () -> 1);

        try (Controller controller =
                new Controller(own, PolicyRegistry.parse("hcl"), PLAIN, () -> 1, new ControlRoom.FakeProber())) {
            assertThat(controller.status().policy()).isEqualTo("hcl");
        }
    }
}
