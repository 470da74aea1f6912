package io.marllb.bench.control;

import io.marllb.core.Need;
import io.marllb.core.Reduction;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.control.Controller;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One round of the controller over shared memory, sampled call by call: read and check the record, health, observation, the decision, guard-rails, alias
 * table, publication.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ControllerBenchmark {

    private static final long INTERVAL = 250_000_000L;

    /** Who decides. */
    @Param({"sed", "marllb", "qmix"})
    private String policy;

    /** Server slots, all in use. */
    @Param({"8", "64"})
    private int servers;

    private Segment segment;
    private MsgOut out;
    private MsgOutWriter writer;
    private Controller controller;
    private long round;

    /** Both sides in one process. */
    @Setup
    public void build() {
        segment = Segment.inMemory(new SegmentSpec(servers, 1, 2, INTERVAL));
        out = new MsgOut(servers);
        writer = segment.msgOutWriter();
        for (int j = 0; j < servers; j++) {
            out.state[j] = ServerState.ACTIVE;
            out.generation[j] = 1;
            out.staticWeight[j] = 1 + j % 3;
        }
        controller = new Controller(
                SegmentDataPlane.inProcess(segment, Need.PASSIVE, System::nanoTime),
                PolicyRegistry.parse(policy),
                ControllerConfig.DEFAULTS);
    }

    /** The data plane's turn: flows went by. */
    @Setup(Level.Invocation)
    public void flowsGoBy() {
        round++;
        for (int j = 0; j < servers; j++) {
            long ended = 10 + (round * 7 + j * 13L) % 11;
            out.inFlight[j] = (int) ((round + j) % 5);
            out.started[j] += ended;
            out.completed[j] += ended;
            out.busyNanos[j] += INTERVAL * 3 / 4;
            out.inFlightNanos[j] += INTERVAL * 2;
            for (Reduction r : Reduction.values()) {
                out.fct[j][r.ordinal()] = 0.01 + 0.001 * ((round + j) % 9);
                out.duration[j][r.ordinal()] = 0.008 + 0.001 * ((round + j) % 7);
            }
        }
        long now = System.nanoTime();
        out.timeNanos = round * INTERVAL;
        writer.publish(out);
        segment.dataPlane().beat(now);
    }

    /**
     * One round.
     *
     * @return the controller, in which it left its traces
     */
    @Benchmark
    public Controller round() {
        controller.tick(System.nanoTime());
        return controller;
    }

    /** Ends the threads, and sees that rounds were made. */
    @TearDown
    public void end() {
        long published = controller.status().published();
        controller.close();
        segment.close();
        if (published < round) {
            throw new IllegalStateException(round + " records were seen, but only " + published + " answered");
        }
    }
}
