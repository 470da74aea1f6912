package io.marllb.dataplane.control;

import io.marllb.core.Need;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.FakeDataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** A controller with a clock that only moves when it is told, a data plane in memory, and servers that answer checks as the test wants. */
final class ControlRoom implements AutoCloseable {

    static final long INTERVAL = 250_000_000L;

    final FakeDataPlane dataPlane;
    final Controller controller;
    final FakeProber prober = new FakeProber();
    final Log log = new Log();
    long now = 1_000_000_000_000L;

    ControlRoom(PolicySpec policy, ControllerConfig config, int slots, double... weights) {
        this(policy, config, UnaryOperator.identity(), slots, weights);
    }

    /** The controller sees the data plane through something that a test puts around it. */
    ControlRoom(
            PolicySpec policy, ControllerConfig config, UnaryOperator<DataPlane> around, int slots, double... weights) {
        Segment segment = Segment.inMemory(new SegmentSpec(slots, 1, 3, INTERVAL));
        dataPlane = new FakeDataPlane(segment).withServers(weights);
        controller = new Controller(
                around.apply(SegmentDataPlane.inProcess(segment, Need.PASSIVE, () -> now)),
                policy,
                config,
                () -> now,
                prober);
    }

    ControlRoom(String policy, ControllerConfig config, double... weights) {
        this(PolicyRegistry.parse(policy), config, weights.length, weights);
    }

    /** One interval: the data plane publishes, then the controller has its turn. */
    MsgIn round() {
        dataPlane.publish(now);
        return silentRound();
    }

    /** One interval in which the data plane says nothing, but lives. */
    MsgIn silentRound() {
        dataPlane.segment.dataPlane().beat(now);
        controller.tick(now);
        now += INTERVAL;
        dataPlane.follow();
        return dataPlane.in;
    }

    void rounds(int n) {
        for (int i = 0; i < n; i++) {
            round();
        }
    }

    static ServerAddress address(int slot) {
        return ServerAddress.parse("10.0.0." + (slot + 1) + ":80");
    }

    /** Servers in the first slots, of weight 1. */
    static List<ServerEntry> servers(int n) {
        List<ServerEntry> list = new ArrayList<>();
        for (int j = 0; j < n; j++) {
            list.add(ServerEntry.of(j, address(j)));
        }
        return list;
    }

    @Override
    public void close() {
        controller.close();
        log.close();
    }

    /** Answers at once, by what is wrong with the server. */
    static final class FakeProber implements Prober {
        final Map<ServerAddress, String> trouble = new HashMap<>();
        final List<Result> results = new ArrayList<>();
        boolean silent;
        boolean closed;
        int started;

        @Override
        public void start(long ticket, ServerAddress server, HealthConfig config) {
            started++;
            if (!silent) {
                results.add(new Result(ticket, trouble.getOrDefault(server, "")));
            }
        }

        @Override
        public void results(Consumer<Result> to) {
            results.forEach(to);
            results.clear();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** What the controller said. */
    static final class Log extends Handler {
        final List<String> lines = new ArrayList<>();
        private final Logger logger = Logger.getLogger("io.marllb.controller");

        Log() {
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord line) {
            lines.add(line.getMessage());
        }

        long of(String event) {
            return lines.stream()
                    .filter(l -> l.startsWith("event=" + event + " "))
                    .count();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
        }
    }
}
