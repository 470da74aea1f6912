package io.marllb.bench.load;

import io.marllb.env.traffic.FlowSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Sends requests when they are due, one connection each, and waits for nobody: an open loop. One thread, one selector.
 *
 * <p>Requests that are due are sent first, at most {@value #SENT_AT_ONCE} of them, then answers are read; between, the thread sleeps for at most
 * {@value #NAP_NANOS} ns. What it adds to a request before it is sent is seen in {@link LoadResult#late}. After a whole answer the connection is left
 * to the server to close, for up to a second: who closes first keeps the port for a minute, and ports run out.
 */
public final class OpenLoop {

    private static final long NAP_NANOS = 100_000;
    private static final long LINGER_NANOS = 1_000_000_000L;
    private static final long LOOK_EVERY_NANOS = 50_000_000L;
    private static final int SENT_AT_ONCE = 64; // more traffic than can be sent must not keep answers from being read
    private static final int BUFFER = 256 * 1024;

    private final Target target;
    private final LoadOptions options;
    private final LongSupplier nanoClock;
    private final LoadResult result;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final ArrayDeque<Exchange> waiting =
            new ArrayDeque<>(); // as sent; those that have their answer leave when they come to the front
    private final ArrayDeque<Exchange> answered = new ArrayDeque<>(); // as answered; until the server has closed
    private final byte[] wholeRequest;
    private int open;
    private long start;

    private OpenLoop(Target target, LoadOptions options, LongSupplier nanoClock, LoadResult result, Selector selector) {
        this.target = target;
        this.options = options;
        this.nanoClock = nanoClock;
        this.result = result;
        this.selector = selector;
        this.wholeRequest = target.request(0);
    }

    /**
     * Plays traffic on a target and waits until every request has ended.
     *
     * @param flows the traffic; its times are when requests are due. Closed in the end
     * @param target what is asked
     * @param options limits
     * @param nanoClock nanosecond clock
     * @return every request that has ended; those under way are missing if it was cancelled
     * @throws IOException if the selector fails
     */
    public static LoadResult run(FlowSource flows, Target target, LoadOptions options, LongSupplier nanoClock)
            throws IOException {
        LoadResult result = new LoadResult(flows.classNames());
        try (flows;
                Selector selector = Selector.open()) {
            OpenLoop loop = new OpenLoop(target, options, nanoClock, result, selector);
            try {
                loop.play(flows);
            } finally {
                for (SelectionKey key : selector.keys()) {
                    key.channel().close();
                }
            }
        }
        return result;
    }

    private void play(FlowSource flows) throws IOException {
        start = nanoClock.getAsLong();
        long end = options.duration().toNanos();
        long sent = 0;
        boolean more = flows.advance();
        long look = 0;
        while (true) {
            long now = elapsed();
            for (int i = 0; i < SENT_AT_ONCE && more && sent < options.mostFlows(); i++) {
                if (flows.at() > end || flows.at() > now) {
                    break;
                }
                send(flows);
                sent++;
                more = flows.advance();
            }
            boolean due = more && sent < options.mostFlows() && flows.at() <= end;
            if (!due && open == 0) {
                break;
            }
            if (now >= look) {
                look = now + LOOK_EVERY_NANOS;
                options.progress()
                        .accept(Math.min(1, Math.max(now / (double) end, sent / (double) options.mostFlows())));
                if (options.cancelled().getAsBoolean()) {
                    result.cancel();
                    break;
                }
            }
            giveUp(now);
            if (selector.selectNow(this::ready) == 0) {
                long wait = due ? flows.at() - elapsed() : NAP_NANOS;
                LockSupport.parkNanos(Math.min(NAP_NANOS, Math.max(1, wait)));
            }
        }
    }

    private long elapsed() {
        return nanoClock.getAsLong() - start;
    }

    /** Null if this process may have no more: what came of the others must not be lost for that. */
    private static SocketChannel openOrNull() {
        try {
            return SocketChannel.open();
        } catch (IOException e) {
            return null;
        }
    }

    private void send(FlowSource flow) {
        long due = flow.at();
        long bytes = options.bytesPerSecond() == 0
                ? 0
                : Math.max(1, Math.round(flow.cpuNanos() * 1e-9 * options.bytesPerSecond()));
        SocketChannel channel = open < options.mostOpen() ? openOrNull() : null;
        if (channel == null) {
            result.add(new LoadResult.Flow(due, flow.flowClass(), bytes, 0, 0, Outcome.NOT_SENT));
            return;
        }
        Exchange x =
                new Exchange(channel, due, flow.flowClass(), bytes, bytes == 0 ? wholeRequest : target.request(bytes));
        open++;
        waiting.add(x);
        x.lateNanos = elapsed() - due;
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = channel.connect(target.address());
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, x);
            if (connected) {
                write(key, x);
            }
        } catch (IOException e) { // refused at once; the outcome says so
            finish(x, Outcome.NOT_CONNECTED);
        }
    }

    private void ready(SelectionKey key) {
        Exchange x = (Exchange) key.attachment();
        Outcome trouble = Outcome.RESET;
        try {
            if (key.isConnectable()) {
                trouble = Outcome.NOT_CONNECTED;
                x.channel.finishConnect();
                trouble = Outcome.RESET;
                write(key, x);
            } else if (key.isWritable()) {
                write(key, x);
            } else {
                read(x);
            }
        } catch (IOException e) { // the kind of trouble is the result
            finish(x, trouble);
        }
    }

    private static void write(SelectionKey key, Exchange x) throws IOException {
        x.channel.write(x.request);
        key.interestOps(x.request.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    private void read(Exchange x) throws IOException {
        buffer.clear();
        int n = x.channel.read(buffer);
        if (n < 0) {
            finish(x, x.closed());
            return;
        }
        result.received(n);
        if (x.counted) {
            return;
        }
        Outcome outcome = x.received(buffer.flip());
        if (outcome == Outcome.TORN || outcome == Outcome.OTHER_LENGTH) {
            finish(x, outcome);
        } else if (outcome != null) {
            count(x, outcome);
        }
    }

    private void count(Exchange x, Outcome outcome) {
        if (!x.counted) {
            x.counted = true;
            x.countedNanos = elapsed();
            answered.add(x);
            result.add(new LoadResult.Flow(
                    x.dueNanos, x.flowClass, x.bytes, x.lateNanos, x.countedNanos - x.dueNanos, outcome));
        }
    }

    /** It has ended, unless that is known already, and its connection is of no more use. */
    private void finish(Exchange x, Outcome outcome) {
        count(x, outcome);
        close(x);
    }

    /** Ends what is overdue; the oldest are in front. */
    private void giveUp(long now) {
        long timeout = options.timeout().toNanos();
        while (!waiting.isEmpty() && (waiting.peek().counted || now - waiting.peek().dueNanos >= timeout)) {
            Exchange x = waiting.poll();
            if (!x.counted) {
                finish(x, Outcome.TIMEOUT);
            }
        }
        while (!answered.isEmpty() && (answered.peek().closed || now - answered.peek().countedNanos >= LINGER_NANOS)) {
            close(answered.poll());
        }
    }

    private void close(Exchange x) {
        if (!x.closed) {
            x.closed = true;
            open--;
            try {
                x.channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException("a connection to " + target.address() + " can't be closed", e);
            }
        }
    }
}
