package io.marllb.bench.shm;

import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.EventReader;
import io.marllb.ipc.EventWriter;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutReader;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The Java side of a segment between two threads. A segment is too large for one per state, so each test has one for all: one thread writes on
 * and on, the other reads, and every read is an outcome of its own.
 */
public final class SegmentStress {

    private static final int SERVERS = 3;

    private SegmentStress() {}

    private static Segment segment() {
        return Segment.inMemory(new SegmentSpec(SERVERS, 1, 1, 1));
    }

    /** A record is read whole, or not at all, and never after a newer one. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "nothing new")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a whole record")
    @Outcome(id = "2", expect = Expect.FORBIDDEN, desc = "fields of two records")
    @Outcome(id = "3", expect = Expect.FORBIDDEN, desc = "an older record")
    @Outcome(id = "4", expect = Expect.FORBIDDEN, desc = "refused")
    @State
    public static class Records {
        private static final Segment SEGMENT = segment();
        private static final MsgOutWriter WRITER = SEGMENT.msgOutWriter();
        private static final MsgOutReader READER = SEGMENT.msgOutReader();
        private static final MsgOut WRITTEN = new MsgOut(SERVERS);
        private static final MsgOut READ = new MsgOut(SERVERS);
        private static long last;

        /** Writes the next record. */
        @Actor
        public void write() {
            long s = WRITER.sequence() + 1;
            WRITTEN.timeNanos = s;
            WRITTEN.drops[7] = s;
            WRITTEN.started[0] = s;
            WRITTEN.fct[2][4] = s;
            WRITER.publish(WRITTEN);
        }

        /** Reads the newest. */
        @Actor
        public void read(I_Result r) {
            Reading reading = READER.read(READ);
            if (reading != Reading.FRESH) {
                r.r1 = reading.refused() ? 4 : 0;
                return;
            }
            long s = READ.sequence;
            boolean whole =
                    READ.timeNanos == s && READ.drops[7] == s && READ.started[0] == s && READ.fct[2][4] == (double) s;
            r.r1 = !whole ? 2 : s <= last ? 3 : 1;
            last = s;
        }
    }

    /** What was stored before a record was published is visible to its reader. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "nothing new")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the beat before the record, or a later one")
    @Outcome(id = "2", expect = Expect.FORBIDDEN, desc = "an earlier beat than the record")
    @State
    public static class Publication {
        private static final Segment SEGMENT = segment();
        private static final MsgOutWriter WRITER = SEGMENT.msgOutWriter();
        private static final MsgOutReader READER = SEGMENT.msgOutReader();
        private static final MsgOut WRITTEN = new MsgOut(SERVERS);
        private static final MsgOut READ = new MsgOut(SERVERS);

        /** Beats, then publishes. */
        @Actor
        public void write() {
            SEGMENT.dataPlane().beat(WRITER.sequence() + 1);
            WRITER.publish(WRITTEN);
        }

        /** Reads, then looks at the beat. */
        @Actor
        public void read(I_Result r) {
            if (READER.read(READ) == Reading.FRESH) {
                r.r1 = SEGMENT.dataPlane().beatNanos() >= READ.sequence ? 1 : 2;
            }
        }
    }

    /** Entries come in order, each once, none overwritten. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "nothing waits")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the next entry")
    @Outcome(id = "2", expect = Expect.FORBIDDEN, desc = "another entry, or parts of two")
    @State
    public static class Entries {
        private static final Segment SEGMENT = segment();
        private static final EventWriter WRITER = SEGMENT.eventWriter();
        private static final EventReader READER = SEGMENT.eventReader();
        private static final Event WRITTEN = new Event();
        private static final Event READ = new Event();
        private static long next = 1;

        static {
            WRITTEN.kind = EventKind.FLOW_END;
            WRITTEN.value = WRITTEN.hash = 1;
        }

        /** Writes the next event, if there is room. */
        @Actor
        public void write() {
            if (WRITER.write(WRITTEN) != 0) {
                WRITTEN.value = WRITTEN.hash = WRITTEN.sequence + 1;
            }
        }

        /** Takes one. */
        @Actor
        public void read(I_Result r) {
            Reading reading = READER.take(READ);
            if (reading == Reading.NOTHING_NEW) {
                return;
            }
            r.r1 = reading == Reading.FRESH && READ.sequence == next && READ.value == next && READ.hash == next ? 1 : 2;
            next++;
        }
    }
}
