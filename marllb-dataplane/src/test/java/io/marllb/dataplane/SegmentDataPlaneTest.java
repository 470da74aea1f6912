package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Need;
import io.marllb.dataplane.DataPlane.Contact;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentDataPlaneTest {

    private static final SegmentSpec SPEC = new SegmentSpec(4, 1, 1, 250_000_000L);

    @TempDir
    Path folder;

    private static final class Behind implements DataPlaneContract.Behind {
        private final FakeDataPlane fake;
        private final DataPlane dataPlane;
        private final long[] now;

        Behind(Segment segment, DataPlane dataPlane, long[] now) {
            fake = new FakeDataPlane(segment).withServers(1, 5, 1, 1);
            this.dataPlane = dataPlane;
            this.now = now;
        }

        @Override
        public DataPlane dataPlane() {
            return dataPlane;
        }

        @Override
        public void flows(int server, int open, long started) {
            now[0] += 50_000_000;
            fake.out.inFlight[server] = open;
            fake.out.started[server] = started;
            fake.publish(now[0]);
        }

        @Override
        public double share(int server) {
            fake.follow();
            double most = 0;
            for (double w : fake.in.weight) {
                most = Math.max(most, w);
            }
            return fake.in.weight[server] / most;
        }

        @Override
        public boolean drained(int server) {
            fake.follow();
            return fake.out.state[server] == ServerState.DRAINING;
        }

        @Override
        public void vanish() {
            now[0] += 2_000_000_000L;
        }

        @Override
        public void close() {
            dataPlane.close();
            fake.segment.close();
        }
    }

    @Nested
    class InThisProcess extends DataPlaneContract {
        @Override
        protected Behind open() {
            long[] now = {1_000_000_000L};
            Segment segment = Segment.inMemory(SPEC);
            return new SegmentDataPlaneTest.Behind(
                    segment, SegmentDataPlane.inProcess(segment, Need.PASSIVE, () -> now[0]), now);
        }
    }

    @Nested
    class BehindAFile extends DataPlaneContract {
        @Override
        protected Behind open() {
            long[] now = {1_000_000_000L};
            Path file = folder.resolve("lb");
            Segment segment = Segment.create(file, SPEC);
            return new SegmentDataPlaneTest.Behind(segment, SegmentDataPlane.attach(file, () -> now[0]), now);
        }
    }

    @Test
    void whatIsSaidOfAnEndedDataPlaneNamesItsFile() {
        Path file = folder.resolve("lb");
        long[] now = {1_000_000_000L};
        Segment segment = Segment.create(file, SPEC);
        try (SegmentDataPlane plane = SegmentDataPlane.attach(file, () -> now[0])) {
            segment.close();

            assertThat(plane.read(new MsgOut(4))).isEqualTo(Contact.GONE);
            assertThat(plane.trouble()).contains(file.toString()).contains("does not exist");
        }
    }
}
