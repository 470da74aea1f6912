package io.marllb.dataplane.control;

import io.marllb.dataplane.ServerAddress;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Health checks over the network, all in one thread that only waits for sockets. */
final class NetworkProber implements Prober {

    private static final int MOST_UNDER_WAY = 1024;
    private static final int LONGEST_STATUS_LINE = 512;
    private static final long LONGEST_WAIT_MILLIS = 100;
    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: [^\\r\\n]*)?\\r?\\n", Pattern.DOTALL);

    private final Selector selector;
    private final Queue<Check> asked = new ConcurrentLinkedQueue<>();
    private final Queue<Result> done = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    /** One check under way. */
    private static final class Check {
        final long ticket;
        final ServerAddress server;
        final HealthConfig config;
        final ByteBuffer answer = ByteBuffer.allocate(LONGEST_STATUS_LINE);
        ByteBuffer request;
        long deadline;

        Check(long ticket, ServerAddress server, HealthConfig config) {
            this.ticket = ticket;
            this.server = server;
            this.config = config;
        }
    }

    NetworkProber() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "no health checks: " + e.getMessage() + "; raise the limit of open files (ulimit -n)", e);
        }
        thread = new Thread(this::loop, "marllb-health");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void start(long ticket, ServerAddress server, HealthConfig config) {
        asked.add(new Check(ticket, server, config));
        selector.wakeup();
    }

    @Override
    public void results(Consumer<Result> to) {
        for (Result r = done.poll(); r != null; r = done.poll()) {
            to.accept(r);
        }
    }

    private void loop() {
        while (!closed) {
            try {
                selector.select(LONGEST_WAIT_MILLIS);
                for (Check c = asked.poll(); c != null; c = asked.poll()) {
                    begin(c);
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    goOn(key);
                }
                selector.selectedKeys().clear();
                expire();
            } catch (ClosedSelectorException e) {
                return; // closed meanwhile
            } catch (IOException | RuntimeException e) {
                // Checks that get no result count as failed; without this thread all would.
                System.getLogger("io.marllb.controller").log(Level.ERROR, "event=health-thread detail=\"goes on\"", e);
            }
        }
    }

    private void begin(Check c) {
        if (selector.keys().size() >= MOST_UNDER_WAY) {
            done.add(new Result(c.ticket, "too many checks under way"));
            return;
        }
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            c.deadline = System.nanoTime() + c.config.timeout().toNanos();
            if (channel.connect(c.server.socketAddress())) {
                channel.register(selector, 0, c);
                connected(channel, c);
            } else {
                channel.register(selector, SelectionKey.OP_CONNECT, c);
            }
        } catch (IOException | RuntimeException e) {
            finish(channel, c, reason(e));
        }
    }

    private void goOn(SelectionKey key) {
        SocketChannel channel = (SocketChannel) key.channel();
        Check c = (Check) key.attachment();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                connected(channel, c);
            } else if (key.isWritable()) {
                channel.write(c.request);
                if (!c.request.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ);
                }
            } else if (key.isReadable()) {
                read(channel, c);
            }
        } catch (IOException | RuntimeException e) {
            finish(channel, c, reason(e));
        }
    }

    private void connected(SocketChannel channel, Check c) {
        if (c.config.kind() == HealthConfig.Kind.TCP) {
            finish(channel, c, "");
            return;
        }
        c.request = ByteBuffer.wrap(("GET " + c.config.path() + " HTTP/1.1\r\nHost: " + c.server
                        + "\r\nUser-Agent: marllb-health\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        channel.keyFor(selector).interestOps(SelectionKey.OP_WRITE);
    }

    private void read(SocketChannel channel, Check c) throws IOException {
        int n = channel.read(c.answer);
        String text = new String(c.answer.array(), 0, c.answer.position(), StandardCharsets.ISO_8859_1);
        if (text.indexOf('\n') < 0) {
            if (n < 0) {
                finish(channel, c, "the connection was closed before an answer");
            } else if (!c.answer.hasRemaining()) {
                finish(channel, c, "the answer is no HTTP");
            }
            return;
        }
        Matcher m = STATUS_LINE.matcher(text.substring(0, text.indexOf('\n') + 1));
        if (!m.matches()) {
            finish(channel, c, "the answer is no HTTP");
            return;
        }
        int status = Integer.parseInt(m.group(1));
        boolean well = status >= c.config.lowStatus() && status <= c.config.highStatus();
        finish(channel, c, well ? "" : "status " + status + " of GET " + c.config.path());
    }

    private void expire() {
        long now = System.nanoTime();
        List<SelectionKey> late = new ArrayList<>();
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && now - ((Check) key.attachment()).deadline > 0) {
                late.add(key);
            }
        }
        for (SelectionKey key : late) {
            Check c = (Check) key.attachment();
            finish(
                    (SocketChannel) key.channel(),
                    c,
                    "no answer within " + c.config.timeout().toMillis() + " ms");
        }
    }

    private void finish(SocketChannel channel, Check c, String failure) {
        done.add(new Result(c.ticket, failure));
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                System.getLogger("io.marllb.controller")
                        .log(Level.DEBUG, "event=close-failed detail=" + e.getMessage());
            }
        }
    }

    private static String reason(Exception e) {
        if (e instanceof ConnectException) {
            return "connection refused";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        selector.wakeup();
        try {
            thread.join(LONGEST_WAIT_MILLIS * 10);
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.getLogger("io.marllb.controller").log(Level.DEBUG, "event=close-failed detail=" + e.getMessage());
        }
    }
}
