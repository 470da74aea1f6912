package io.marllb.bench.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Reduction;
import io.marllb.core.select.AliasTable;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.DataPlane.Contact;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.ServerState;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What holds for flows, whatever carries them: the simulator, the proxy, the DPDK program. The test is the controller.
 *
 * <p>What one implementation shows of itself alone has tests of its own; here are the promises that a controller and an operator rely on everywhere.
 * Servers 0, 1, 2 with configured weights of 1 : 2 : 4, and a fourth that can be added in slot 3. Other flows may come and go besides those that a
 * test opens; they are placed alike.
 */
abstract class DataPlaneConformance {

    /** Mean time from the start of a flow to its end, as seen from outside, seconds. */
    record Lifetime(double atLeast, double atMost) {}

    /** A data plane, and a hand on its clients and servers. */
    interface Traffic extends AutoCloseable {

        DataPlane dataPlane();

        /** Opens flows one after another, to be held; numbers them. */
        int[] open(int flows) throws Exception;

        /** Which server got a flow, by that server's own word. */
        int server(int flow);

        /** Lets flows say something; who answers each, -1 where the flow is no more. */
        int[] touch(int[] flows) throws Exception;

        /** Ends flows, or lets them end when they would. */
        void close(int[] flows) throws Exception;

        /** Flows that a server got so far, by its own word. */
        long opened(int server);

        /** Flows that were ended well at a server so far. */
        long ended(int server);

        Lifetime lifetime(int server);

        /** How far the data plane's clock may be off, seconds. */
        double clockSeconds();

        /** What is to be added in slot 3. */
        ServerEntry fourth();

        /** Lets a server die; returns when that has happened, told or not. */
        void die(int server) throws Exception;

        /** Lets a moment pass, in which the data plane may publish. */
        void pause();

        @Override
        void close() throws IOException;
    }

    private static final int SLOTS = 4;
    private static final int WITH_ONE_RECORD = 10; // flows opened between two records of the controller
    private static final int PAUSES = 3_000;

    private Traffic traffic;
    private final MsgOut out = new MsgOut(SLOTS);
    private final MsgIn in = new MsgIn(SLOTS);

    /** Starts with flows on no server; the doomed one can die, -1 for none. */
    abstract Traffic start(int doomed) throws Exception;

    private void want(Rule rule, double... weights) {
        in.rule = rule;
        in.choices = 1;
        for (int j = 0; j < SLOTS; j++) {
            in.weight[j] = weights[j];
            in.state[j] = out.state[j] == ServerState.ABSENT ? ServerState.ABSENT : ServerState.ACTIVE;
        }
    }

    /** Tells it and waits until it is in force. */
    private void apply() {
        tell();
        until("the record is in force", () -> {
            if (out.stage != 0) {
                tell(); // a machine so busy that this test came late: the record in force is old news by now
            }
            return out.stage == 0 && out.msgInApplied >= in.sequence;
        });
    }

    private void tell() {
        double[] drawn = new double[SLOTS];
        for (int j = 0; j < SLOTS; j++) {
            drawn[j] = in.state[j] == ServerState.ACTIVE ? in.weight[j] : 0;
        }
        AliasTable table = new AliasTable(SLOTS);
        table.build(drawn);
        for (int j = 0; j < SLOTS; j++) {
            in.threshold[j] = table.threshold(j);
            in.alias[j] = table.alias(j);
        }
        System.arraycopy(out.generation, 0, in.generation, 0, SLOTS);
        in.answers = out.sequence;
        traffic.dataPlane().publish(in);
    }

    private void until(String what, BooleanSupplier holds) {
        for (int i = 0; i < PAUSES; i++) {
            traffic.pause();
            Contact contact = traffic.dataPlane().read(out);
            assertThat(contact).as(traffic.dataPlane().trouble()).isIn(Contact.FRESH, Contact.NOTHING_NEW);
            if (contact == Contact.FRESH && holds.getAsBoolean()) {
                return;
            }
        }
        throw new AssertionError("not within " + PAUSES + " pauses: " + what + "; stage " + out.stage + ", started "
                + Arrays.toString(out.started) + ", completed " + Arrays.toString(out.completed));
    }

    private void begin(int doomed) throws Exception {
        traffic = start(doomed);
        boolean begun = false;
        try {
            until("a first record", () -> true);
            assertThat(out.state)
                    .containsExactly(ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ACTIVE, ServerState.ABSENT);
            assertThat(out.staticWeight[1] / out.staticWeight[0]).isEqualTo(2);
            assertThat(out.staticWeight[2] / out.staticWeight[0]).isEqualTo(4);
            begun = true;
        } finally {
            if (!begun) { // or it would be in the way of every test that follows
                traffic.close();
            }
        }
    }

    /** Opens flows while the controller goes on saying the same. */
    private int[] open(int flows) throws Exception {
        int[] all = new int[flows];
        for (int from = 0; from < flows; from += WITH_ONE_RECORD) {
            int[] some = traffic.open(Math.min(WITH_ONE_RECORD, flows - from));
            System.arraycopy(some, 0, all, from, some.length);
            tell();
        }
        return all;
    }

    private int[] counts(int[] flows) {
        int[] counts = new int[SLOTS];
        for (int f : flows) {
            counts[traffic.server(f)]++;
        }
        return counts;
    }

    private int[] servers(int[] flows) {
        return Arrays.stream(flows).map(traffic::server).toArray();
    }

    @Test
    void weightsAreHonoured() throws Exception {
        double[] weights = {2, 1, 4, 0};
        int flows = 1_400;
        begin(-1);
        try (Traffic t = traffic) {
            want(Rule.WEIGHTED_RANDOM, weights);
            apply();

            int[] counts = new int[SLOTS];
            for (int i = 0; i < flows / 100; i++) {
                int[] some = open(100);
                Arrays.setAll(counts, j -> counts[j] + counts(some)[j]);
                t.close(some);
            }

            double chiSquare = 0;
            for (int j = 0; j < 3; j++) {
                double expected = flows * weights[j] / 7;
                chiSquare += (counts[j] - expected) * (counts[j] - expected) / expected;
            }
            // Two degrees of freedom: P(X > x) = exp(-x / 2), here 1e-6.
            assertThat(chiSquare).as("counts %s", Arrays.toString(counts)).isLessThan(-2 * Math.log(1e-6));
        }
    }

    @Test
    void shortestExpectedDelayFillsServersByTheirWeights() throws Exception {
        begin(-1);
        try (Traffic t = traffic) {
            assertThat(t.opened(3)).isZero();
            want(Rule.SED, 2, 1, 4, 0);
            apply();

            open(70);
            until("flows are counted", () -> out.started[0] + out.started[1] + out.started[2] >= 70);

            double q = (out.inFlight[0] + out.inFlight[1] + out.inFlight[2]) / 7.0;
            assertThat((double) out.inFlight[0]).isCloseTo(2 * q, within(2.0));
            assertThat((double) out.inFlight[1]).isCloseTo(q, within(2.0));
            assertThat((double) out.inFlight[2]).isCloseTo(4 * q, within(2.0));
        }
    }

    @Test
    void flowsStayWhileWeightsChangeAServerDrainsAndOneIsAdded() throws Exception {
        begin(-1);
        try (Traffic t = traffic) {
            want(Rule.WEIGHTED_RANDOM, 1, 1, 1, 0);
            apply();
            int[] held = open(40);
            assertThat(servers(held)).contains(0, 1, 2);

            for (int round = 0; round < 4; round++) {
                want(Rule.WEIGHTED_RANDOM, 1 + round % 2, 4, 1 + (round + 1) % 3, 8);
                if (round >= 1) {
                    in.state[1] = ServerState.DRAINING;
                }
                apply();
                long drained = t.opened(1);
                int[] more = open(20); // in the last round, none on the added server: 3e-10
                if (round == 2) {
                    addFourth();
                }
                if (round >= 1) {
                    assertThat(t.opened(1)).as("flows of the draining server").isEqualTo(drained);
                    assertThat(out.state[1]).isEqualTo(ServerState.DRAINING);
                }
                int[] all = IntStream.concat(Arrays.stream(held), Arrays.stream(more))
                        .toArray();
                assertThat(t.touch(all)).as("round %d", round).isEqualTo(servers(all));
            }
            assertThat(t.opened(3)).as("flows of the added server").isPositive();
        }
    }

    private void addFourth() {
        long asked = traffic.dataPlane().add(3, traffic.fourth());
        assertThat(asked).isPositive();
        Event event = new Event();
        CommandResult[] result = {null};
        until("the server is added", () -> {
            tell();
            while (traffic.dataPlane().event(event)) {
                if (event.kind == EventKind.COMMAND_DONE && event.value == asked) {
                    result[0] = CommandResult.of(event.detail);
                }
            }
            return result[0] != null && out.state[3] == ServerState.ACTIVE;
        });
        assertThat(result[0]).isEqualTo(CommandResult.OK);
    }

    @Test
    void aDeadServerGetsNoNewFlowsAndKeepsNone() throws Exception {
        begin(0);
        try (Traffic t = traffic) {
            want(Rule.WEIGHTED_RANDOM, 1, 1, 1, 0);
            apply();
            int[] held = open(30);
            int[] first = servers(held);
            long lost = Arrays.stream(first).filter(j -> j == 0).count();
            assertThat(lost).isPositive();

            t.die(0);
            in.state[0] = ServerState.DEAD;
            apply();
            until("it is dead", () -> out.state[0] == ServerState.DEAD);
            long before = t.opened(0);
            open(30);
            int[] now = t.touch(held);

            assertThat(t.opened(0)).as("flows of the dead server").isEqualTo(before);
            for (int i = 0; i < held.length; i++) {
                if (first[i] == 0) {
                    assertThat(now[i]).as("a flow of the dead server").isNotZero();
                } else {
                    assertThat(now[i]).as("a flow of another server").isEqualTo(first[i]);
                }
            }
            until("lost flows are counted", () -> {
                tell();
                return out.aborted[0] + out.repicked >= lost;
            });
        }
    }

    @Test
    void aSilentControllerIsReplacedByStages() throws Exception {
        begin(-1);
        try (Traffic t = traffic) {
            want(Rule.WEIGHTED_RANDOM, 1, 0, 0, 0);
            apply();
            int[] held = open(10);
            assertThat(counts(held)[0]).isEqualTo(10);

            until("stage 1", () -> out.stage == 1);
            assertThat(counts(t.open(5))[0]).as("with the last good weights").isEqualTo(5);

            until("stage 2", () -> out.stage == 2);
            int[] counts = counts(t.open(12));
            assertThat(counts[0])
                    .as("it has its share by the configured weights already")
                    .isZero();
            assertThat(counts[1]).isBetween(3, 5);
            assertThat(counts[2]).isBetween(7, 9);

            apply();
            assertThat(counts(open(10))[0]).as("with the controller's weights").isEqualTo(10);
            assertThat(t.touch(held)).as("flows that are as old as all this").containsOnly(0);
        }
    }

    @Test
    void whatIsCountedIsWhatHappened() throws Exception {
        begin(-1);
        try (Traffic t = traffic) {
            want(Rule.WEIGHTED_RANDOM, 1, 1, 1, 0);
            apply();

            int[] flows = open(60);
            until("flows are counted", () -> same(out.started, t::opened));
            assertThat(out.flows).isEqualTo(Arrays.stream(out.inFlight).sum()).isGreaterThanOrEqualTo(60);
            t.touch(flows);
            t.close(flows);
            until("ends are counted", () -> {
                tell();
                return same(out.completed, t::ended)
                        && Arrays.stream(out.completed).sum() >= 60;
            });

            for (int j = 0; j < 3; j++) {
                assertThat(out.inFlight[j]).isEqualTo((int) (out.started[j] - out.completed[j]));
                assertThat(out.rejected[j] + out.aborted[j]).isZero();
                assertThat(out.fct[j][Reduction.MEAN.ordinal()])
                        .as("mean flow completion time of server %d", j)
                        .isBetween(t.lifetime(j).atLeast - t.clockSeconds(), t.lifetime(j).atMost + t.clockSeconds());
            }
        }
    }

    private static boolean same(long[] counted, IntToLongFunction happened) {
        for (int j = 0; j < SLOTS; j++) {
            if (counted[j] != happened.applyAsLong(j)) {
                return false;
            }
        }
        return true;
    }
}
