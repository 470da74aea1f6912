package io.marllb.dataplane.control;

import io.marllb.core.Reduction;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicySpec;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Rounds with a data plane that is not there, before the first real one: four rounds a second would leave the code uncompiled for minutes, and the first ones
 * would load classes. Touches nothing outside.
 */
final class Rehearsal {

    private static final int MOST_ROUNDS = 3_000;
    private static final long MOST_NANOS = 1_000_000_000L;
    private static final int SPREAD = 5;

    /** The first decisions load classes: that one is late here is nothing to tell. */
    private static final GuardConfig PATIENT = new GuardConfig(
            GuardConfig.DEFAULTS.minHealthyServers(),
            GuardConfig.DEFAULTS.panicShare(),
            GuardConfig.DEFAULTS.maxEjectedShare(),
            GuardConfig.DEFAULTS.maxWeightChange(),
            Duration.ofMinutes(1));

    private Rehearsal() {}

    /** Plays for a second at most. */
    static void play(PolicySpec policy, SegmentSpec spec, int balancer) {
        long end = System.nanoTime() + MOST_NANOS;
        long[] now = {1};
        try (Segment segment = Segment.inMemory(spec);
                Controller controller = new Controller(
                        SegmentDataPlane.inProcess(segment, policy.needs(), () -> now[0]),
                        policy,
                        ControllerConfig.DEFAULTS.withBalancer(balancer).withGuard(PATIENT),
                        System::nanoTime,
                        new NoChecks())) {
            MsgOut out = new MsgOut(spec.servers());
            MsgOutWriter writer = segment.msgOutWriter();
            for (int round = 0; round < MOST_ROUNDS && System.nanoTime() < end; round++) {
                now[0] += spec.intervalNanos();
                flows(out, round, spec.intervalNanos());
                out.timeNanos = now[0];
                writer.publish(out);
                segment.dataPlane().beat(now[0]);
                controller.tick(now[0]);
            }
        }
    }

    private static void flows(MsgOut out, int round, long interval) {
        for (int j = 0; j < out.servers; j++) {
            int ended = (round + j) % SPREAD;
            out.state[j] = ServerState.ACTIVE;
            out.generation[j] = 1;
            out.staticWeight[j] = 1;
            out.inFlight[j] = (round + 2 * j) % SPREAD;
            out.started[j] += ended;
            out.completed[j] += ended;
            out.busyNanos[j] += interval / 2;
            out.inFlightNanos[j] += interval;
            for (Reduction r : Reduction.values()) {
                out.fct[j][r.ordinal()] = 1e-3 * (1 + ended);
                out.duration[j][r.ordinal()] = 1e-3 * (1 + ended);
            }
        }
    }

    /** There are no servers to check. */
    private static final class NoChecks implements Prober {
        @Override
        public void start(long ticket, ServerAddress server, HealthConfig config) {}

        @Override
        public void results(Consumer<Result> to) {}

        @Override
        public void close() {}
    }
}
