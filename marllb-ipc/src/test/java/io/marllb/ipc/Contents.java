package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;

/** Valid records, every field of which depends on a seed. */
final class Contents {

    private Contents() {}

    /** All fields, NaN equal to NaN. */
    static void assertEqual(Object actual, Object expected) {
        assertThat(actual)
                .usingRecursiveComparison()
                .withEqualsForType(Double::equals, Double.class)
                .isEqualTo(expected);
    }

    static MsgOut msgOut(int servers, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MsgOut m = new MsgOut(servers);
        m.timeNanos = random.nextLong();
        m.msgInApplied = random.nextLong();
        m.rxPackets = random.nextLong();
        m.rxBytes = random.nextLong();
        m.txPackets = random.nextLong();
        m.txBytes = random.nextLong();
        for (int i = 0; i < m.drops.length; i++) {
            m.drops[i] = random.nextLong();
        }
        m.answered = random.nextLong();
        m.flows = random.nextLong();
        m.flowSlots = random.nextLong();
        m.eventsLost = random.nextLong();
        m.fallbacks = random.nextLong();
        m.repicked = random.nextLong();
        m.msgInRefused = random.nextLong();
        m.stage = random.nextInt(MsgOut.LAST_STAGE + 1);
        for (int j = 0; j < servers; j++) {
            m.state[j] = ServerState.of(random.nextInt(ServerState.values().length));
            m.generation[j] = random.nextInt();
            m.inFlight[j] = random.nextInt();
            m.started[j] = random.nextLong();
            m.completed[j] = random.nextLong();
            m.rejected[j] = random.nextLong();
            m.aborted[j] = random.nextLong();
            m.busyNanos[j] = random.nextLong();
            m.inFlightNanos[j] = random.nextLong();
            m.packets[j] = random.nextLong();
            m.bytes[j] = random.nextLong();
            m.serverDrops[j] = random.nextLong();
            for (int k = 0; k < MsgOut.REDUCTIONS; k++) {
                m.fct[j][k] = random.nextInt(8) == 0 ? Double.NaN : random.nextDouble();
                m.duration[j][k] = random.nextInt(8) == 0 ? Double.NaN : random.nextDouble();
            }
            m.staticWeight[j] = random.nextDouble();
        }
        return m;
    }

    static MsgIn msgIn(int servers, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MsgIn m = new MsgIn(servers);
        m.timeNanos = random.nextLong();
        m.answers = random.nextLong();
        m.rule = Rule.of(random.nextInt(Rule.values().length));
        m.choices = random.nextInt(servers) + 1;
        m.biasScale = random.nextDouble();
        m.biasOffset = random.nextDouble();
        m.exponent = random.nextDouble();
        m.vppTies = random.nextBoolean();
        for (int j = 0; j < servers; j++) {
            m.weight[j] = random.nextDouble();
            m.state[j] = ServerState.of(random.nextInt(ServerState.values().length));
            m.generation[j] = random.nextInt();
            m.threshold[j] = random.nextLong((1L << 32) + 1);
            m.alias[j] = random.nextInt(servers);
        }
        return m;
    }
}
