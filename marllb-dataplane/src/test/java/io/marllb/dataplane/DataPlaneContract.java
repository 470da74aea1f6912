package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.Need;
import io.marllb.dataplane.DataPlane.Contact;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import org.junit.jupiter.api.Test;

/** What a controller relies on, whatever carries the flows: four servers, the second with a configured weight of 5. */
public abstract class DataPlaneContract {

    /** A data plane and a hand on the flows behind it. */
    public interface Behind extends AutoCloseable {

        DataPlane dataPlane();

        /** Flows that are open, and that were ever opened, at a server; then a moment passes. */
        void flows(int server, int open, long started);

        /** What a server has of the largest weight, as the flows' side has it. */
        double share(int server);

        /** Whether a server is drained there. */
        boolean drained(int server);

        /** The flows' side ends without a word. */
        void vanish() throws Exception;

        @Override
        void close();
    }

    protected abstract Behind open() throws Exception;

    private static MsgIn wanted(double... weights) {
        MsgIn in = new MsgIn(weights.length);
        for (int j = 0; j < weights.length; j++) {
            in.weight[j] = weights[j];
            in.state[j] = ServerState.ACTIVE;
            in.generation[j] = 1;
            in.threshold[j] = 1L << 32;
            in.alias[j] = j;
        }
        return in;
    }

    @Test
    void saysWhatItIsAndOffers() throws Exception {
        try (Behind behind = open()) {
            assertThat(behind.dataPlane().describe()).isNotBlank().doesNotContain("\n");
            assertThat(behind.dataPlane().spec().servers()).isEqualTo(4);
            assertThat(behind.dataPlane().offers()).contains(Need.FLOW_END).doesNotContain(Need.GLOBAL);
            assertThat(behind.dataPlane().rules()).isNotBlank();
            assertThat(behind.dataPlane().rule(PolicyRegistry.parse("sed").rule(1)))
                    .isPresent();
        }
    }

    @Test
    void showsCountersThatGrowAndTime() throws Exception {
        try (Behind behind = open()) {
            MsgOut first = new MsgOut(4);
            behind.flows(2, 3, 10);
            assertThat(behind.dataPlane().read(first)).isEqualTo(Contact.FRESH);
            MsgOut second = new MsgOut(4);
            behind.flows(2, 1, 25);
            assertThat(behind.dataPlane().read(second)).isEqualTo(Contact.FRESH);

            assertThat(first.state).containsOnly(ServerState.ACTIVE);
            assertThat(first.staticWeight[1]).isEqualTo(5);
            assertThat(first.inFlight[2]).isEqualTo(3);
            assertThat(second.inFlight[2]).isEqualTo(1);
            assertThat(second.started[2] - first.started[2]).isEqualTo(15);
            assertThat(second.timeNanos).isGreaterThan(first.timeNanos);
            assertThat(second.sequence).isGreaterThan(first.sequence);
            assertThat(behind.dataPlane().trouble()).isEmpty();
            assertThat(behind.dataPlane().refusals()).isZero();
        }
    }

    @Test
    void putsWeightsInForceAndLeavesZeroOut() throws Exception {
        try (Behind behind = open()) {
            behind.flows(0, 0, 0);
            behind.dataPlane().read(new MsgOut(4));
            behind.dataPlane().publish(wanted(4, 2, 1, 0));

            assertThat(behind.share(0)).isEqualTo(1);
            assertThat(behind.share(1)).isCloseTo(0.5, within(0.01));
            assertThat(behind.share(2)).isCloseTo(0.25, within(0.01));
            assertThat(behind.share(3)).isZero();
        }
    }

    @Test
    void drainsAndLiftsTheDrain() throws Exception {
        try (Behind behind = open()) {
            behind.flows(0, 0, 0);
            behind.dataPlane().read(new MsgOut(4));
            MsgIn drain = wanted(1, 1, 1, 0);
            drain.state[3] = ServerState.DRAINING;
            behind.dataPlane().publish(drain);
            assertThat(behind.drained(3)).isTrue();

            behind.flows(0, 0, 0);
            behind.dataPlane().read(new MsgOut(4));
            behind.dataPlane().publish(wanted(1, 1, 1, 1));
            assertThat(behind.drained(3)).isFalse();
        }
    }

    @Test
    void saysThatItIsGoneAndWhy() throws Exception {
        try (Behind behind = open()) {
            behind.flows(0, 0, 1);
            behind.dataPlane().read(new MsgOut(4));
            behind.vanish();

            assertThat(behind.dataPlane().read(new MsgOut(4))).isEqualTo(Contact.GONE);
            assertThat(behind.dataPlane().trouble()).isNotBlank();
        }
    }

    @Test
    void canBeClosedTwiceAndDescribedAfterwards() throws Exception {
        try (Behind behind = open()) {
            behind.dataPlane().close();
            behind.dataPlane().close();
            assertThat(behind.dataPlane().describe()).isNotBlank();
        }
    }
}
