package io.marllb.bench.shm;

import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.ServerState;

/** Records every field of which follows from their sequence, as in {@code shm_peer.c}: a mixture of two records is none of them. */
final class Content {

    private static final long STEP = 0x9e3779b97f4a7c15L;
    private static final long FIELD = 0xbf58476d1ce4e5b9L;
    private static final int HEAD_FIELDS = 64;
    private static final int SERVER_FIELDS = 32;
    private static final int SMALL_SHIFT = 40;
    private static final ServerState[] STATES = ServerState.values();
    private static final Rule[] RULES = Rule.values();

    private Content() {}

    private static long value(long sequence, long field) {
        return sequence * STEP + field * FIELD;
    }

    private static double small(long word) {
        return word >>> SMALL_SHIFT;
    }

    private static ServerState state(long s, int j) {
        return STATES[(int) ((s + j) % STATES.length)];
    }

    private static double statistic(long s, int j, int k) {
        return (s + j * 16L + k) & 0xffffff;
    }

    /** Whether all fields but msgInApplied, fallbacks and msgInRefused are those of a sequence. */
    static boolean is(MsgOut m, long s) {
        boolean same = m.timeNanos == value(s, 0)
                && m.rxPackets == value(s, 1)
                && m.rxBytes == value(s, 2)
                && m.txPackets == value(s, 3)
                && m.txBytes == value(s, 4)
                && m.answered == value(s, 21)
                && m.flows == value(s, 22)
                && m.flowSlots == value(s, 23)
                && m.eventsLost == value(s, 24)
                && m.repicked == value(s, 25)
                && m.stage == s % 3;
        for (int i = 0; i < m.drops.length; i++) {
            same &= m.drops[i] == value(s, 5 + i);
        }
        for (int j = 0; j < m.servers; j++) {
            long field = HEAD_FIELDS + (long) j * SERVER_FIELDS;
            same &= m.state[j] == state(s, j)
                    && m.generation[j] == (int) value(s, field)
                    && m.inFlight[j] == (int) value(s, field + 1)
                    && m.started[j] == value(s, field + 2)
                    && m.completed[j] == value(s, field + 3)
                    && m.rejected[j] == value(s, field + 4)
                    && m.aborted[j] == value(s, field + 5)
                    && m.busyNanos[j] == value(s, field + 6)
                    && m.inFlightNanos[j] == value(s, field + 7)
                    && m.packets[j] == value(s, field + 8)
                    && m.bytes[j] == value(s, field + 9)
                    && m.serverDrops[j] == value(s, field + 10)
                    && m.staticWeight[j] == small(value(s, field + 11));
            for (int k = 0; k < MsgOut.REDUCTIONS; k++) {
                same &= m.fct[j][k] == statistic(s, j, k) && m.duration[j][k] == statistic(s, j, 8 + k);
            }
        }
        return same;
    }

    /** Makes it the record of a sequence. */
    static void fill(MsgIn m, long s) {
        m.timeNanos = value(s, 0);
        m.answers = value(s, 1);
        m.rule = RULES[(int) (s % RULES.length)];
        m.choices = (int) (1 + s % m.servers);
        m.biasScale = small(value(s, 2));
        m.biasOffset = small(value(s, 3));
        m.exponent = small(value(s, 4));
        m.vppTies = (s & 1) != 0;
        for (int j = 0; j < m.servers; j++) {
            long field = HEAD_FIELDS + (long) j * SERVER_FIELDS;
            m.weight[j] = small(value(s, field));
            m.state[j] = state(s, j);
            m.generation[j] = (int) value(s, field + 1);
            m.threshold[j] = value(s, field + 2) >>> Integer.SIZE;
            m.alias[j] = (int) ((s + j) % m.servers);
        }
    }
}
