package io.marllb.dataplane.proxy;

import io.marllb.core.Need;
import io.marllb.core.rng.Streams;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.control.Controller;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.ControllerStatus;
import io.marllb.dataplane.control.MetricsServer;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A running TCP proxy. {@link #start} opens everything or nothing; {@link #drain} ends it politely, {@link #close} at once.
 *
 * <p>Threads: one per loop, which carry the connections; one that keeps the segment; and the controller's, where it is in this process. When the
 * controller's hangs or ends, connections go on as under any controller that is gone: by the last weights, then by SED. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.marllb.proxy");

    private static final long TICK_NANOS = 10_000_000L; // what a controller wants is in force after so long at most
    private static final long PUBLISH_NANOS = 50_000_000L;
    private static final double SHARE_OF_DIRECT_MEMORY = 0.75; // the rest is for Java's own buffers
    private static final long JOIN_MILLIS = 5000;

    private final Segment segment;
    private final List<Loop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<InetSocketAddress> addresses;
    private final List<LoopCounters> counters = new ArrayList<>();
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final CountDownLatch emptyLoops;
    private final int maxConnections;
    private final Balancer balancer;
    private final SegmentLink link;
    private final Controller controller; // null where it is outside
    private final MetricsServer metrics; // null where none is wanted
    private volatile boolean closing;

    private static long freshSeed() {
        return ByteBuffer.wrap(SecureRandom.getSeed(Long.BYTES)).getLong();
    }

    private TcpProxy(ProxyConfig config, Segment segment, List<List<ServerSocketChannel>> listeners, int maxConnections)
            throws IOException {
        this.segment = segment;
        this.maxConnections = maxConnections;
        ProxyLimits limits = config.limits();
        addresses = listeners.get(0).stream().map(Listeners::local).toList();
        emptyLoops = new CountDownLatch(limits.loops());
        long now = System.nanoTime();
        Streams streams = Streams.of(config.seed().orElseGet(TcpProxy::freshSeed));
        Rules rules =
                new Rules(config.slots(), config.balancers(), config.interval().toNanos(), streams.seed("policy", 0));
        balancer = new Balancer(segment, config.servers(), rules, streams, now);
        // Not secret and the same everywhere, so that balancers agree where a rule hashes.
        FlowHash hash = new FlowHash(Streams.of(config.seed().orElse(0)).seed("flow-hash", 0));
        int perLoop = (maxConnections + limits.loops() - 1) / limits.loops();
        for (int i = 0; i < limits.loops(); i++) {
            counters.add(new LoopCounters(config.slots()));
        }
        link = new SegmentLink(segment, balancer, counters, this::closeFlowsOf, PUBLISH_NANOS, maxConnections, now);
        if (config.control().isPresent()) {
            controller = null;
            metrics = null;
        } else {
            SegmentDataPlane plane = SegmentDataPlane.inProcess(segment, Need.PASSIVE, System::nanoTime);
            controller = new Controller(plane, config.policy(), config.controller());
            balancer.follow(config.policy());
            metrics = config.metrics().isPresent()
                    ? metrics(controller, config.metrics().get())
                    : null;
        }
        try { // last, since each holds files from now on
            for (int i = 0; i < limits.loops(); i++) {
                loops.add(new Loop(
                        balancer,
                        hash,
                        counters.get(i),
                        limits,
                        perLoop,
                        new BufferPool(limits.bufferBytes(), mostBuffers(limits, perLoop)),
                        listeners.get(i),
                        emptyLoops::countDown));
            }
        } catch (IOException e) {
            loops.forEach(Loop::discard);
            if (metrics != null) {
                metrics.close();
            }
            if (controller != null) {
                controller.close();
            }
            throw e;
        }
    }

    private static MetricsServer metrics(Controller controller, InetSocketAddress address) {
        try {
            return new MetricsServer(controller, address);
        } catch (RuntimeException e) {
            controller.close();
            throw e;
        }
    }

    /**
     * Starts a proxy. On return it accepts connections.
     *
     * @param config everything it needs to know
     * @return the proxy
     * @throws IllegalArgumentException if something cannot be as configured: an address in use, too few open files, a policy that cannot be served;
     *     the message says how to mend it, and nothing is left behind
     * @throws io.marllb.ipc.SegmentException if the segment for a controller outside cannot be made
     */
    public static TcpProxy start(ProxyConfig config) {
        int maxConnections = maxConnections(config, Descriptors.limit());
        ProxyLimits limits = config.limits();
        List<List<ServerSocketChannel>> listeners =
                new Listeners(config.listen(), limits.loops(), limits.backlog()).open();
        Segment segment = null;
        try {
            SegmentSpec spec = new SegmentSpec(
                    config.slots(),
                    limits.loops(),
                    config.balancers(),
                    config.interval().toNanos());
            segment = config.control().isPresent()
                    ? Segment.create(config.control().get(), spec)
                    : Segment.inMemory(spec);
            TcpProxy proxy = new TcpProxy(config, segment, listeners, maxConnections);
            proxy.run();
            return proxy;
        } catch (IOException | RuntimeException e) {
            listeners.forEach(Listeners::close);
            if (segment != null) {
                segment.close();
            }
            throw e instanceof RuntimeException r
                    ? r
                    : new IllegalStateException("no sockets to wait for: " + e.getMessage(), e);
        }
    }

    /** As many as configured, or as the limit of open files allows. */
    static int maxConnections(ProxyConfig config, long limit) {
        ProxyLimits limits = config.limits();
        OptionalInt wanted = limits.maxConnections();
        long overhead = Descriptors.overhead(limits.loops(), config.listen().size(), config.slots());
        int connections = wanted.orElse(ProxyLimits.DEFAULT_CONNECTIONS);
        long needed = Descriptors.needed(connections, overhead);
        if (needed <= limit) {
            return connections;
        }
        long possible = (limit - overhead) / Descriptors.PER_CONNECTION;
        String fix = connections + " connections need " + needed + " open files, but the limit is " + limit
                + "; raise it: ulimit -Hn " + needed + " (LimitNOFILE=" + needed + " in a systemd unit)";
        if (wanted.isPresent() || possible < limits.loops()) {
            throw new IllegalArgumentException(
                    possible < limits.loops() ? fix : fix + ", or use --max-connections " + possible);
        }
        LOG.log(Level.WARNING, "event=fewer-connections max=" + possible + " detail=\"" + fix + "\"");
        return (int) possible;
    }

    private static int mostBuffers(ProxyLimits limits, int connections) {
        double memory = Runtime.getRuntime().maxMemory() * SHARE_OF_DIRECT_MEMORY / limits.loops();
        return (int) Math.max(2, Math.min(2.0 * connections + 1, memory / limits.bufferBytes()));
    }

    private void run() {
        for (int i = 0; i < loops.size(); i++) {
            begin("marllb-proxy-" + i, loops.get(i));
        }
        begin("marllb-proxy-segment", this::keepSegment);
        if (controller != null) {
            begin("marllb-controller", controller::run);
        }
    }

    private void begin(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((t, e) -> {
            LOG.log(Level.ERROR, "event=thread-ended thread=" + t.getName() + " detail=\"" + e + "\"", e);
            failure.completeExceptionally(e);
        });
        threads.add(thread);
        thread.start();
    }

    private void keepSegment() {
        boolean said = false;
        while (!closing) {
            try {
                link.tick(System.nanoTime());
            } catch (RuntimeException e) { // connections do not depend on it; the next round may do better
                if (!said) {
                    said = true;
                    LOG.log(Level.ERROR, "event=segment-round-failed detail=\"" + e + "\"", e);
                }
            }
            LockSupport.parkNanos(TICK_NANOS);
        }
    }

    private void closeFlowsOf(int slot, int generation) {
        for (Loop loop : loops) {
            loop.ask(() -> loop.closeFlowsOf(slot, generation));
        }
    }

    /**
     * Where it listens, in the order of the configuration, with the ports that were found where 0 was given.
     *
     * @return the addresses
     */
    public List<InetSocketAddress> addresses() {
        return addresses;
    }

    /**
     * Where metrics are shown.
     *
     * @return the address; empty without metrics
     */
    public Optional<InetSocketAddress> metricsAddress() {
        return Optional.ofNullable(metrics).map(MetricsServer::address);
    }

    /**
     * How the controller in this process is.
     *
     * @return its status; empty where the controller is outside
     */
    public Optional<ControllerStatus> status() {
        return Optional.ofNullable(controller).map(Controller::status);
    }

    /**
     * Gives the controller in this process another policy, another configuration, or both, soon. What does not fit is refused, with nothing changed.
     *
     * @param policy who decides from then on; the same object for no change
     * @param config everything else; new servers need free slots
     * @throws IllegalStateException if the controller is outside
     * @throws IllegalArgumentException if the proxy cannot serve the policy, or the list of servers does not follow from the present one
     */
    public void reconfigure(PolicySpec policy, ControllerConfig config) {
        if (controller == null) {
            throw new IllegalStateException("the controller is outside; it is to be told there");
        }
        controller.requireFit(policy, config);
        balancer.follow(policy);
        controller.reconfigure(policy, config);
    }

    /**
     * Connections that it carries at most.
     *
     * @return as configured, or as the limit of open files allows
     */
    public int maxConnections() {
        return maxConnections;
    }

    /**
     * Connections that are open.
     *
     * @return count
     */
    public long openConnections() {
        return sum(LoopCounters.OPEN);
    }

    /**
     * Buffers outside of the heap that exist, in use or not.
     *
     * @return count, each of {@link ProxyLimits#bufferBytes}
     */
    public long buffers() {
        return sum(LoopCounters.BUFFERS);
    }

    private long sum(int counter) {
        return counters.stream().mapToLong(c -> c.get(counter)).sum();
    }

    /**
     * Fails when a thread of the proxy has ended by a mistake; it is then to be closed.
     *
     * @return never completed otherwise
     */
    public CompletableFuture<Void> failure() {
        return failure.copy();
    }

    /**
     * Accepts no more connections and waits for those that are open. Those that have reached the machine already are still served.
     *
     * @param grace how long to wait
     * @return true if all have ended
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public boolean drain(Duration grace) throws InterruptedException {
        for (Loop loop : loops) {
            loop.ask(loop::drain);
        }
        return emptyLoops.await(grace.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Closes everything at once, open connections too. Closing twice is nothing. */
    @Override
    public void close() {
        closing = true;
        loops.forEach(Loop::stop);
        if (controller != null) {
            controller.stop();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join(JOIN_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (metrics != null) {
            metrics.close();
        }
        if (controller != null) {
            controller.close();
        }
        segment.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
