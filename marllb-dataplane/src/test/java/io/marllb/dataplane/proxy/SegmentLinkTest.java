package io.marllb.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import io.marllb.core.Reduction;
import io.marllb.core.View;
import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.DataPlaneContract;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.Command;
import io.marllb.ipc.CommandKind;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.CommandWriter;
import io.marllb.ipc.Drop;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.EventReader;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInWriter;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutReader;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The proxy's side of its segment, without sockets and with a clock of its own. */
class SegmentLinkTest {

    private static final long MILLI = 1_000_000L;
    private static final long INTERVAL = 250 * MILLI;
    private static final int SLOTS = 5; // the last one is free

    private final Place place = new Place();

    /** A balancer with four servers, the second of weight 5, and its link. */
    private static final class Place {
        final Segment segment = Segment.inMemory(new SegmentSpec(SLOTS, 1, 1, INTERVAL));
        final List<LoopCounters> counters = List.of(new LoopCounters(SLOTS));
        final List<String> closed = new ArrayList<>();
        final Balancer balancer;
        final SegmentLink link;
        long now = 7 * INTERVAL;

        Place() {
            List<ServerEntry> servers = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                servers.add(ServerEntry.parse(j, "127.0.0.1:" + (8001 + j) + "=" + (j == 1 ? 5 : 1)));
            }
            balancer = new Balancer(segment, servers, new Rules(SLOTS, 1, INTERVAL, 1), Streams.of(1), now);
            link = new SegmentLink(
                    segment,
                    balancer,
                    counters,
                    (slot, generation) -> closed.add(slot + "/" + generation),
                    50 * MILLI,
                    1000,
                    now);
        }

        void pass(long nanos) {
            for (long left = nanos; left > 0; left -= 10 * MILLI) {
                now += Math.min(left, 10 * MILLI);
                link.tick(now);
            }
        }

        Placement open(long hash) {
            Placement p = new Placement();
            p.hash = hash;
            balancer.place(p, now);
            return p;
        }

        /** A flow that every server but one has refused. */
        Placement openAt(int server) {
            Placement p = new Placement();
            for (int j = 0; j < SLOTS; j++) {
                if (j != server) {
                    p.slot = j;
                    p.refused();
                }
            }
            balancer.place(p, now);
            assertThat(p.slot).isEqualTo(server);
            return p;
        }

        /** Where so many flows would go, if all stayed open; none does. */
        int[] shares(int flows) {
            List<Placement> open = new ArrayList<>();
            int[] got = new int[SLOTS + 1];
            for (int i = 0; i < flows; i++) {
                Placement p = open(Streams.mix(i));
                got[p.slot < 0 ? SLOTS : p.slot]++;
                open.add(p);
            }
            for (Placement p : open) {
                if (p.slot >= 0) {
                    balancer.ended(p, 1, Outcome.ABORTED, now);
                }
            }
            return got;
        }
    }

    private static MsgIn wanted(Rule rule, double... weights) {
        MsgIn in = new MsgIn(SLOTS);
        in.rule = rule;
        for (int j = 0; j < SLOTS; j++) {
            in.weight[j] = j < weights.length ? weights[j] : 0;
            in.state[j] = j < 4 ? ServerState.ACTIVE : ServerState.ABSENT;
            in.generation[j] = 1;
            in.threshold[j] = 1L << 32;
            in.alias[j] = j;
        }
        return in;
    }

    private MsgOut seen() {
        MsgOut out = new MsgOut(SLOTS);
        assertThat(place.segment.msgOutReader().read(out)).isEqualTo(Reading.FRESH);
        return out;
    }

    @AfterEach
    void close() {
        place.segment.close();
    }

    @Test
    void usesSedOnConfiguredWeightsBeforeAnyControllerComes() {
        assertThat(place.shares(8)).containsExactly(1, 5, 1, 1, 0, 0);
        assertThat(seen().msgInApplied).isZero();
        assertThat(seen().staticWeight[1]).isEqualTo(5);
    }

    @Test
    void honoursWeightsByTheRuleThatTheRecordNames() {
        MsgInWriter controller = place.segment.msgInWriter();
        double[] weights = {1, 2, 3, 4};
        controller.publish(wanted(Rule.WEIGHTED_RANDOM, weights));
        place.pass(10 * MILLI);

        int flows = 2000;
        int[] got = place.shares(flows);

        double chi = 0;
        for (int j = 0; j < 4; j++) {
            double expected = flows * weights[j] / 10;
            chi += (got[j] - expected) * (got[j] - expected) / expected;
        }
        assertThat(chi)
                .as("chi-square of %s, 3 degrees of freedom; 30.66 has p = 1e-6", Arrays.toString(got))
                .isLessThan(30.66);
        assertThat(got[4]).isZero();
    }

    @Test
    void everyRuleOfTheLayoutIsThereAndChangesWhileFlowsAreOpen() {
        MsgInWriter controller = place.segment.msgInWriter();
        Placement open = place.openAt(2);
        for (Rule rule : Rule.values()) {
            MsgIn in = wanted(rule, 1, 1, 1, 1);
            in.choices = 2;
            controller.publish(in);
            place.pass(50 * MILLI);

            int[] got = place.shares(400);
            assertThat(got[4] + got[5]).isZero();
            for (int j = 0; j < 4; j++) {
                assertThat(got[j]).as("%s at server %d", rule, j).isBetween(50, 160);
            }
            assertThat(seen().inFlight[2]).isEqualTo(1);
        }
        place.balancer.ended(open, 5 * MILLI, Outcome.COMPLETED, place.now);
        place.pass(50 * MILLI);
        assertThat(seen().inFlight[2]).isZero();
        assertThat(seen().msgInRefused).isZero();
    }

    @Test
    void tiesByAFractionAreExactAndABiasTravelsWithTheWeights() {
        MsgInWriter controller = place.segment.msgInWriter();
        MsgIn third = wanted(Rule.SED, 3, 1, 0, 0);
        third.biasScale = 3; // (3 q + 1) / w: one flow at the first ties with none at the second: 4 / 3 > 1
        third.biasOffset = 1;
        controller.publish(third);
        place.pass(10 * MILLI);
        assertThat(place.shares(2)).startsWith(1, 1);

        MsgIn seven = wanted(Rule.SED, 3, 1, 0, 0); // (q + 7) / w: 7/3, 8/3, ... 20/3 < 7
        seven.biasOffset = 7;
        controller.publish(seven);
        place.pass(10 * MILLI);
        assertThat(place.shares(14)).startsWith(14, 0);
    }

    @Test
    void keepsTheLastWeightsWhenTheControllerIsLateAndFallsBackWhenItIsLost() {
        MsgInWriter controller = place.segment.msgInWriter();
        controller.publish(wanted(Rule.SED, 1, 0, 0, 0));
        place.pass(60 * MILLI);
        assertThat(seen().stage).isZero();
        assertThat(seen().msgInApplied).isEqualTo(1);

        place.pass(SegmentLink.LATE * INTERVAL);
        assertThat(seen().stage).isEqualTo(1);
        assertThat(place.shares(8)).containsExactly(8, 0, 0, 0, 0, 0);

        place.pass((SegmentLink.LOST - SegmentLink.LATE) * INTERVAL + 50 * MILLI);
        assertThat(seen().stage).isEqualTo(2);
        assertThat(place.shares(8)).containsExactly(1, 5, 1, 1, 0, 0);

        // Another controller goes on where the first one stopped.
        place.segment.msgInWriter().publish(wanted(Rule.SED, 0, 0, 1, 0));
        place.pass(60 * MILLI);
        assertThat(seen().stage).isZero();
        assertThat(seen().msgInApplied).isEqualTo(2);
        assertThat(place.shares(8)).containsExactly(0, 0, 8, 0, 0, 0);
    }

    @Test
    void drainsAServerWithoutTouchingItsFlowsAndClosesThoseOfADeadOne() {
        MsgInWriter controller = place.segment.msgInWriter();
        Placement old = place.openAt(3);
        MsgIn in = wanted(Rule.SED, 1, 1, 1, 1);
        in.state[3] = ServerState.DRAINING;
        controller.publish(in);
        place.pass(60 * MILLI);
        assertThat(place.shares(100)[3]).isZero();
        assertThat(seen().state[3]).isEqualTo(ServerState.DRAINING);
        assertThat(seen().inFlight[3]).isEqualTo(1);
        assertThat(place.closed).isEmpty();

        in.state[3] = ServerState.DEAD;
        controller.publish(in);
        place.pass(60 * MILLI);
        controller.publish(in); // said again, it is no other death
        place.pass(60 * MILLI);
        assertThat(place.closed).containsExactly("3/1");

        place.balancer.ended(old, 1, Outcome.ABORTED, place.now);
        place.pass(60 * MILLI);
        assertThat(seen().aborted[3]).isEqualTo(1);
    }

    @Test
    void usesAllServersWhenNoneHasAWeight() {
        place.segment.msgInWriter().publish(wanted(Rule.SED, 0, 0, 0, 0));
        place.pass(10 * MILLI);

        assertThat(place.shares(8)).containsExactly(2, 2, 2, 2, 0, 0);
    }

    @Test
    void ignoresWhatWasDecidedForAnotherServerInASlot() {
        MsgIn in = wanted(Rule.SED, 1, 1, 1, 1);
        in.generation[0] = 2;
        in.state[0] = ServerState.DEAD;
        place.segment.msgInWriter().publish(in);
        place.pass(60 * MILLI);

        assertThat(seen().state[0]).isEqualTo(ServerState.ACTIVE);
        assertThat(place.shares(9)[0]).isZero();
    }

    @Test
    void goesOnBySedWhenARuleFails() {
        int[] asked = new int[1];
        FlowRule failing = new FlowRule() {
            @Override
            public int choose(Flow flow, View view, Words words) {
                asked[0]++;
                if (asked[0] == 1) {
                    throw new IllegalStateException("the rule is broken");
                }
                return asked[0] == 2 ? SLOTS - 1 : 0; // no server is in the last slot
            }

            @Override
            public void ended(int server, long fct, Outcome outcome, long now) {
                throw new IllegalStateException("the rule is broken");
            }
        };
        for (int i = 0; i < 2; i++) { // it throws, then it chooses what is not there
            place.balancer.use(failing);
            assertThat(place.shares(8)).containsExactly(1, 5, 1, 1, 0, 0);
        }
        place.balancer.use(failing);
        assertThat(place.shares(1)).containsExactly(1, 0, 0, 0, 0, 0); // and throws when that flow ends
        assertThat(place.shares(8)).containsExactly(1, 5, 1, 1, 0, 0);
        assertThat(asked[0]).isEqualTo(3);
    }

    @Test
    void keepsTheLastGoodRecordWhenOneCannotBeDone() {
        MsgInWriter controller = place.segment.msgInWriter();
        controller.publish(wanted(Rule.SED, 0, 0, 0, 1));
        place.pass(10 * MILLI);
        MsgIn odd = wanted(Rule.SED, 1, 0, 0, 0);
        odd.biasScale = 0; // a bias of 1/0
        controller.publish(odd);
        place.pass(60 * MILLI);

        assertThat(place.shares(4)[3]).isEqualTo(4);
        assertThat(seen().msgInRefused).isEqualTo(1);
        assertThat(seen().msgInApplied).isEqualTo(1);
    }

    private CommandResult ask(CommandKind kind, int slot, int generation, int port) {
        CommandWriter commands = place.segment.commandWriter();
        EventReader events = place.segment.eventReader();
        Command command = new Command();
        command.kind = kind;
        command.server = slot;
        command.generation = generation;
        command.family = 4;
        command.address[0] = 127;
        command.address[3] = 1;
        command.port = port;
        command.staticWeight = 2;
        long sequence = commands.write(command);
        place.pass(60 * MILLI);
        Event event = new Event();
        while (events.take(event) == Reading.FRESH) {
            if (event.kind == EventKind.COMMAND_DONE && event.value == sequence) {
                return CommandResult.of(event.detail);
            }
        }
        throw new AssertionError("no answer to " + kind);
    }

    @Test
    void addsAndRemovesServersAndStartsTheirCountersAnew() {
        assertThat(ask(CommandKind.ADD, 4, 0, 9000)).isEqualTo(CommandResult.OK);
        assertThat(seen().state[4]).isEqualTo(ServerState.ACTIVE);
        assertThat(seen().generation[4]).isEqualTo(1);
        Placement first = place.openAt(4);
        assertThat(first.address.getPort()).isEqualTo(9000);

        assertThat(ask(CommandKind.REMOVE, 4, 1, 0)).isEqualTo(CommandResult.OK);
        assertThat(place.closed).containsExactly("4/1");
        assertThat(ask(CommandKind.ADD, 4, 0, 9001)).isEqualTo(CommandResult.OK);
        place.balancer.ended(first, 1, Outcome.ABORTED, place.now); // of the one before
        place.pass(60 * MILLI);

        MsgOut out = seen();
        assertThat(out.generation[4]).isEqualTo(2);
        assertThat(out.started[4]).isZero();
        assertThat(out.inFlight[4]).isZero();
        assertThat(out.aborted[4]).isZero();
    }

    @Test
    void answersCommandsThatCannotBeDoneWithTheReason() {
        assertThat(ask(CommandKind.ADD, 0, 0, 9000)).isEqualTo(CommandResult.BAD_STATE);
        assertThat(ask(CommandKind.ADD, 4, 0, 0)).isEqualTo(CommandResult.BAD_ADDRESS);
        assertThat(ask(CommandKind.DRAIN, 4, 1, 0)).isEqualTo(CommandResult.BAD_STATE);
        assertThat(ask(CommandKind.DOWN, 0, 7, 0)).isEqualTo(CommandResult.BAD_STATE);
        assertThat(ask(CommandKind.UP, SLOTS, 1, 0)).isEqualTo(CommandResult.BAD_SLOT);
        assertThat(ask(CommandKind.DOWN, 0, 1, 0)).isEqualTo(CommandResult.OK);
        assertThat(ask(CommandKind.UP, 0, 1, 0)).isEqualTo(CommandResult.OK);
        assertThat(ask(CommandKind.DRAIN, 0, 1, 0)).isEqualTo(CommandResult.OK);
        assertThat(seen().state[0]).isEqualTo(ServerState.DRAINING);
    }

    @Test
    void tellsWhatFlowsDid() {
        Placement p = place.openAt(0);
        place.pass(100 * MILLI);
        place.balancer.sampled(p, 100 * MILLI, place.now);
        place.pass(100 * MILLI);
        place.balancer.ended(p, 200 * MILLI, Outcome.COMPLETED, place.now);
        LoopCounters c = place.counters.get(0);
        c.add(LoopCounters.ACCEPTED, 2);
        c.add(LoopCounters.PLACED, 1);
        c.add(LoopCounters.TURNED_AWAY, 1);
        c.add(LoopCounters.CHUNKS_IN, 3);
        c.add(LoopCounters.CHUNKS_OUT, 2);
        c.add(LoopCounters.CHUNKS_LOST, 1);
        c.toServer(0, 1000);
        place.pass(100 * MILLI);

        MsgOut out = seen();
        assertThat(out.started[0]).isEqualTo(1);
        assertThat(out.completed[0]).isEqualTo(1);
        assertThat(out.busyNanos[0]).isEqualTo(200 * MILLI);
        assertThat(out.inFlightNanos[0]).isEqualTo(200 * MILLI);
        assertThat(out.fct[0][Reduction.MEAN.ordinal()]).isEqualTo(0.2);
        assertThat(out.duration[0][Reduction.MEAN.ordinal()]).isCloseTo(0.15, within(1e-12));
        assertThat(out.fct[1][Reduction.MEAN.ordinal()]).isNaN();
        assertThat(out.packets[0]).isEqualTo(1);
        assertThat(out.bytes[0]).isEqualTo(1000);
        assertThat(out.rxPackets)
                .as("everything that came went out, was dropped or waits")
                .isEqualTo(out.txPackets + out.drops[Drop.NO_SERVER.ordinal()] + out.drops[Drop.TX_FULL.ordinal()]);
        Event event = new Event();
        assertThat(place.segment.eventReader().take(event)).isEqualTo(Reading.FRESH);
        assertThat(event.kind).isEqualTo(EventKind.FLOW_END);
        assertThat(event.value).isEqualTo(200 * MILLI);
    }

    @Nested
    class AsControllersSeeIt extends DataPlaneContract {

        @Override
        protected Behind open() {
            Segment segment = Segment.inMemory(new SegmentSpec(4, 1, 1, INTERVAL));
            List<ServerEntry> servers = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                servers.add(ServerEntry.parse(j, "127.0.0.1:" + (8001 + j) + "=" + (j == 1 ? 5 : 1)));
            }
            long[] now = {INTERVAL};
            Balancer balancer = new Balancer(segment, servers, new Rules(4, 1, INTERVAL, 1), Streams.of(1), now[0]);
            SegmentLink link = new SegmentLink(
                    segment, balancer, List.of(new LoopCounters(4)), (slot, generation) -> {}, 1, 1000, now[0]);
            DataPlane plane = SegmentDataPlane.inProcess(segment, Need.PASSIVE, () -> now[0]);
            MsgOutReader reader = segment.msgOutReader();
            return new Behind() {
                private final List<Placement> open = new ArrayList<>();
                private long started;

                @Override
                public DataPlane dataPlane() {
                    return plane;
                }

                @Override
                public void flows(int server, int wanted, long ever) {
                    while (started < ever) {
                        Placement p = new Placement();
                        for (int j = 0; j < 4; j++) {
                            if (j != server) {
                                p.slot = j;
                                p.refused();
                            }
                        }
                        balancer.place(p, now[0]);
                        open.add(p);
                        started++;
                    }
                    while (open.size() > wanted) {
                        balancer.ended(open.remove(0), 1, Outcome.COMPLETED, now[0]);
                    }
                    tick();
                }

                private void tick() {
                    now[0] += 50 * MILLI;
                    link.tick(now[0]);
                }

                @Override
                public double share(int server) {
                    tick();
                    int[] got = new int[4];
                    List<Placement> placed = new ArrayList<>();
                    int most = 0;
                    for (int i = 0; i < 7000; i++) {
                        Placement p = new Placement();
                        balancer.place(p, now[0]);
                        placed.add(p);
                        most = Math.max(most, ++got[p.slot]);
                    }
                    placed.forEach(p -> balancer.ended(p, 1, Outcome.ABORTED, now[0]));
                    return got[server] / (double) most;
                }

                @Override
                public boolean drained(int server) {
                    tick();
                    MsgOut out = new MsgOut(4);
                    reader.read(out);
                    return out.state[server] == ServerState.DRAINING;
                }

                @Override
                public void vanish() {
                    now[0] += 2_000 * MILLI;
                }

                @Override
                public void close() {
                    plane.close();
                }
            };
        }
    }
}
