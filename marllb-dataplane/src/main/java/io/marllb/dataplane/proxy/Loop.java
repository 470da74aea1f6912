package io.marllb.dataplane.proxy;

import io.marllb.core.Outcome;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * One thread that accepts connections, finds each a server, and moves bytes both ways.
 *
 * <p>A chunk is read into one buffer of the loop and written to the other end at once. Only what that end does not take is kept, in a buffer of the
 * pool, and while it waits nothing more is read from where it came: a slow receiver slows its sender down, and a connection on which nothing waits
 * holds no buffer. The end of one direction is passed on as such, and the other direction goes on. Nothing is allocated per chunk.
 *
 * <p>Everything belongs to the loop's thread, but for {@link #ask} and {@link #stop}.
 */
final class Loop implements Runnable {

    private static final System.Logger LOG = System.getLogger("io.marllb.proxy");

    private static final int ACCEPTS_AT_ONCE = 64; // then the others get their turn
    private static final int READS_AT_ONCE = 4; // the same for a sender with more than a buffer to say
    private static final long LONGEST_WAIT_MILLIS = 1000;
    private static final long ACCEPT_PAUSE_NANOS = 100_000_000L; // after accept has failed for lack of files or memory

    private final Balancer balancer;
    private final FlowHash hash;
    private final LoopCounters counters;
    private final int maxConnections;
    private final int tries;
    private final long connectNanos;
    private final long idleNanos;
    private final BufferPool buffers;
    private final Selector selector;
    private final List<ServerSocketChannel> listeners;
    private final Runnable whenEmpty;
    private final Queue<Runnable> asked = new ConcurrentLinkedQueue<>();
    private final ConnectionList connecting = new ConnectionList();
    private final ConnectionList opened = new ConnectionList();
    private final Consumer<SelectionKey> ready = this::ready;

    private ByteBuffer chunk; // what was read, until it is passed on
    private int connections;
    private boolean accepting = true;
    private boolean paused; // accepting again after a pause
    private long pausedAt;
    private boolean pauseSaid;
    private boolean draining;
    private boolean timeKnown;
    private long now; // of the events at hand
    private volatile boolean stopping;

    /**
     * A loop, not yet running.
     *
     * @param maxConnections of this loop
     * @param listeners bound; closed by the loop
     * @param whenEmpty called by the loop's thread when it accepts no more and its last connection has ended
     */
    Loop(
            Balancer balancer,
            FlowHash hash,
            LoopCounters counters,
            ProxyLimits limits,
            int maxConnections,
            BufferPool buffers,
            List<ServerSocketChannel> listeners,
            Runnable whenEmpty)
            throws IOException {
        this.balancer = balancer;
        this.hash = hash;
        this.counters = counters;
        this.maxConnections = maxConnections;
        this.buffers = buffers;
        this.listeners = listeners;
        this.whenEmpty = whenEmpty;
        tries = limits.connectTries();
        connectNanos = limits.connectTimeout().toNanos();
        idleNanos = limits.idleTimeout().toNanos();
        chunk = buffers.take();
        counters.set(LoopCounters.BUFFERS, buffers.made());
        selector = Selector.open();
        for (ServerSocketChannel listener : listeners) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT, listener.getLocalAddress());
        }
    }

    /** Has something done by the loop's thread, soon. */
    void ask(Runnable what) {
        asked.add(what);
        selector.wakeup();
    }

    /** Instead of {@link #run}, which will never be called. */
    void discard() {
        closeSelector();
    }

    /** Has {@link #run} close everything and return, soon. */
    void stop() {
        stopping = true;
        selector.wakeup();
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                selector.select(ready, waitMillis());
                lookAtClock();
                for (Runnable what = asked.poll(); what != null; what = asked.poll()) {
                    what.run();
                }
                expire();
                timeKnown = false;
            }
        } catch (IOException e) {
            throw new IllegalStateException("waiting for sockets failed: " + e.getMessage(), e);
        } finally {
            closeAll();
        }
    }

    /** Once for all events that came together. */
    private void lookAtClock() {
        if (!timeKnown) {
            now = System.nanoTime();
            timeKnown = true;
        }
    }

    private long waitMillis() {
        long nanos = LONGEST_WAIT_MILLIS * 1_000_000;
        Connection c = connecting.first();
        Connection o = opened.first();
        if (c == null && o == null && !paused) {
            return LONGEST_WAIT_MILLIS;
        }
        long clock = System.nanoTime();
        nanos = c == null ? nanos : Math.min(nanos, c.movedAt + connectNanos - clock);
        nanos = o == null ? nanos : Math.min(nanos, o.movedAt + idleNanos - clock);
        nanos = paused ? Math.min(nanos, pausedAt + ACCEPT_PAUSE_NANOS - clock) : nanos;
        return Math.max(0, nanos) / 1_000_000 + 1; // 0 would be for ever
    }

    private void expire() {
        for (Connection c = connecting.first(); c != null && now - c.movedAt >= connectNanos; c = connecting.first()) {
            connectElsewhere(c);
        }
        for (Connection c = opened.first(); c != null && now - c.movedAt >= idleNanos; c = opened.first()) {
            counters.add(LoopCounters.IDLE, 1);
            close(c, answered(c) ? Outcome.COMPLETED : Outcome.ABORTED);
        }
        if (paused && now - pausedAt >= ACCEPT_PAUSE_NANOS) {
            paused = false;
            acceptIfThereIsRoom();
        }
    }

    private void ready(SelectionKey key) {
        lookAtClock();
        if (!key.isValid()) {
            return; // closed by an event just before
        }
        try {
            if (key.attachment() instanceof End end) {
                ready(end, key.readyOps());
            } else {
                acceptSome((ServerSocketChannel) key.channel(), (InetSocketAddress) key.attachment(), ACCEPTS_AT_ONCE);
                acceptIfThereIsRoom();
            }
        } catch (RuntimeException e) {
            mistake(e, key.attachment() instanceof End end ? end.connection : null);
        }
    }

    /** A mistake of ours in one connection must not end the others. */
    private void mistake(RuntimeException e, Connection c) {
        LOG.log(Level.ERROR, "event=connection-failed detail=\"" + e + "\"", e);
        if (c != null) {
            reset(c, Outcome.ABORTED);
        }
    }

    private void ready(End end, int ops) {
        if (end.connection.state == Connection.State.CONNECTING) {
            connected(end.connection);
            return;
        }
        if ((ops & SelectionKey.OP_WRITE) != 0) {
            passOnWaiting(end.other);
        }
        if ((ops & SelectionKey.OP_READ) != 0 && end.connection.state == Connection.State.OPEN) {
            pass(end);
        }
    }

    private void acceptSome(ServerSocketChannel listener, InetSocketAddress local, int most) {
        for (int i = 0; i < most && connections < maxConnections; i++) {
            SocketChannel channel;
            try {
                channel = listener.accept();
            } catch (IOException e) {
                pause(e);
                return;
            }
            if (channel == null) {
                return;
            }
            accepted(channel, local);
        }
    }

    private void pause(IOException e) {
        paused = true;
        pausedAt = now;
        if (!pauseSaid) {
            pauseSaid = true;
            LOG.log(
                    Level.WARNING,
                    "event=accept-failed detail=\"" + e.getMessage()
                            + "; raise the limit of open files (ulimit -n) or lower max-connections\"");
        }
    }

    /** What there is no room for waits in the kernel. */
    private void acceptIfThereIsRoom() {
        boolean should = !paused && connections < maxConnections;
        if (should != accepting && !draining) {
            accepting = should;
            for (ServerSocketChannel listener : listeners) {
                listener.keyFor(selector).interestOps(should ? SelectionKey.OP_ACCEPT : 0);
            }
        }
    }

    private void accepted(SocketChannel channel, InetSocketAddress local) {
        Connection c = new Connection(now);
        c.client.use(channel);
        connections++;
        counters.set(LoopCounters.OPEN, connections);
        counters.add(LoopCounters.ACCEPTED, 1);
        connecting.add(c, now);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            c.hash = hash.of((InetSocketAddress) channel.getRemoteAddress(), local);
            connect(c);
        } catch (IOException e) {
            end(c); // it is gone again
        } catch (RuntimeException e) {
            mistake(e, c);
        }
    }

    /** Accepts what has come already, and nothing more; the connections that there are go on. */
    void drain() {
        if (draining) {
            return;
        }
        for (ServerSocketChannel listener : listeners) {
            try {
                acceptSome(listener, (InetSocketAddress) listener.getLocalAddress(), Integer.MAX_VALUE);
                listener.close();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "event=listener-not-closed detail=\"" + e.getMessage() + "\"");
            }
        }
        draining = true;
        if (connections == 0) {
            whenEmpty.run();
        }
    }

    /** Tries servers until one begins to accept; turns the client away if none does. */
    private void connect(Connection c) {
        while (c.refusals() < tries) {
            balancer.place(c, now);
            if (c.slot < 0) {
                break;
            }
            connecting.moved(c, now);
            boolean atOnce;
            try {
                SocketChannel channel = SocketChannel.open(family(c.address));
                c.server.use(channel);
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                // Over the loopback and in a fast network a connect is complete by the time one asks again.
                atOnce = channel.connect(c.address) || channel.finishConnect();
                if (!atOnce) {
                    c.server.want(SelectionKey.OP_CONNECT);
                    c.server.watch(selector);
                }
            } catch (IOException e) {
                refused(c);
                continue;
            }
            if (atOnce) {
                open(c);
            }
            return;
        }
        reset(c, Outcome.REJECTED);
    }

    private static ProtocolFamily family(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address
                ? StandardProtocolFamily.INET6
                : StandardProtocolFamily.INET;
    }

    private void connected(Connection c) {
        try {
            if (!c.server.channel.finishConnect()) {
                return;
            }
        } catch (IOException e) {
            connectElsewhere(c);
            return;
        }
        open(c);
    }

    private void connectElsewhere(Connection c) {
        try {
            refused(c);
            connect(c);
        } catch (RuntimeException e) {
            mistake(e, c);
        }
    }

    /** The server that it was placed on does not want it. */
    private void refused(Connection c) {
        closeQuietly(c.server);
        balancer.ended(c, now - c.movedAt, Outcome.REJECTED, now);
        c.refused();
        c.slot = -1;
    }

    private void open(Connection c) {
        connecting.remove(c);
        opened.add(c, now);
        c.state = Connection.State.OPEN;
        counters.add(LoopCounters.PLACED, 1);
        try {
            c.server.want(SelectionKey.OP_READ);
            c.server.watch(selector);
            c.client.want(SelectionKey.OP_READ);
            pass(c.client); // it has often spoken by now, which saves a turn
            if (c.state == Connection.State.OPEN) {
                c.client.watch(selector);
            }
        } catch (IOException e) {
            reset(c, Outcome.ABORTED);
        }
    }

    private void pass(End from) {
        Connection c = from.connection;
        End to = from.other;
        opened.moved(c, now);
        int read;
        int turns = 0;
        do {
            try {
                read = from.channel.read(chunk.clear());
            } catch (IOException e) {
                lost(from);
                return;
            }
            if (read <= 0) {
                if (read < 0) {
                    finished(from);
                }
                return;
            }
            spoke(from, read);
            try {
                to.channel.write(chunk.flip());
            } catch (IOException e) {
                counters.add(LoopCounters.CHUNKS_LOST, 1);
                lost(to);
                return;
            }
            if (chunk.hasRemaining()) {
                keep(from);
                return;
            }
            passed(read);
            turns++;
        } while (read == chunk.capacity() && turns < READS_AT_ONCE);
    }

    private void spoke(End from, int bytes) {
        Connection c = from.connection;
        counters.add(LoopCounters.CHUNKS_IN, 1);
        counters.add(LoopCounters.BYTES_IN, bytes);
        c.serverSpokeLast = !from.isClient();
        if (c.serverSpokeLast) {
            balancer.sampled(c, now - c.since, now);
        } else {
            counters.toServer(c.slot, bytes);
        }
    }

    private void passed(int bytes) {
        counters.add(LoopCounters.CHUNKS_OUT, 1);
        counters.add(LoopCounters.BYTES_OUT, bytes);
    }

    /** The other end does not take all of the chunk now. */
    private void keep(End from) {
        ByteBuffer next = buffers.take();
        counters.set(LoopCounters.BUFFERS, buffers.made());
        if (next == null) {
            counters.add(LoopCounters.NO_BUFFER, 1);
            counters.add(LoopCounters.CHUNKS_LOST, 1);
            reset(from.connection, Outcome.ABORTED);
            return;
        }
        from.waiting = chunk;
        chunk = next;
        from.want(from.wanted() & ~SelectionKey.OP_READ);
        from.other.want(from.other.wanted() | SelectionKey.OP_WRITE);
    }

    /** The other end takes something again. */
    private void passOnWaiting(End from) {
        End to = from.other;
        opened.moved(from.connection, now);
        try {
            to.channel.write(from.waiting);
        } catch (IOException e) {
            lost(to);
            return;
        }
        if (from.waiting.hasRemaining()) {
            return;
        }
        passed(from.waiting.limit());
        buffers.give(from.waiting);
        from.waiting = null;
        to.want(to.wanted() & ~SelectionKey.OP_WRITE);
        from.want(from.wanted() | SelectionKey.OP_READ);
    }

    /** An end has said that it will send nothing more. */
    private void finished(End from) {
        from.finished = true;
        End to = from.other;
        if (to.finished) {
            close(from.connection, Outcome.COMPLETED);
            return;
        }
        from.want(from.wanted() & ~SelectionKey.OP_READ);
        try {
            to.channel.shutdownOutput();
        } catch (IOException e) {
            lost(to);
        }
    }

    /** An end is gone, in the midst of something or not. */
    private void lost(End end) {
        Connection c = end.connection;
        reset(c, c.server.finished || end.isClient() && answered(c) ? Outcome.COMPLETED : Outcome.ABORTED);
    }

    /** Whether the client has got an answer to all that it said, as far as one can tell without reading it. */
    private static boolean answered(Connection c) {
        return c.serverSpokeLast && c.server.waiting == null;
    }

    /** Closes both ends so that they notice that something went wrong. */
    private void reset(Connection c, Outcome outcome) {
        abortive(c.client);
        abortive(c.server);
        close(c, outcome);
    }

    private static void abortive(End end) {
        if (end.channel != null && end.channel.isOpen()) {
            try {
                end.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "event=no-reset detail=\"" + e.getMessage() + "\"");
            }
        }
    }

    private void close(Connection c, Outcome outcome) {
        if (c.state == Connection.State.CLOSED) {
            return;
        }
        try {
            if (c.slot >= 0) {
                balancer.ended(c, now - c.since, outcome, now);
            }
        } finally {
            end(c);
        }
    }

    private void end(Connection c) {
        if (c.state == Connection.State.CONNECTING) {
            connecting.remove(c);
            counters.add(LoopCounters.TURNED_AWAY, 1);
        } else {
            opened.remove(c);
        }
        c.state = Connection.State.CLOSED;
        giveBack(c.client);
        giveBack(c.server);
        closeQuietly(c.client);
        closeQuietly(c.server);
        connections--;
        counters.set(LoopCounters.OPEN, connections);
        if (draining) {
            if (connections == 0) {
                whenEmpty.run();
            }
        } else if (!accepting) {
            acceptIfThereIsRoom();
        }
    }

    private void giveBack(End end) {
        if (end.waiting != null) {
            counters.add(LoopCounters.CHUNKS_LOST, 1);
            buffers.give(end.waiting);
            end.waiting = null;
        }
    }

    private static void closeQuietly(End end) {
        if (end.channel != null) {
            try {
                end.channel.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "event=close-failed detail=\"" + e.getMessage() + "\"");
            }
        }
    }

    /** A server is dead or was removed: its open connections are reset, those that were being opened go elsewhere. */
    void closeFlowsOf(int slot, int generation) {
        Connection next;
        for (Connection c = opened.first(); c != null; c = next) {
            next = c.after;
            if (c.slot == slot && c.generation <= generation) {
                balancer.repicked();
                reset(c, Outcome.ABORTED);
            }
        }
        for (Connection c = connecting.first(); c != null; c = next) {
            next = c.after;
            if (c.slot == slot && c.generation <= generation) {
                connectElsewhere(c);
            }
        }
    }

    private void closeAll() {
        lookAtClock();
        drain();
        for (ConnectionList list : List.of(connecting, opened)) {
            for (Connection c = list.first(); c != null; c = list.first()) {
                close(c, answered(c) ? Outcome.COMPLETED : Outcome.ABORTED);
            }
        }
        closeSelector();
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "event=close-failed detail=\"" + e.getMessage() + "\"");
        }
    }
}
